"""An organisation that was picked and is not used: it waits to be confirmed, or is another account's. Pure."""

from domain.causes import Cause
from domain.connection_events import OrganisationWithheld, ReferenceRestored
from domain.connection_state import Connection, deciding
from domain.event import Event, Moment
from domain.gate import announced


def withhold_organisation(state: Connection | None, picked: str, cause: Cause, at: Moment) -> list[Event]:
    """Record that the organisation picked is not used, and why; nothing is sent until one is chosen.

    A connection that reaches its organisation goes on with it: there, a pick that is not taken changes nothing.
    """
    if state is None or state.grant_id is None or state.xero_connection_id:
        return []
    if (state.picked, state.withheld) == (picked, cause):
        return []
    decision = deciding(state, state.account_id, at)
    decision.add(OrganisationWithheld, organisation_id=state.organisation_id, picked=picked, cause=cause)
    return announced(decision)


def free_organisation(state: Connection | None, at: Moment) -> list[Event]:
    """The organisation that was picked belongs to no other account any more: whoever picked it may choose it now."""
    if state is None or state.refused_books is None:
        return []
    decision = deciding(state, state.account_id, at)
    decision.add(
        ReferenceRestored,
        organisation_id=state.organisation_id,
        referenced="organisation",
        reference=state.refused_books,
    )
    return announced(decision)
