"""Drift: what was chosen and stopped qualifying in Xero, or started again. Decides from what Xero last said."""

from domain.account_settings import line_accounts_of
from domain.causes import Cause
from domain.connection_events import PERMISSIONS, Referenced, ReferenceDrifted, ReferenceRestored
from domain.connection_state import Connection, evolve
from domain.event import Decision, Event, Moment
from domain.gate import announced
from domain.qualifying import against_account, against_mapping, against_organisation, against_role
from domain.references import References
from domain.streams import connection_id


def follow_references(state: Connection | None, references: References, at: Moment) -> list[Event]:
    """Record what no longer qualifies, and what does again; the gate moves only for what every invoice needs.

    A mapped rate is named by its tax set, an account and the organisation by their ids in Xero.
    """
    if state is None or state.organisation_id is None:
        return []
    known = {reference: cause for reference, cause in state.drifted.items() if reference != PERMISSIONS}
    found = drifted(state, references)
    decision = Decision(connection_id(state.account_id), state.account_id, state, state.version, evolve, at)
    for reference, (referenced, cause) in found.items():
        if known.get(reference) != cause:
            decision.add(
                ReferenceDrifted,
                organisation_id=state.organisation_id,
                referenced=referenced,
                reference=reference,
                cause=cause,
            )
    for reference, cause in known.items():
        referenced = _kind_of(reference, cause, state)
        if reference not in found and _was_read(referenced, references):
            decision.add(
                ReferenceRestored,
                organisation_id=state.organisation_id,
                referenced=referenced,
                reference=reference,
            )
    return announced(decision) if decision.events else []


def drifted(state: Connection, references: References) -> dict[str, tuple[Referenced, Cause]]:
    """Everything chosen that does not qualify now, by reference, each with its first cause."""
    found: dict[str, tuple[Referenced, Cause]] = {}
    for cause in (*against_organisation(references), *against_role(references)):
        found.setdefault(str(state.organisation_id), ("organisation", cause))
    for account_id, causes in _accounts(state, references).items():
        if causes:
            found[account_id] = ("ledger_account", causes[0])
    for key, mapping in state.mappings.items():
        for cause in against_mapping(state.tax_set_name(mapping.tax_set), mapping, references):
            found.setdefault(key, ("tax_rate", cause))
    return found


def _accounts(state: Connection, references: References) -> dict[str, list[Cause]]:
    rule = line_accounts_of(state.settings)
    lines = [account for account in (state.default_line, *state.also_allowed) if account]
    causes = {one.account_id: against_account(one, "line", references, rule) for one in lines}
    if payment := state.default_payment:
        also = against_account(payment, "payment", references, rule)
        causes[payment.account_id] = causes.get(payment.account_id) or also
    return causes


def _kind_of(reference: str, cause: Cause, state: Connection) -> Referenced:
    if reference == state.organisation_id:
        return "organisation"
    return "tax_rate" if cause.code.startswith("tax_") else "ledger_account"


def _was_read(referenced: Referenced, references: References) -> bool:
    # What Xero never told cannot have been put right there.
    match referenced:
        case "tax_rate":
            return references.tax_rates is not None
        case "ledger_account":
            return references.accounts is not None
    return references.organisation is not None
