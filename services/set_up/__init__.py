"""Use cases: connect an account to Xero and set it up, step by step; disconnect it. Each step may be repeated.

One file per step; `SetUp` is the door to all of them. All stand on `ground`: the account's connection.
"""

from collections.abc import Callable
from uuid import UUID

from adapters.event_store.store import EventStore
from adapters.vault.account_keys import AccountKeys
from adapters.vault.grants import Grants
from adapters.vault.oauth_states import OAuthStates
from adapters.vault.secret import Secret
from adapters.xero.oauth import XeroOAuth
from adapters.xero.session import XeroSession
from domain.connection import Connection
from services.handling import Handling
from services.reads import Reads
from services.reasons import Words
from services.set_up.accounts import ChooseAccounts
from services.set_up.connecting import CALLBACK_PATH, CONNECT_PATH, Connect
from services.set_up.ground import Ground
from services.set_up.leaving import Disconnect
from services.set_up.organisation import ChooseOrganisation
from services.set_up.settings import ChangeSettings
from services.set_up.taxes import MapTaxes

__all__ = ["CALLBACK_PATH", "CONNECT_PATH", "SetUp"]


class SetUp:
    """The steps that lead an account from nothing to an open gate."""

    def __init__(
        self,
        store: EventStore,
        keys: AccountKeys,
        handling: Handling,
        said: Words,
        oauth: XeroOAuth,
        states: OAuthStates,
        grants: Grants,
        session_of: Callable[[Connection], XeroSession],
        session_with: Callable[[Secret, UUID], XeroSession],
        ring: Callable[[UUID], None],
        follow: Callable[[str], None],
        reads: Reads,
        new_id: Callable[[], UUID],
        base_url: str,
    ) -> None:
        ground = Ground(store, handling, session_of, ring, follow, reads)
        self.connection, self.references = ground.connection, ground.references
        organisation = ChooseOrganisation(ground, grants)
        self.organisations, self.choose_organisation = organisation.listed, organisation.choose
        connect = Connect(ground, oauth, states, grants, session_with, new_id, base_url)
        self.invite, self.open_link, self.come_back = connect.invite, connect.open_link, connect.come_back
        self.consent_result = connect.result
        accounts = ChooseAccounts(ground)
        self.ledger_accounts, self.offered_accounts = accounts.listed, accounts.offered
        self.choose_accounts, self.change_accounts = accounts.choose, accounts.change
        taxes = MapTaxes(ground, keys, said, new_id)
        self.declare_taxes, self.map_tax, self.map_taxes = taxes.declare, taxes.map, taxes.map_all
        self.unmap_tax, self.tax_standings, self.taxes_left = taxes.unmap, taxes.standings, taxes.left
        self.tax_rates, self.suggest_taxes, self.unambiguous_taxes = taxes.rates, taxes.suggest, taxes.unambiguous
        settings = ChangeSettings(ground)
        self.change_setting, self.foreseen_of_setting = settings.change, settings.foreseen
        self.disconnect = Disconnect(ground).by_user
