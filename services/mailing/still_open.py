"""What is still the matter with an account, for whoever hears of its matters from now on: one mail each, none twice.

Whoever is added to those an account tells was told nothing before, or of what came up before they left for a while; and
of a kind that was switched off nobody was.
What is over is not told any more.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import msgspec
from sqlalchemy import Engine

from adapters.event_store.mails import Mail
from adapters.event_store.store import EventStore
from domain import connection as connections
from domain.account_settings import alerts_off
from domain.alert_entries import AlertEntry, MailKind, alerts_of, still_open
from domain.alerts import AlertSent
from domain.causes import CATALOGUE, Cause
from domain.connection import AlertRecipientsSet, Connection, Disconnected, SettingsChanged
from domain.event import Event
from domain.streams import alerts_stream
from projections import invoices_by_cause
from projections.snapshot import snapshot
from services.mailing.matters import what_is_wrong

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class StillOpen:
    """Finds the mails that somebody needs who has just begun to hear of an account."""

    def __init__(self, store: EventStore, read: Engine) -> None:
        self._store, self._read = store, read

    def mails(self, asking: Mail, connection: Connection) -> list[AlertEntry]:
        """The mails for the recipient of `asking`, as of what the projections know; none if they heard of all before.

        Each has a key of its own, but for that of a disconnection, which is the one its event asked for.
        """
        events = self._store.events_of(asking.connection_id)
        asked = next(event for event in events if event.originator_version == asking.seq)
        before = _folded(event for event in events if event.originator_version < asking.seq)
        if before is None:
            return []
        # What came up since then has its own mails; a set-up that was under way then has none.
        set_up = what_is_wrong(connection) if before.opened_before else []
        match asked:
            case AlertRecipientsSet() if asking.recipient_id not in before.recipients:
                found = [*self._matters(asking, connection, set_up, None), *_disconnection(events, connection)]
                wanted = self._untold(asking, found, events)
            case SettingsChanged():
                kinds = alerts_off(before.settings) - alerts_off(connection.settings)
                wanted = self._matters(asking, connection, set_up, kinds)
            case _:
                wanted = []
        return [msgspec.structs.replace(one, due_in=0.0, for_support=False) for one in wanted]

    def _untold(self, asking: Mail, found: Sequence[AlertEntry], events: Sequence[Event]) -> list[AlertEntry]:
        """Those of which the recipient, told before they left for a while, has not heard since they last came up."""
        came_up = {_matter(one): self._came_up(asking, one, events) for one in found}
        if not came_up:
            return []
        told = self._told(asking, min(came_up.values()))
        return [one for one in found if told.get(_matter(one), _NEVER) < came_up[_matter(one)]]

    def _came_up(self, asking: Mail, matter: AlertEntry, events: Sequence[Event]) -> datetime:
        lane, code = asking.connection_id, matter.cause_code
        if matter.kind in ("invoices", "reviews"):
            with snapshot(self._read) as reading:
                standing: Literal["causes", "reviews"] = "causes" if matter.kind == "invoices" else "reviews"
                return invoices_by_cause.last_changed(reading, lane, code, standing) or asking.asked_at
        asking_for_it = (
            event.occurred_at
            for event in reversed(events)
            if any(_matter(one) == _matter(matter) for one in alerts_of(event))
        )
        return next(asking_for_it, asking.asked_at)

    def _told(self, asking: Mail, since: datetime) -> dict[tuple[str, str], datetime]:
        """When the recipient last got a mail of each kind and cause since a moment."""
        told, month = dict[tuple[str, str], datetime](), since.astimezone(UTC).replace(day=1)
        while month <= self._store.now():
            for event in self._store.events_of(alerts_stream(asking.account_id, month)):
                if isinstance(event, AlertSent) and event.recipient_id == asking.recipient_id:
                    told[event.kind, event.cause_code] = event.occurred_at
            month = (month + timedelta(days=31)).replace(day=1)
        return told

    def _matters(
        self, asking: Mail, connection: Connection, set_up: Iterable[Cause], kinds: Iterable[str] | None
    ) -> list[AlertEntry]:
        """The open matters of these kinds, or of all."""
        with snapshot(self._read) as reading:
            waiting, reviews = invoices_by_cause.codes(reading, asking.connection_id)
        found: tuple[tuple[MailKind, Sequence[str]], ...] = (
            ("invoices", waiting),
            ("reviews", reviews),
            ("set_up", [cause.code for cause in set_up]),
        )
        return [
            still_open(asking.effect_key.rpartition("/")[0], kind, code, connection)
            for kind, codes in found
            for code in dict.fromkeys(codes)
            if (kinds is None or kind in kinds) and code in CATALOGUE and CATALOGUE[code].who != ("nobody",)
        ]


def _matter(entry: AlertEntry) -> tuple[str, str]:
    return entry.kind, entry.cause_code


def _disconnection(events: Sequence[Event], connection: Connection) -> list[AlertEntry]:
    """The mail of the disconnection that is not over."""
    ended = [event for event in events if isinstance(event, Disconnected)]
    return alerts_of(ended[-1]) if ended and connection.grant_id is None else []


def _folded(events: Iterable[Event]) -> Connection | None:
    state: Connection | None = None
    for event in events:
        state = connections.evolve(state, event)
    return state
