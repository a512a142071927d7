"""Appending: events and everything that belongs to them are there together, or not at all."""

import msgspec
import pytest

from adapters.event_store import commands, sealed_texts
from adapters.event_store.store import EventStore
from adapters.event_store.writes import SealedInvoiceText, Writes
from domain import invoice as invoices
from domain.streams import connection_id, invoice_stream
from tests.adapters.event_store.conftest import OpenStore
from tests.adapters.event_store.contents import everything_beside, filled, rows_of_every_table
from tests.adapters.event_store.recorders import BREAKS_AT_THE_END, Broken
from tests.examples import ACCOUNT, INVOICE, document, line, queued_invoice
from tests.tampering import UNGUARDED

STREAM = invoice_stream(ACCOUNT, INVOICE)


def test_an_event_comes_with_its_entry_its_texts_and_its_command(store: EventStore) -> None:
    store.append(queued_invoice(), everything_beside())
    assert filled(store) == {
        "app.answer_text",
        "app.idempotency",
        "app.invoice_text",
        "app.kyrios_contact",
        "app.lane",
        "app.outbox",
        "es.sync_events",
    }


def test_a_failure_after_the_last_row_leaves_nothing_in_any_table(open_store: OpenStore) -> None:
    store = open_store(recorder=BREAKS_AT_THE_END)
    with pytest.raises(Broken):
        store.append(queued_invoice(), everything_beside())
    assert filled(store) == set()


@pytest.mark.parametrize("part", ["texts", "answers", "contacts", "commands"])
def test_a_row_the_database_refuses_takes_everything_with_it(store: EventStore, part: str) -> None:
    store.append(queued_invoice(), everything_beside())
    before = rows_of_every_table(store)
    other = everything_beside("command-2", "inv-0002")
    (row,) = getattr(other, part)
    broken = msgspec.structs.replace(row, account_id="a\x00b")
    with pytest.raises(Exception, match=r"NUL|0x00"):
        store.append(queued_invoice("inv-0002"), msgspec.structs.replace(other, **{part: [broken]}))
    assert rows_of_every_table(store) == before


def test_an_exception_in_the_callers_transaction_takes_the_appended_events_back(store: EventStore) -> None:
    def append_and_break() -> None:
        with store.begin() as tx:
            tx.append(queued_invoice(), everything_beside())
            raise Broken

    with pytest.raises(Broken):
        append_and_break()
    assert filled(store) == set()


def test_events_appended_in_a_transaction_are_there_once_it_commits(store: EventStore) -> None:
    with store.begin() as tx:
        tx.append(queued_invoice(), everything_beside())
        assert set(tx.load([STREAM], invoices.evolve)) == {STREAM}
        assert store.load(STREAM, invoices.evolve) is None, "nobody else sees them before"
    assert store.load(STREAM, invoices.evolve) is not None


def test_what_was_written_beside_can_be_read_again(store: EventStore) -> None:
    beside = everything_beside()
    store.append(queued_invoice(), beside)
    with store.cursor() as cursor:
        assert sealed_texts.invoice_texts(cursor, [(STREAM, 1)]) == {STREAM: b"text"}
        assert sealed_texts.answer(cursor, beside.answers[0].answer_id) == b"words"
        place = (ACCOUNT, "command-1")
        assert commands.find(cursor, [place, (ACCOUNT, "unknown")]) == {place: beside.commands[0]}


def test_a_command_that_changes_nothing_is_remembered_without_events(store: EventStore) -> None:
    store.append([], Writes(commands=everything_beside().commands))
    assert filled(store) == {"app.idempotency"}


def test_an_older_copy_of_a_customer_does_not_replace_a_newer_one(store: EventStore) -> None:
    (customer,) = everything_beside().contacts
    for revision, sealed in ((2, b"new"), (1, b"old")):
        store.append([], Writes(contacts=[msgspec.structs.replace(customer, revision=revision, sealed=sealed)]))
    with store.cursor() as cursor:
        (kept,) = cursor.execute("SELECT revision, sealed FROM app.kyrios_contact").fetchall()
    assert (kept["revision"], bytes(kept["sealed"])) == (2, b"new")


def test_a_mistyped_keyword_is_refused_and_nothing_is_stored(store: EventStore) -> None:
    with pytest.raises(TypeError, match="entrys"):
        store._app.save(*queued_invoice(), entrys=[])
    with pytest.raises(TypeError, match="tracking"):
        store._recorder.insert_events([], tracking=object())
    assert filled(store) == set()


def test_the_lane_and_the_entry_follow_from_the_event_itself(store: EventStore) -> None:
    events = queued_invoice()
    store.append(events)
    with store.cursor() as cursor:
        (entry,) = cursor.execute("SELECT * FROM app.outbox").fetchall()
        (lane,) = cursor.execute("SELECT * FROM app.lane").fetchall()
    assert entry["effect_key"] == f"create_invoice/{events[0].event_id}"
    assert (entry["stream_id"], entry["state"], entry["attempts"]) == (STREAM, "PENDING", 0)
    assert lane["connection_id"] == entry["connection_id"] == connection_id(ACCOUNT)
    assert lane["gate"] == "closed"


def test_an_append_larger_than_any_buffer_between_us_and_the_database_ends(store: EventStore) -> None:
    lines = tuple(line("1", f"{number}.00") for number in range(500))
    many = [
        event for n in range(200) for event in queued_invoice(f"inv-{n}", issued=document(number=f"N-{n}", lines=lines))
    ]
    texts = [
        SealedInvoiceText(stream_id=event.originator_id, revision=1, account_id=ACCOUNT, sealed=b"x" * 2**16)
        for event in many
    ]
    for _ in range(3):
        store.append(many, Writes(texts=texts))
        assert rows_of_every_table(store)["es.sync_events"] == 200
        with store.cursor() as cursor:
            cursor.execute(UNGUARDED)
            cursor.execute("TRUNCATE es.sync_events, app.outbox, app.invoice_text")
