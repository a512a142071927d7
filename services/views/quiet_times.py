"""How long connections have been quiet, when they are cut for it, and whether the clock holds: what people are told."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Engine

from adapters import heartbeat
from adapters.event_store import lanes
from adapters.event_store.store import EventStore
from domain.account_settings import inactivity_of
from domain.inactivity import DAY, cut_at, expiring, held_until
from domain.state_words import held_clock_words, quiet_words
from projections import inactivity_clock


class QuietTime(msgspec.Struct, frozen=True, kw_only=True):
    """A connection on the clock of inactivity: whole days quiet, when it is cut if nothing happens, all in words.

    `expiring` says that the time of warnings has begun. While the clock holds, `held_until` is the earliest moment at
    which anybody is cut; the words say so where it matters. Times are UTC.
    """

    last_activity_at: datetime
    quiet_days: int
    disconnect_at: datetime
    expiring: bool
    held_until: datetime | None
    words: str


def quiet_times(store: EventStore, read: Engine, only: Sequence[UUID] | None = None) -> dict[UUID, QuietTime]:
    """The clock of every connection that has not ended, or of those of `only`."""
    with read.connect() as connection:
        counting = inactivity_clock.counting(connection, only)
    with store.begin() as tx:
        active = lanes.last_activities(tx.cursor, list(counting))
        now = tx.now()
        until = held_until(heartbeat.last(tx.cursor), now)
    return {lane: _quiet_time(last, counting[lane].settings, now, until) for lane, last in active.items()}


def _quiet_time(last: datetime, settings: dict[str, str], now: datetime, until: datetime | None) -> QuietTime:
    rule = inactivity_of(settings)
    ends, near = max(cut_at(last, rule), until or last), expiring(last, rule, now)
    days = max(0, (now - last) // DAY)
    words = quiet_words(last, days, ends, expiring=near)
    return QuietTime(
        last_activity_at=last,
        quiet_days=days,
        disconnect_at=ends,
        expiring=near,
        held_until=until,
        words=f"{words} {held_clock_words(until)}" if until and near else words,
    )
