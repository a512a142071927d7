"""Alerts: which mails went out, per account and month. Events, state, evolve, decision."""

from typing import Final
from uuid import UUID

import msgspec

from domain.event import Decision, Event, Moment
from domain.streams import alerts_stream


class AlertSent(Event, frozen=True, kw_only=True):
    """One mail to one recipient was accepted by the mail server."""

    kind: str
    cause_code: str
    message_id: str
    recipient_id: UUID


class AlertLog(msgspec.Struct, frozen=True):
    """The mails of one account and month, as far as it matters for the next one: how many there were."""

    version: int = 0


def evolve(state: AlertLog | None, event: Event) -> AlertLog:
    """Fold one event. Only assigns."""
    return AlertLog(event.originator_version)


def sent(
    state: AlertLog | None, account_id: str, *, kind: str, cause_code: str, message_id: str, to: UUID, at: Moment
) -> list[Event]:
    """A mail server took one mail to one recipient."""
    stream = alerts_stream(account_id, at.now)
    decision = Decision(stream, account_id, state, state.version if state else 0, evolve, at)
    decision.add(AlertSent, kind=kind, cause_code=cause_code, message_id=message_id, recipient_id=to)
    return decision.events


EVENTS: Final[tuple[type[Event], ...]] = (AlertSent,)
