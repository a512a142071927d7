"""Events and stored rows: every stored topic loads, and a row that cannot be trusted is never skipped."""

from uuid import UUID

import msgspec
import pytest
from eventsourcing.persistence import MapperDeserialisationError

from adapters.event_store.mapper import RegistryMapper
from adapters.event_store.store import NOTHING, EventStore
from domain import invoice as invoices
from domain.event import Event
from domain.streams import invoice_stream
from domain.topics import TOPICS
from tests.domain.every_event import EVERY_EVENT
from tests.examples import ACCOUNT, INVOICE, identity, queued_invoice
from tests.tampering import UNGUARDED

STREAM = invoice_stream(ACCOUNT, INVOICE)


def tamper(store: EventStore, change: str) -> None:
    """Change the one stored event as nobody should."""
    with store.cursor() as cursor:
        cursor.execute(UNGUARDED)
        cursor.execute(f"UPDATE es.sync_events SET {change}")


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_stored_and_read_back_unchanged(topic: str) -> None:
    mapper, event = RegistryMapper(), EVERY_EVENT[TOPICS[topic]]
    stored = mapper.to_stored_event(event)
    assert stored.topic == topic
    assert mapper.to_domain_event(stored) == event


def test_every_event_type_survives_the_database(store: EventStore) -> None:
    apart: list[Event] = [
        msgspec.structs.replace(event, originator_id=identity(topic), originator_version=1)
        for topic, event in ((topic, EVERY_EVENT[event_type]) for topic, event_type in TOPICS.items())
    ]
    with store.begin() as tx:
        store._recorder.insert_within(tx.cursor, [store._mapper.to_stored_event(e) for e in apart], writes=NOTHING)
    assert [event for _, event in store.read_log(0, 1_000)] == apart
    assert [store.events_of(event.originator_id) for event in apart] == [[event] for event in apart]


def stops_every_reader(store: EventStore, stream: UUID, words: str) -> None:
    """Whoever reads the log is stopped, saying why."""
    for read in (
        lambda: store.load(stream, invoices.evolve),
        lambda: store.load_many([stream], invoices.evolve),
        lambda: store.read_log(0, 10),
    ):
        with pytest.raises(MapperDeserialisationError, match=words):
            read()


def test_an_unknown_topic_stops_every_reader(store: EventStore) -> None:
    store.append(queued_invoice())
    for topic in ("InvoiceQueued.2", "Unheard.1", "os:system", "domain.invoice:InvoiceQueued", ""):
        tamper(store, f"topic = '{topic}'")
        stops_every_reader(store, STREAM, "unknown topic")


def test_a_row_at_another_version_than_its_body_says_stops_every_reader(store: EventStore) -> None:
    store.append(queued_invoice())
    tamper(store, "originator_version = 2")
    stops_every_reader(store, STREAM, "row and body disagree")


def test_a_row_moved_to_another_stream_stops_every_reader(store: EventStore) -> None:
    store.append(queued_invoice())
    another = invoice_stream(ACCOUNT, "another")
    tamper(store, f"originator_id = '{another}'")
    stops_every_reader(store, another, "row and body disagree")


def test_a_damaged_body_names_its_topic(store: EventStore) -> None:
    store.append(queued_invoice())
    for body in ("", "not JSON", "{}", "null", '{"originator_id": 1}'):
        tamper(store, f"state = '{body}'")
        stops_every_reader(store, STREAM, r"InvoiceQueued\.1")
