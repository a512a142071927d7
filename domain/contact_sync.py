"""ContactSync: what contact imports from Xero brought, per account and month. Events."""

from datetime import datetime
from typing import Final

from domain.event import Event


class ContactsSynced(Event, frozen=True, kw_only=True):
    """An import changed something: how many contacts were new, changed and archived, and how far it read (UTC)."""

    created: int
    updated: int
    archived: int
    watermark: datetime


EVENTS: Final[tuple[type[Event], ...]] = (ContactsSynced,)
