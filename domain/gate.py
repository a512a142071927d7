"""The gate of a connection: what holds everything back, in the order a person would meet it. Pure."""

from collections.abc import Sequence
from typing import Final

from domain.account_settings import every_tax_set_is_needed
from domain.causes import DISCONNECTIONS, Cause, heard_of
from domain.connection_events import PERMISSIONS, GateClosed, GateOpened
from domain.connection_state import Connection
from domain.event import Decision, Event
from domain.permissions import how_to_be_granted, missing_rights, rights_in_words
from domain.tax import TaxSet

NAME_TAXES: Final = "Kyrios has to name its taxes"
"""The one step of set-up that is not the owner's: the Kyrios backend declares what it offers."""


def what_holds(state: Connection) -> tuple[Cause, ...]:
    """The causes that hold the whole connection back, in the order a person would meet them.

    Disconnected, that comes first; what reconnecting does not mend is known by then, and follows.
    """
    if state.disconnected_for is not None:
        code = "not_connected" if state.disconnected_for == "user" else state.disconnected_for
        return (Cause(code, facts={"days": state.quiet_days} if state.quiet_days else {}), *_unfinished(state))
    if state.grant_id is None:
        return (Cause("not_connected"),)
    ungranted = _ungranted(state)
    if state.withheld is not None and not state.xero_connection_id:
        return (*ungranted, state.withheld)
    return (*ungranted, *_unfinished(state))


def after_reconnecting(held: Sequence[Cause]) -> tuple[Cause, ...]:
    """Of what holds a connection back, what is still to be fixed once it is connected again."""
    return tuple(cause for cause in held if cause.code not in DISCONNECTIONS)


def missing_steps(state: Connection) -> list[str]:
    """The set-up steps still to do, each in words."""
    missing = []
    if state.organisation_id is None or (state.grant_id is not None and not state.xero_connection_id):
        missing.append("choose the organisation")
    if state.default_line is None:
        missing.append("choose accounts")
    if state.declared is None:
        missing.append(NAME_TAXES)
    return missing


def announced(decision: Decision[Connection]) -> list[Event]:
    """The events of a decision; GateClosed or GateOpened with them, if what holds the connection back has changed."""
    state = decision.state
    assert state is not None
    held = what_holds(state)
    if held == state.held_by:
        return decision.events
    organisation = state.organisation_id
    if held:
        decision.add(
            GateClosed,
            organisation_id=organisation,
            causes=held,
            during_setup=not state.opened_before,
            known=_heard_of(held, state.held_by) if state.opened_before else (),
        )
    else:
        decision.add(GateOpened, organisation_id=organisation, during_setup=not state.opened_before)
    return decision.events


def holds_all(state: Connection, tax_set: TaxSet) -> bool:
    """Whether nothing at all is sent while this tax set has no Xero rate, rather than only the invoices that use it."""
    declared = any(one.tax_set == tax_set for one in state.declared or ())
    return bool(tax_set.components) and declared and every_tax_set_is_needed(state.settings)


def _heard_of(held: Sequence[Cause], before: Sequence[Cause]) -> tuple[str, ...]:
    """What nobody needs a mail of: the mail of a disconnection tells the rest, too, and the reconnect tells it anew."""
    rest = after_reconnecting(held)
    if len(rest) < len(held):
        return tuple(dict.fromkeys(cause.code for cause in rest))
    return heard_of(held, before) if len(after_reconnecting(before)) == len(before) else ()


def _unfinished(state: Connection) -> tuple[Cause, ...]:
    """What is missing within Kyrios, or no longer qualifies in Xero."""
    if missing := missing_steps(state):
        return (Cause("setup_incomplete", facts={"missing": ", ".join(missing)}),)
    return (*_unmapped(state), *_drifted(state))


def _ungranted(state: Connection) -> tuple[Cause, ...]:
    """That the consent lacks rights the account's settings need, unless Xero told so already by refusing a call."""
    missing = missing_rights(state.scopes, state.settings)
    if not missing or PERMISSIONS in state.drifted:
        return ()
    never_asked = set(missing_rights(state.offered, state.settings))
    refused = [scope for scope in missing if scope not in never_asked]
    unasked = [scope for scope in missing if scope in never_asked]
    causes = []
    if refused:
        causes.append(Cause("permission_missing", facts={"missing": rights_in_words(refused)}))
    if unasked:
        facts = {"missing": rights_in_words(unasked), "remedy": how_to_be_granted(unasked)}
        causes.append(Cause("right_not_asked", facts=facts))
    return tuple(causes)


def _unmapped(state: Connection) -> tuple[Cause, ...]:
    return tuple(
        Cause("tax_mapping_incomplete", key=d.tax_set.key, facts={"tax_set": d.name})
        for d in state.declared or ()
        if d.tax_set.key not in state.mappings and holds_all(state, d.tax_set)
    )


def _drifted(state: Connection) -> tuple[Cause, ...]:
    # A rate or a further account that drifted holds back only the invoices that use it.
    needed_by_all = {account.account_id for account in (state.default_line, state.default_payment) if account}
    needed_by_all |= {state.organisation_id or "", *((PERMISSIONS,) if state.grant_id is not None else ())}
    return tuple(cause for reference, cause in state.drifted.items() if reference in needed_by_all)
