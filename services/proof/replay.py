"""A replay of one stream at a time: what its events make of it, by the projections' fold and by the domain's own."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

import msgspec
from eventsourcing.persistence import MapperDeserialisationError

from adapters.event_store.mapper import RegistryMapper
from domain import connection as connections
from domain import contact_link
from domain import invoice as invoices
from domain.alert_entries import AlertEntry, alerts_of
from domain.connection import AlertRecipientsSet, Connection
from domain.effects import Entry, entries_still_open
from domain.event import Event
from domain.invoice import Invoice
from projections.batch import Batch
from projections.recorded import BadEvent, Recorded


class Asked(msgspec.Struct, frozen=True):
    """A mail an event asked for: where in the log the event lies, when it occurred."""

    position: int
    occurred_at: datetime
    entry: AlertEntry


class Replayed(msgspec.Struct, kw_only=True):
    """One stream: its rows as of the checkpoint, its state then, what it is now, and the entries it keeps open.

    `alerts` are the mails it ever asked for, `recipients` when it said who gets them, with positions of the log.

    `broken` says why the stream cannot be replayed; all the rest is empty then.
    """

    stream_id: UUID
    events: int
    batch: Batch = msgspec.field(default_factory=lambda: Batch({}, {}, {}))
    invoice: Invoice | None = None
    gate_open: bool | None = None
    open_entries: dict[str, Entry] = msgspec.field(default_factory=dict)
    alerts: list[Asked] = msgspec.field(default_factory=list)
    recipients: list[tuple[int, AlertRecipientsSet]] = msgspec.field(default_factory=list)
    broken: str = ""


def replay(log: Iterable[Recorded], position: int) -> Iterator[Replayed]:
    """Replay a log that comes stream by stream; rows and states as of `position`, all the rest as of its end."""
    mapper = RegistryMapper()
    for stream_id, group in groupby(log, key=lambda recorded: recorded[1]):
        stream = list(group)
        replayed = Replayed(stream_id=stream_id, events=len(stream))
        try:
            replayed.batch.fold(recorded for recorded in stream if recorded[0] <= position)
            events = [_decoded(mapper, recorded) for recorded in stream]
            _judge(replayed, events, _known(stream, position))
            _collect_mails(replayed, stream, events)
            yield replayed
        except (BadEvent, MapperDeserialisationError) as error:
            yield Replayed(stream_id=stream_id, events=len(stream), broken=str(error))


def _judge(replayed: Replayed, events: Sequence[Event], known: int) -> None:
    if isinstance(events[0], invoices.EVENTS):
        replayed.open_entries = entries_still_open(events)
        for event in events[:known]:
            replayed.invoice = invoices.evolve(replayed.invoice, event)
    elif isinstance(events[0], contact_link.EVENTS):
        replayed.open_entries = entries_still_open(events)
    elif isinstance(events[0], connections.EVENTS):
        replayed.open_entries = entries_still_open(events)
        state: Connection | None = None
        for event in events:
            state = connections.evolve(state, event)
        replayed.gate_open = state is not None and state.gate_open


def _collect_mails(replayed: Replayed, stream: Sequence[Recorded], events: Sequence[Event]) -> None:
    for recorded, event in zip(stream, events, strict=True):
        replayed.alerts += [Asked(recorded[0], event.occurred_at, entry) for entry in alerts_of(event)]
        if isinstance(event, AlertRecipientsSet):
            replayed.recipients.append((recorded[0], event))


def _known(stream: Sequence[Recorded], position: int) -> int:
    return sum(1 for recorded in stream if recorded[0] <= position)


def _decoded(mapper: RegistryMapper, recorded: Recorded) -> Event:
    _, stream_id, version, topic, body = recorded
    event = mapper.decode(topic, body)
    if (event.originator_id, event.originator_version) != (stream_id, version):
        raise BadEvent(recorded, "row and body disagree about stream or version")
    return event
