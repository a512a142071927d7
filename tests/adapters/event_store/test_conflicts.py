"""Several writers: whoever comes second is told so by an error of its own, and leaves nothing."""

import threading
from collections.abc import Sequence

import msgspec
import pytest
from eventsourcing.persistence import IntegrityError

from adapters.event_store.store import EventStore
from adapters.event_store.writes import Writes
from domain import invoice as invoices
from domain.event import Event
from domain.refusals import ConcurrentChange
from domain.streams import invoice_stream
from tests.adapters.event_store.conftest import OpenStore
from tests.adapters.event_store.contents import command, everything_beside, filled, rows_of_every_table
from tests.adapters.event_store.recorders import LOSES_THE_ANSWER, LosesTheAnswer
from tests.examples import ACCOUNT, INVOICE, identity, queued_invoice

STREAM = invoice_stream(ACCOUNT, INVOICE)


def rivals(*events: Event) -> list[Event]:
    """The same events as another process would have decided them: same places, other ids."""
    return [msgspec.structs.replace(event, event_id=identity(f"rival/{event.event_id}")) for event in events]


def test_the_second_writer_of_a_version_is_told_of_a_concurrent_change(store: EventStore) -> None:
    store.append(queued_invoice())
    before = rows_of_every_table(store)
    with pytest.raises(ConcurrentChange, match="another writer was first"):
        store.append(rivals(*queued_invoice()), Writes(commands=[command()]))
    assert rows_of_every_table(store) == before


def test_many_aggregates_in_one_append_fail_together(store: EventStore) -> None:
    many = [event for number in range(20) for event in queued_invoice(f"inv-{number}")]
    store.append(rivals(many[7]))
    before = rows_of_every_table(store)
    with pytest.raises(ConcurrentChange):
        store.append(many)
    assert rows_of_every_table(store) == before
    store.append(many[:7] + many[8:])
    assert rows_of_every_table(store)["app.outbox"] == 20


def test_a_used_command_key_is_a_concurrent_change_and_leaves_nothing(store: EventStore) -> None:
    store.append(queued_invoice(), everything_beside())
    before = rows_of_every_table(store)
    with pytest.raises(ConcurrentChange, match="idempotency_pkey"):
        store.append(queued_invoice("inv-0002"), Writes(commands=[command(asked="another request")]))
    assert rows_of_every_table(store) == before


def test_a_used_command_key_is_met_at_once_also_when_no_event_comes_with_it(store: EventStore) -> None:
    store.append([], Writes(commands=[command()]))
    with pytest.raises(ConcurrentChange):
        store.append([], Writes(commands=[command()]))


def test_a_commit_whose_answer_was_lost_counts_as_done(open_store: OpenStore) -> None:
    store = open_store(recorder=LOSES_THE_ANSWER)
    with LosesTheAnswer.losing():
        store.append(queued_invoice(), everything_beside())
    assert rows_of_every_table(store)["es.sync_events"] == 1
    assert rows_of_every_table(store)["app.outbox"] == 1


def test_a_lost_answer_to_a_batch_is_recognised_by_all_of_its_events(open_store: OpenStore) -> None:
    store = open_store(recorder=LOSES_THE_ANSWER)
    with LosesTheAnswer.losing():
        store.append([event for number in range(5) for event in queued_invoice(f"inv-{number}")])
    assert rows_of_every_table(store)["es.sync_events"] == 5


def test_a_rivals_event_at_the_same_version_is_not_taken_for_ours(open_store: OpenStore) -> None:
    ours, rival = open_store(), open_store()
    rival.append(rivals(*queued_invoice()))
    with pytest.raises(ConcurrentChange):
        ours.append(queued_invoice())
    (stored,) = ours.events_of(STREAM)
    assert stored.event_id == rivals(*queued_invoice())[0].event_id


def test_a_batch_of_which_a_rival_stored_one_is_not_taken_for_ours(open_store: OpenStore) -> None:
    ours, rival = open_store(), open_store()
    first, second = queued_invoice("inv-1"), queued_invoice("inv-2")
    ours.append(first)
    rival.append(rivals(*second))
    with pytest.raises(ConcurrentChange):
        ours.append([*first, *second])


def test_one_of_many_writers_of_a_version_wins(open_store: OpenStore) -> None:
    stores, start, won = [open_store() for _ in range(4)], threading.Barrier(4), list[int]()

    def write(number: int, events: Sequence[Event]) -> None:
        start.wait()
        try:
            stores[number].append(events)
        except ConcurrentChange:
            return
        won.append(number)

    (event,) = queued_invoice()
    tries = [[msgspec.structs.replace(event, event_id=identity(f"try {number}"))] for number in range(4)]
    threads = [threading.Thread(target=write, args=(n, events)) for n, events in enumerate(tries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    (stored,) = stores[0].events_of(STREAM)
    assert stored.event_id == identity(f"try {won[0]}")
    assert stores[0].load(STREAM, invoices.evolve) is not None
    assert rows_of_every_table(stores[0])["app.outbox"] == 1
    assert "app.idempotency" not in filled(stores[0])


def test_a_broken_constraint_is_named_at_the_first_try(store: EventStore) -> None:
    store.append(queued_invoice(), everything_beside())
    stored = [store._mapper.to_stored_event(event) for event in queued_invoice("inv-0002")]
    once = store._recorder.insert_events.__wrapped__
    for _ in range(30):
        with pytest.raises(IntegrityError, match="idempotency_pkey"):
            once(store._recorder, stored, writes=Writes(commands=[command()]))
