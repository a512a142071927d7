"""The log in commit order: a reader that follows it while four writers append misses nothing."""

import threading

from adapters.event_store.store import EventStore
from domain.event import Event
from tests.adapters.event_store.conftest import OpenStore
from tests.adapters.event_store.contents import rows_of_every_table
from tests.examples import queued_invoice

WRITERS, EACH = 4, 40


def test_a_reader_misses_nothing_of_four_writers(open_store: OpenStore) -> None:
    reader, finished, seen = open_store(), threading.Event(), list[tuple[int, Event]]()

    def follow() -> None:
        position, last = 0, False
        while True:
            last = finished.is_set()
            news = reader.read_log(position, 7)
            seen.extend(news)
            position = news[-1][0] if news else position
            if last and not news:
                return

    def write(number: int, store: EventStore) -> None:
        for one in range(EACH):
            size = one % 3 + 1
            store.append([e for part in range(size) for e in queued_invoice(f"inv-{number}-{one}-{part}")])

    following = threading.Thread(target=follow)
    writing = [threading.Thread(target=write, args=(n, open_store())) for n in range(WRITERS)]
    for thread in (following, *writing):
        thread.start()
    for thread in writing:
        thread.join()
    finished.set()
    following.join()
    positions = [position for position, _ in seen]
    assert len(seen) == rows_of_every_table(reader)["es.sync_events"]
    assert positions == sorted(set(positions))


def test_the_log_is_in_the_order_of_commits_not_of_beginnings(open_store: OpenStore) -> None:
    first, second = open_store(), open_store()
    with first.begin() as tx:
        tx.cursor.execute("SELECT nextval('es.notification_id_seq')")
        second.append(queued_invoice("inv-2"))
        assert first.head() == 2
        tx.append(queued_invoice("inv-1"))
    assert [position for position, _ in second.read_log(0, 10)] == [2, 3]
    assert second.head() == 3


def test_positions_lost_to_a_rollback_stay_gaps_that_a_reader_passes(store: EventStore) -> None:
    store.append(queued_invoice("inv-1"))
    with store.cursor() as cursor:
        cursor.execute("SELECT nextval('es.notification_id_seq')")
    store.append(queued_invoice("inv-2"))
    assert [position for position, _ in store.read_log(0, 10)] == [1, 3]
    assert [position for position, _ in store.read_log(1, 10)] == [3]
