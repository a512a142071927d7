"""Alerts: which mails went out, per account and month. Events."""

from typing import Final
from uuid import UUID

from domain.event import Event


class AlertSent(Event, frozen=True, kw_only=True):
    """One mail to one recipient was accepted by the mail server."""

    kind: str
    cause_code: str
    message_id: str
    recipient_id: UUID


EVENTS: Final[tuple[type[Event], ...]] = (AlertSent,)
