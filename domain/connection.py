"""Connection: the link of a Kyrios account to one Xero organisation. Decisions; its events and state beside it.

Every decision that changes what holds the connection back also says so, as GateClosed or GateOpened, in the same
batch: the dispatcher's gate follows these two events and nothing else.
"""

from collections.abc import Sequence
from datetime import tzinfo
from uuid import UUID

from domain.account_settings import SETTINGS, checked_setting
from domain.causes import Cause, words
from domain.connection_events import (
    PERMISSIONS,
    AccessRemoved,
    AccountsSelected,
    AlertRecipientsSet,
    Connected,
    ConnectionRemoved,
    Disconnected,
    DisconnectReason,
    GateClosed,
    GateOpened,
    InactivityWarned,
    LedgerAccount,
    OrganisationSelected,
    OrganisationWithheld,
    Referenced,
    ReferenceDrifted,
    ReferenceRestored,
    RemovedHow,
    SettingsChanged,
    TaxMapped,
    TaxRatesDeclared,
    TaxUnmapped,
)
from domain.connection_state import EVENTS, Connection, deciding, evolve
from domain.departing import access_removed, disconnect
from domain.event import Event, Moment
from domain.gate import announced, missing_steps, what_holds
from domain.permissions import missing_rights, rights_in_words
from domain.refusals import NotPossible
from domain.tax import DeclaredTaxSet, TaxSet, XeroTaxRate, check_rate, same_components
from domain.withholding import free_organisation, withhold_organisation

__all__ = [
    "EVENTS",
    "PERMISSIONS",
    "SETTINGS",
    "AccessRemoved",
    "AccountsSelected",
    "AlertRecipientsSet",
    "Connected",
    "Connection",
    "ConnectionRemoved",
    "DisconnectReason",
    "Disconnected",
    "GateClosed",
    "GateOpened",
    "InactivityWarned",
    "LedgerAccount",
    "OrganisationSelected",
    "OrganisationWithheld",
    "ReferenceDrifted",
    "ReferenceRestored",
    "Referenced",
    "RemovedHow",
    "SettingsChanged",
    "TaxMapped",
    "TaxRatesDeclared",
    "TaxUnmapped",
    "access_removed",
    "change_setting",
    "connect",
    "declare_taxes",
    "disconnect",
    "evolve",
    "free_organisation",
    "map_tax",
    "miss_permission",
    "missing_steps",
    "select_accounts",
    "select_organisation",
    "set_recipients",
    "unmap_tax",
    "what_holds",
    "withhold_organisation",
]


def connect(
    state: Connection | None,
    account_id: str,
    *,
    grant_id: UUID,
    scopes: Sequence[str],
    xero_user_id: str,
    at: Moment,
    reached_by: str = "",
    leaves_behind: bool = False,
    offered: Sequence[str] = (),
) -> list[Event]:
    """Record a consent. Each consent is a new grant, so connecting again is recorded again.

    `offered` is what our app is set up to ask for; this consent was asked for what of it the settings need.

    `reached_by` is Xero's id of the connection by which this consent reaches the organisation used so far, empty if it
    does not reach it: the article has reconnecting to the same organisation resume, and only that. `leaves_behind` says
    that the consent before may have connections in Xero that this one does not cover: they are still to be removed,
    but not while it is open whether the account goes back to the organisation used so far or starts afresh.
    """
    decision = deciding(state, account_id, at)
    organisation = state.organisation_id if state else None
    former = state.grant_id if state and state.grant_id != grant_id else None
    leaves_behind = leaves_behind or bool(state and state.xero_user_id != xero_user_id)
    leaves, undecided = former if leaves_behind else None, organisation is not None and not reached_by
    decision.add(
        Connected,
        organisation_id=organisation,
        grant_id=grant_id,
        scopes=tuple(scopes),
        xero_user_id=xero_user_id,
        leaves=None if undecided else leaves,
        leaves_later=leaves if undecided else None,
        offered=tuple(offered),
    )
    if former and not leaves_behind:
        # The consent before is not used any more; all its connections in Xero go on with the new one.
        decision.add(AccessRemoved, organisation_id=organisation, grant_id=former, in_xero="replaced")
    if state and PERMISSIONS in state.drifted:
        decision.add(ReferenceRestored, organisation_id=organisation, referenced="permissions", reference=PERMISSIONS)
    if state and organisation and reached_by:
        decision.add(
            OrganisationSelected,
            organisation_id=organisation,
            xero_connection_id=reached_by,
            base_currency=state.base_currency,
            country=state.country,
            first_day=state.first_day,
            leaves_now=_waiting(state),
        )
    return announced(decision)


