"""Choose the organisation: whose books the account's invoices go to, among those the consent reaches."""

import logging
from typing import Final

from adapters.xero.answers import XeroConnection
from adapters.xero.errors import XeroError
from domain import connection as connections
from domain.connection import Connection
from domain.event import Actor
from domain.refusals import NotPossible
from services.set_up.ground import Ground

LOG: Final = logging.getLogger(__name__)


class ChooseOrganisation:
    """Lists the organisations of a consent, and takes the one that is chosen."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def listed(self, account_id: str) -> tuple[XeroConnection, ...]:
        """The organisations this account's grant reaches."""
        return self._ground.session_of(self._ground.connection(account_id)).connections()

    def choose(self, account_id: str, organisation_id: str, actor: Actor) -> None:
        """Choose whose books these are, among those Xero lists for this grant."""
        known = self._ground.connection(account_id)
        listed = {c.organisation_id: c for c in self._ground.session_of(known).connections()}
        if organisation_id not in listed:
            offered = ", ".join(f"{c.name} ({c.organisation_id})" for c in listed.values()) or "none"
            raise NotPossible(
                f"Xero does not list organisation {organisation_id} for this consent; it lists: {offered}"
            )
        self.select(known, listed[organisation_id], actor)

    def select(self, known: Connection, chosen: XeroConnection, actor: Actor) -> None:
        """Take an organisation Xero listed, and read what it says of itself."""
        ground, account_id = self._ground, known.account_id
        organisation = ground.session_of(_at(known, chosen.organisation_id)).organisation()
        ground.change(
            account_id,
            lambda state, at: connections.select_organisation(
                state,
                organisation_id=chosen.organisation_id,
                xero_connection_id=chosen.connection_id,
                base_currency=organisation.base_currency,
                country=organisation.country,
                at=at,
            ),
            actor,
        )
        ground.keep(account_id, chosen.organisation_id, "organisation", organisation)
        self._read_the_rest(account_id, chosen.organisation_id)

    def _read_the_rest(self, account_id: str, organisation_id: str) -> None:
        """What an invoice needs beside accounts and rates. Trouble is no reason to fail: it is read again soon."""
        session = self._ground.session_of(self._ground.connection(account_id))
        try:
            self._ground.keep(account_id, organisation_id, "currencies", session.currencies())
            self._ground.keep(account_id, organisation_id, "actions", session.denied_actions())
        except XeroError as error:
            LOG.warning("currencies and actions of account %s are read later: %s", account_id, error)
        self._ground.follow(account_id)


def _at(known: Connection, organisation_id: str) -> Connection:
    """The connection as if this organisation were chosen, to ask Xero about it before it is."""
    return Connection(account_id=known.account_id, grant_id=known.grant_id, organisation_id=organisation_id)
