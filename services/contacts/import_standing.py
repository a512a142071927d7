"""Where the import of an account's contacts stands: how many there are, when they were read, when they will be."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Engine

from adapters import contact_directory, contact_reading
from adapters.contact_reading import Standing
from adapters.event_store.store import EventStore
from projections import connection_status

NEVER_READ = Standing(read_since=None, page=None, paused_until=None, paused_in=None, next_at=None)


class ContactImport(msgspec.Struct, frozen=True, kw_only=True):
    """The contacts of one connection. `page` is the next one of a reading that is under way, None between readings.

    `paused_until` is when a reading that met with trouble goes on, `paused_in` seconds from now; `next_at`
    when the next one begins.
    """

    in_use: int
    no_longer_in_use: int
    last_read_at: datetime | None
    page: int | None
    paused_until: datetime | None
    paused_in: float | None
    next_at: datetime | None

    @property
    def words(self) -> str:
        """All of it in one sentence."""
        held = f"{self.in_use:,} in use, {self.no_longer_in_use:,} no longer"
        return f"{held}; {self._last()}; {self._next()}"

    def _last(self) -> str:
        return f"last read {_time(self.last_read_at)}" if self.last_read_at else "not read completely yet"

    def _next(self) -> str:
        if self.paused_until is not None:
            return f"goes on at {_time(self.paused_until)}"
        if self.page is not None:
            return f"being read, page {self.page:,}"
        return f"next reading {_time(self.next_at)}" if self.next_at else "the first reading begins at once"


def imports(store: EventStore, read: Engine) -> dict[UUID, ContactImport]:
    """The import of every connection Xero can be asked for."""
    with read.connect() as connection:
        connected = connection_status.reachable(connection)
    if not connected:
        return {}
    with store.cursor() as cursor:
        standings = contact_reading.standings(cursor, connected)
        counts = contact_directory.counts(cursor, [one[:2] for one in connected])
    return {lane: _import(standings.get(lane, NEVER_READ), counts.get(lane, (0, 0))) for lane, _, _ in connected}


def _import(standing: Standing, counted: tuple[int, int]) -> ContactImport:
    return ContactImport(
        in_use=counted[0],
        no_longer_in_use=counted[1],
        last_read_at=standing.read_since,
        page=standing.page,
        paused_until=standing.paused_until,
        paused_in=standing.paused_in,
        next_at=standing.next_at,
    )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