def select_organisation(
    state: Connection | None,
    *,
    organisation_id: str,
    xero_connection_id: str,
    base_currency: str,
    country: str,
    at: Moment,
    zone: tzinfo | None = None,
    start_afresh: bool = False,
) -> list[Event]:
    """Choose whose books these are, or confirm it after a reconnect: the same organisation again goes on as before.

    Another organisation than before is withheld until somebody confirms it by `start_afresh`: accounts, mappings and
    contact links do not carry over. `zone` is the organisation's time zone, None if it is not known.
    """
    known = _connected(state)
    if known.organisation_id not in (None, organisation_id) and not start_afresh:
        facts = {"former": known.organisation_id or "", "picked": organisation_id}
        return withhold_organisation(known, organisation_id, Cause("organisation_changed", facts=facts), at)
    if (known.organisation_id, known.xero_connection_id, known.withheld) == (organisation_id, xero_connection_id, None):
        return []
    decision, first = deciding(known, known.account_id, at), known.first_connected_at
    decision.add(
        OrganisationSelected,
        organisation_id=organisation_id,
        xero_connection_id=xero_connection_id,
        base_currency=base_currency,
        country=country,
        leaves=known.xero_connection_id if known.organisation_id != organisation_id else "",
        first_day=first.astimezone(zone).date() if first and zone else None,
        leaves_now=_waiting(known),
    )
    return announced(decision)


def change_setting(state: Connection | None, name: str, value: str, at: Moment) -> list[Event]:
    """Set one of SETTINGS for this account, connected or not. The value it has, chosen or by default, is no news."""
    known = _begun(state)
    wanted = checked_setting(name, value)
    if known.setting(name) == wanted:
        return []
    decision = deciding(known, known.account_id, at)
    decision.add(SettingsChanged, organisation_id=known.organisation_id, name=name, value=wanted)
    return announced(decision)


def select_accounts(
    state: Connection | None,
    *,
    default_line: LedgerAccount,
    default_payment: LedgerAccount | None = None,
    also_allowed: Sequence[LedgerAccount] = (),
    at: Moment,
) -> list[Event]:
    """Choose the ledger accounts; whether they qualify in Xero is the caller's check, against what Xero last said."""
    known = _with_organisation(state)
    chosen = (default_line, default_payment, tuple(also_allowed))
    if (known.default_line, known.default_payment, known.also_allowed) == chosen:
        return []
    decision = deciding(known, known.account_id, at)
    decision.add(
        AccountsSelected,
        organisation_id=known.organisation_id,
        default_line=default_line,
        default_payment=default_payment,
        also_allowed=tuple(also_allowed),
    )
    return announced(decision)


def declare_taxes(state: Connection, tax_sets: Sequence[DeclaredTaxSet], at: Moment) -> list[Event]:
    """Say which tax sets Kyrios offers on its lines. An untaxed line needs no declaration and no mapping.

    What Kyrios offers is its own to say at any time, also while nothing is connected, and before it ever was. Of a new
    one nobody gets a mail then, as there is no Xero to map it in: it is told with the reconnect.
    """
    declared = tuple(sorted(tax_sets, key=lambda d: d.tax_set.key))
    if state.declared is not None and _offered(state.declared) == _offered(declared):
        return []
    decision = deciding(state, state.account_id, at)
    decision.add(
        TaxRatesDeclared,
        organisation_id=state.organisation_id,
        tax_sets=declared,
        needs_mapping=_new_and_unmapped(state, declared) if state.opened_before and state.grant_id else (),
    )
    return announced(decision)


def _offered(declared: Sequence[DeclaredTaxSet]) -> list[tuple[str, str]]:
    return sorted((one.tax_set.key, one.name) for one in declared)


