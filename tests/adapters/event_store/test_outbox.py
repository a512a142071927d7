"""The outbox's rows: one live entry per stream, leases that guard every change, and what time does to them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
from eventsourcing.persistence import IntegrityError
from psycopg import Cursor

from adapters.event_store import deliveries, outbox, outbox_deaths
from adapters.event_store.outbox import LeasedEntry, LeaseLost
from adapters.event_store.outbox_deaths import Suspect
from adapters.event_store.store import EventStore
from adapters.event_store.writes import Closed, EndState, Reopened, Writes
from domain.effects import Entry
from domain.streams import connection_id
from tests.adapters.event_store.conftest import OpenStore
from tests.adapters.event_store.contents import command, filled
from tests.examples import ACCOUNT, identity, queued_invoice

LANE = connection_id(ACCOUNT)
KIND = "create_invoice"
TOKEN = identity("token")


def entry(stream: str, seq: int = 1) -> Entry:
    """An entry of a stream."""
    return Entry(
        effect_key=f"{stream}/{seq}", kind="create_invoice", connection_id=LANE, stream_id=identity(stream), seq=seq
    )


def insert(store: EventStore, *entries: Entry) -> None:
    """Store entries, each by itself, as successive events would."""
    for one in entries:
        with store.cursor() as cursor:
            outbox.insert(cursor, [one])


def lease(cursor: Cursor[Any], entries: Sequence[LeasedEntry], seconds: float = 8.0) -> UUID:
    """Lease locked entries to a new delivery."""
    delivery = identity(f"delivery/{[e.id for e in entries]}/{[e.attempts for e in entries]}")
    deliveries.open_send(cursor, delivery, LANE, KIND, b"", [], seconds)
    outbox.lease(cursor, [one.id for one in entries], delivery, TOKEN, seconds)
    return delivery


def leased(store: EventStore, limit: int = 50) -> list[LeasedEntry]:
    """Lock what is due and lease it."""
    with store.cursor() as cursor:
        entries = outbox.lock_due(cursor, LANE, limit)
        if entries:
            lease(cursor, entries)
    return entries


def close(one: LeasedEntry, state: EndState = "DONE", token: UUID = TOKEN) -> Closed:
    """The end of a leased entry."""
    return Closed(entry_id=one.id, token=token, was="LEASED", state=state)


def reopen(one: LeasedEntry, **more: Any) -> Reopened:
    """A leased entry given back."""
    given_back = Reopened(entry_id=one.id, token=TOKEN, was="LEASED", state="PENDING")
    return msgspec.structs.replace(given_back, **more)


def states(store: EventStore) -> dict[str, str]:
    """The state of each entry, by effect key."""
    with store.cursor() as cursor:
        cursor.execute("SELECT effect_key, state FROM app.outbox ORDER BY id")
        return {row["effect_key"]: row["state"] for row in cursor}


def test_only_one_entry_of_a_stream_is_live_and_its_end_wakes_the_next(store: EventStore) -> None:
    insert(store, entry("a", 1), entry("a", 2), entry("a", 3), entry("b", 1))
    assert states(store) == {"a/1": "PENDING", "a/2": "WAITING", "a/3": "WAITING", "b/1": "PENDING"}
    first, other = leased(store)
    store.append([], Writes(closed=[close(first)]))
    assert states(store) == {"a/1": "DONE", "a/2": "PENDING", "a/3": "WAITING", "b/1": "LEASED"}
    (second,) = leased(store)
    store.append([], Writes(closed=[close(second), close(other)]))
    assert states(store) == {"a/1": "DONE", "a/2": "DONE", "a/3": "PENDING", "b/1": "DONE"}


def test_a_withdrawn_entry_wakes_the_next(store: EventStore) -> None:
    insert(store, entry("a", 1), entry("a", 2))
    with store.cursor() as cursor:
        outbox.withdraw(cursor, [one.id for one in outbox.lock_due(cursor, LANE, 50)], "contact_missing")
    assert states(store) == {"a/1": "WITHDRAWN", "a/2": "PENDING"}


def test_a_waiting_entry_stays_behind_one_whose_outcome_is_unknown(store: EventStore) -> None:
    insert(store, entry("a", 1), entry("a", 2))
    (first,) = leased(store)
    store.append([], Writes(reopened=[reopen(first, state="AMBIGUOUS", due_in=3.0)]))
    assert states(store) == {"a/1": "AMBIGUOUS", "a/2": "WAITING"}
    assert leased(store) == []


def test_two_live_entries_of_one_stream_are_refused_by_the_database(store: EventStore) -> None:
    insert(store, entry("a", 1), entry("a", 2))
    with pytest.raises(IntegrityError, match="outbox_one_live_entry_per_stream"), store.cursor() as cursor:
        cursor.execute("UPDATE app.outbox SET state = 'PENDING'")
    assert states(store) == {"a/1": "PENDING", "a/2": "WAITING"}


def test_an_effect_is_stored_once_for_ever(store: EventStore) -> None:
    insert(store, entry("a", 1))
    (one,) = leased(store)
    store.append([], Writes(closed=[close(one)]))
    with pytest.raises(IntegrityError, match="outbox_effect_key_key"), store.cursor() as cursor:
        outbox.insert(cursor, [entry("a", 1)])


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": identity("another worker")},
        {"was": "AMBIGUOUS"},
        {"entry_id": 999},
    ],
)
def test_a_result_without_its_lease_is_refused_with_all_that_came_with_it(
    store: EventStore, wrong: dict[str, Any]
) -> None:
    insert(store, entry("a", 1), entry("b", 1))
    first, second = leased(store)
    ends = msgspec.structs.replace(close(second), **wrong)
    beside = Writes(closed=[close(first), ends], commands=[command()])
    with pytest.raises(LeaseLost):
        store.append(queued_invoice(), beside)
    with pytest.raises(LeaseLost):
        store.append(queued_invoice(), Writes(reopened=[reopen(first), reopen(second, **wrong)]))
    assert states(store) == {"a/1": "LEASED", "b/1": "LEASED"}
    assert filled(store) == {"app.outbox", "app.delivery"}


def test_a_result_comes_in_once(store: EventStore) -> None:
    insert(store, entry("a", 1))
    (one,) = leased(store)
    store.append([], Writes(closed=[close(one)]))
    with pytest.raises(LeaseLost):
        store.append([], Writes(closed=[close(one, "REJECTED")]))
    assert states(store) == {"a/1": "DONE"}


def test_an_entry_given_back_is_due_when_it_was_told_and_keeps_or_loses_its_attempt(store: EventStore) -> None:
    insert(store, entry("a", 1), entry("b", 1))
    first, second = leased(store)
    group = identity("half")
    store.append([], Writes(reopened=[reopen(first, due_in=30.0), reopen(second, give_back_attempt=True, group=group)]))
    with store.cursor() as cursor:
        (again,) = outbox.lock_due(cursor, LANE, 50)
        assert (again.id, again.attempts, again.group) == (second.id, 0, group)
        cursor.execute(
            "SELECT attempts, extract(epoch FROM due_at - app.now())::float8 AS due FROM app.outbox WHERE id = %s",
            [first.id],
        )
        (row,) = cursor.fetchall()
    assert row["attempts"] == 1
    assert 25 < row["due"] <= 30


def test_the_oldest_entrys_group_is_locked_by_itself(store: EventStore) -> None:
    insert(store, *(entry(name) for name in "abcd"))
    a, b, c, _ = leased(store)
    group = identity("half")
    store.append([], Writes(reopened=[reopen(a, group=group), reopen(c, group=group), reopen(b)]))
    assert [one.id for one in leased(store)] == [a.id, c.id]
    assert [one.id for one in leased(store)] == [b.id]


def test_two_workers_never_lock_the_same_entry(open_store: OpenStore) -> None:
    one, other = open_store(), open_store()
    insert(one, *(entry(name) for name in "abcd"))
    with one.cursor() as mine, other.cursor() as theirs:
        first = outbox.lock_due(mine, LANE, 2)
        second = outbox.lock_due(theirs, LANE, 50)
    assert [e.id for e in first] == [1, 2]
    assert [e.id for e in second] == [3, 4]


def test_an_expired_lease_becomes_an_unknown_outcome_due_after_the_last_possible_send(store: EventStore) -> None:
    insert(store, entry("a", 1))
    (one,) = leased(store)
    with store.cursor() as cursor:
        cursor.execute("SELECT set_config('app.now', (now() + interval '20 seconds')::text, true)")
        assert [e.id for e in outbox_deaths.lock_expired(cursor, LANE, 10)] == [one.id]
        (before,) = cursor.execute("SELECT lease_until FROM app.outbox").fetchall()
        outbox_deaths.mark_unclear(cursor, [Suspect(entry_id=one.id)], 180.0)
        (after,) = cursor.execute("SELECT state, lease_token, due_at FROM app.outbox").fetchall()
    assert (after["state"], after["lease_token"]) == ("AMBIGUOUS", None)
    assert (after["due_at"] - before["lease_until"]).total_seconds() == 180.0


def test_entries_that_ended_long_ago_are_deleted_and_no_others(store: EventStore) -> None:
    insert(store, *(entry(name) for name in "abc"))
    a, b, _ = leased(store)
    store.append([], Writes(closed=[close(a), close(b)]))
    with store.cursor() as cursor:
        cursor.execute("UPDATE app.outbox SET closed_at = closed_at - interval '8 days' WHERE id = %s", [a.id])
        assert outbox.delete_closed(cursor, 7, 100) == 1
    assert states(store) == {"b/1": "DONE", "c/1": "LEASED"}


def test_entries_that_come_at_once_go_one_after_the_other_in_their_order(store: EventStore) -> None:
    with store.cursor() as cursor:
        outbox.insert(cursor, [entry("a", 1), entry("b", 1), entry("a", 3), entry("a", 2)])
    for expected in (["a/1", "b/1"], ["a/3"], ["a/2"]):
        one_by_one = leased(store)
        with store.cursor() as cursor:
            keys = {row["id"]: row["effect_key"] for row in cursor.execute("SELECT id, effect_key FROM app.outbox")}
            assert [keys[one.id] for one in one_by_one] == expected
            outbox.close(cursor, [close(one) for one in one_by_one])
            outbox.wake_waiting(cursor, [one.id for one in one_by_one])


def test_entries_that_come_at_once_wait_behind_one_that_is_live(store: EventStore) -> None:
    insert(store, entry("a", 1))
    with store.cursor() as cursor:
        outbox.insert(cursor, [entry("a", 2), entry("a", 3)])
        states = cursor.execute("SELECT state FROM app.outbox ORDER BY id").fetchall()
    assert [row["state"] for row in states] == ["PENDING", "WAITING", "WAITING"]
