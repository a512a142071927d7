"""ContactSync: what contact imports from Xero brought, per account and month. Events, version, decision."""

from datetime import datetime
from typing import Final
from uuid import UUID

from domain.event import Decision, Event, Moment
from domain.streams import contact_sync_stream


class ContactsSynced(Event, frozen=True, kw_only=True):
    """An import changed something: how many contacts were new, changed and archived, and how far it read (UTC)."""

    created: int
    updated: int
    archived: int
    watermark: datetime


EVENTS: Final[tuple[type[Event], ...]] = (ContactsSynced,)


def stream_at(account_id: str, at: Moment) -> UUID:
    """The stream imports are recorded in at this moment."""
    return contact_sync_stream(account_id, at.now)


def version_after(_: int | None, event: Event) -> int:
    """The version of the stream; there is nothing else to know of it."""
    return event.originator_version


def synced(
    version: int,
    account_id: str,
    *,
    organisation_id: str,
    created: int,
    updated: int,
    archived: int,
    watermark: datetime,
    at: Moment,
) -> list[Event]:
    """An import came to its end."""
    decision = Decision[int](stream_at(account_id, at), account_id, version, version, version_after, at)
    decision.add(
        ContactsSynced,
        organisation_id=organisation_id,
        created=created,
        updated=updated,
        archived=archived,
        watermark=watermark,
    )
    return decision.events