def _new_and_unmapped(state: Connection, declared: Sequence[DeclaredTaxSet]) -> tuple[str, ...]:
    known = {one.tax_set.key for one in state.declared or ()} | state.mappings.keys()
    return tuple(one.tax_set.key for one in declared if one.tax_set.components and one.tax_set.key not in known)


def map_tax(
    state: Connection | None, tax_set: TaxSet, rate: XeroTaxRate, at: Moment, *, reason_ref: UUID | None = None
) -> list[Event]:
    """Let a tax set stand for a Xero rate. The rate must be active, fit sales lines and charge the same percentage.

    If it does so by other taxes, `reason_ref` must point at the reason somebody gave for it; another reason for the
    same rate is recorded anew.
    """
    known = _with_organisation(state)
    check_rate(known.tax_set_name(tax_set), tax_set, rate, other_taxes=reason_ref is not None)
    kept_ref = None if same_components(tax_set.components, rate.components) else reason_ref
    wanted, present = (rate.tax_type, rate.effective_rate, rate.components, kept_ref), known.mappings.get(tax_set.key)
    if present and (present.tax_type, present.effective_rate, present.components, present.reason_ref) == wanted:
        return []
    decision = deciding(known, known.account_id, at)
    decision.add(
        TaxMapped,
        organisation_id=known.organisation_id,
        tax_set=tax_set,
        tax_type=rate.tax_type,
        effective_rate=rate.effective_rate,
        components=rate.components,
        version=known.mapping_version + 1,
        override_reason_ref=kept_ref,
    )
    return announced(decision)


def unmap_tax(state: Connection | None, tax_set: TaxSet, at: Moment) -> list[Event]:
    """Take a tax set's Xero rate away; what uses it waits until it has one again. Not mapped: nothing new."""
    known = _with_organisation(state)
    if tax_set.key not in known.mappings:
        return []
    decision = deciding(known, known.account_id, at)
    version = known.mapping_version + 1
    decision.add(TaxUnmapped, organisation_id=known.organisation_id, tax_set=tax_set, version=version)
    return announced(decision)


def miss_permission(state: Connection, at: Moment) -> list[Event]:
    """Xero refused a call because the consent lacks a right: hold everything back until the account reconnects."""
    if PERMISSIONS in state.drifted:
        return []
    decision = deciding(state, state.account_id, at)
    decision.add(
        ReferenceDrifted,
        organisation_id=state.organisation_id,
        referenced="permissions",
        reference=PERMISSIONS,
        cause=Cause("permission_missing", facts={"missing": _lacking(state)}),
    )
    return announced(decision)


def _lacking(state: Connection) -> str:
    return rights_in_words(missing_rights(state.scopes, state.settings))


def set_recipients(
    state: Connection | None, recipient_ids: Sequence[UUID], at: Moment, *, anew: Sequence[UUID] = ()
) -> list[Event]:
    """Say who gets this account's mails. The same again is no news, but for those who are to be told anew."""
    if state is None:
        raise NotPossible("this account was never connected to Xero, so there is nothing to tell anybody")
    others = tuple(one for one in state.recipients if one not in anew)
    if state.recipients == others == tuple(recipient_ids):
        return []
    decision = deciding(state, state.account_id, at)
    organisation = state.organisation_id
    if others != state.recipients:
        decision.add(AlertRecipientsSet, organisation_id=organisation, recipient_ids=others)
    decision.add(AlertRecipientsSet, organisation_id=organisation, recipient_ids=tuple(recipient_ids))
    return decision.events


def _waiting(state: Connection) -> tuple[UUID, ...]:
    return tuple(one.removal for one in state.waiting)


def _begun(state: Connection | None) -> Connection:
    if state is None:
        raise NotPossible(words(Cause("not_connected")))
    return state


def _connected(state: Connection | None) -> Connection:
    if state is None or state.grant_id is None:
        raise NotPossible(words(Cause("not_connected")))
    return state


def _with_organisation(state: Connection | None) -> Connection:
    known = _connected(state)
    if known.organisation_id is None:
        raise NotPossible("no organisation is chosen yet; choose one first")
    return known
