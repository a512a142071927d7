"""How a connection ends, and how the access to Xero that is no longer used is removed there. Decisions, pure.

What leaves is a departure: a grant that is not used any more (disconnected, or replaced by a newer consent), or the
connection to an organisation that was left for another one of the same consent, which goes on. Of a grant that was
replaced by a consent for other books nothing leaves before the account has chosen, as it may still go back.
"""

from collections.abc import Sequence
from uuid import UUID

from domain.connection_events import AccessRemoved, ConnectionRemoved, Disconnected, DisconnectReason, RemovedHow
from domain.connection_state import Connection, deciding
from domain.event import Event, Moment
from domain.gate import announced


def disconnect(state: Connection | None, reason: DisconnectReason, evidence: dict[str, str], at: Moment) -> list[Event]:
    """End the connection. Already disconnected: nothing new.

    Its user may also end one that ended without them, for which its organisation was kept: it is kept no longer.
    With the authorisation lost there is no token left that Xero would take, so nothing can be removed there.
    """
    if state is None or not (state.grant_id or (reason == "user" and is_kept_for(state))):
        return []
    decision = deciding(state, state.account_id, at)
    decision.add(
        Disconnected,
        organisation_id=state.organisation_id,
        reason=reason,
        evidence=evidence,
        grant_id=state.grant_id,
        xero_connection_id=state.xero_connection_id,
        leaves_now=tuple(one.removal for one in state.waiting),
    )
    if reason == "authorisation_lost":
        decision.add(AccessRemoved, organisation_id=state.organisation_id, grant_id=state.grant_id, in_xero="refused")
    return announced(decision)


def is_kept_for(state: Connection) -> bool:
    """Whether the connection ended, and not by its user, so that its organisation is still kept for the account."""
    return state.disconnected_for not in (None, "user") and state.organisation_id is not None


def access_removed(
    state: Connection | None,
    removal: UUID,
    how: RemovedHow,
    at: Moment,
    *,
    revoked: bool = False,
    removed: Sequence[str] = (),
) -> list[Event]:
    """Record the end of a departure, by the id of its removal. Ended already: nothing new."""
    gone = next((one for one in state.departures if one.removal == removal), None) if state else None
    if state is None or gone is None:
        return []
    decision = deciding(state, state.account_id, at)
    if gone.consent_goes_on:
        decision.add(
            ConnectionRemoved,
            organisation_id=gone.organisation_id,
            removal=removal,
            grant_id=gone.grant_id,
            in_xero=how,
            xero_connection_id=gone.xero_connection_id,
        )
    else:
        decision.add(
            AccessRemoved,
            organisation_id=gone.organisation_id,
            grant_id=gone.grant_id,
            in_xero=how,
            xero_connection_id=gone.xero_connection_id,
            revoked=revoked,
            removed=tuple(removed),
        )
    return decision.events
