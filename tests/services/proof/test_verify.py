"""Verify: clean when all agrees, and every kind of damage is found and named."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Engine

from adapters.event_store.store import EventStore
from domain import invoice
from domain.causes import Cause
from domain.event import Event
from domain.streams import connection_id, invoice_stream
from services.projector import Projector
from services.proof.verify import Verified, verify
from tests.examples import ACCOUNT, ORGANISATION, moment, open_connection, queued_invoice
from tests.projections.databases import queue
from tests.tampering import UNGUARDED

MISSING = Cause("contact_missing", key="cus-001")


@pytest.fixture(autouse=True)
def _filled(store: EventStore, read: Engine) -> None:
    """An open connection with one queued and one blocked invoice, and an account that never connected."""
    store.append(open_connection())
    queue(store, "inv-1", "inv-2")
    queue(store, "inv-1", account_id="moa-press")
    _block(store, "inv-2")
    Projector(store, read).catch_up()


def _block(store: EventStore, name: str) -> None:
    stream = invoice_stream(ACCOUNT, name)
    state = store.load(stream, invoice.evolve)
    assert state is not None
    with store.begin() as transaction:
        transaction.append(invoice.block(state, [MISSING], ORGANISATION, moment(seed=name)))
        transaction.cursor.execute(
            "UPDATE app.outbox SET state = 'WITHDRAWN', closed_at = app.now() WHERE stream_id = %s", (stream,)
        )


def damaged(read: Engine, *statements: str) -> Verified:
    with read.begin() as connection:
        for statement in (UNGUARDED, *statements):
            connection.exec_driver_sql(statement.replace("%", "%%"))
    return verify(read)


def found(verified: Verified) -> list[str]:
    return sorted({finding.table for finding in verified.findings})


def test_a_clean_database_has_no_findings_and_its_books_balance(store: EventStore, read: Engine) -> None:
    verified = verify(read)
    assert (verified.clean, verified.findings, verified.position) == (True, (), store.head())
    assert verified.summary().startswith("clean: ")
    here, there = verified.conservation
    assert (here.account_id, here.accepted, here.waiting, here.in_flight) == (ACCOUNT, 2, 1, 1)
    assert (there.account_id, there.accepted, there.waiting, there.in_flight) == ("moa-press", 1, 1, 0)
    assert here.balanced
    assert there.balanced


def test_a_projection_that_is_merely_behind_is_no_finding(store: EventStore, read: Engine) -> None:
    queue(store, "inv-3")
    _block(store, "inv-3")
    verified = verify(read)
    assert verified.clean
    assert verified.head > verified.position


def test_a_deleted_entry_is_missing(read: Engine) -> None:
    verified = damaged(read, "DELETE FROM app.outbox WHERE state = 'PENDING'")
    assert [finding.table for finding in verified.findings] == ["outbox", "outbox"]
    (queued,) = queued_invoice("inv-1")
    assert f"create_invoice/{queued.event_id}" in {finding.key for finding in verified.findings}
    assert "missing" in str(verified.findings[0])


def test_an_entry_that_no_event_opened_is_superfluous(read: Engine) -> None:
    verified = damaged(
        read,
        "INSERT INTO app.outbox (connection_id, kind, stream_id, seq, effect_key, state)"
        " SELECT connection_id, kind, gen_random_uuid(), 1, 'create_invoice/forged', 'PENDING' FROM app.outbox LIMIT 1",
    )
    assert [str(f) for f in verified.findings] == [
        "outbox create_invoice/forged: an entry (PENDING) that no event of the log keeps open"
    ]


def test_an_entry_that_was_ended_without_an_event_is_missing(read: Engine) -> None:
    assert found(damaged(read, "UPDATE app.outbox SET state = 'DONE', closed_at = app.now()")) == ["outbox"]


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("UPDATE app.invoice_status SET total = total + 0.01 WHERE kyrios_invoice_id = 'inv-2'", ["invoice_status"]),
        ("UPDATE app.invoice_status SET causes = '[]' WHERE status = 'blocked'", ["invoice_status"]),
        ("UPDATE app.invoice_status SET status = 'synced' WHERE status = 'blocked'", ["invoice_status"]),
        ("DELETE FROM app.invoice_status WHERE status = 'blocked'", ["conservation", "invoice_status"]),
        (
            "INSERT INTO app.invoice_status SELECT (jsonb_populate_record(s, jsonb_build_object('stream_id',"
            " gen_random_uuid()))).* FROM app.invoice_status s LIMIT 1",
            ["conservation", "invoice_status"],
        ),
        ("DELETE FROM app.blocked_by", ["blocked_by"]),
        ("UPDATE app.blocked_by SET key = 'cus-002'", ["blocked_by"]),
        ("INSERT INTO app.blocked_by SELECT connection_id, cause, 'another', accepted_at_position, stream_id "
         "FROM app.blocked_by", ["blocked_by"]),
        ("UPDATE app.connection_status SET base_currency = 'AUD'", ["connection_status"]),
        ("UPDATE app.connection_status SET held_by = '[{\"code\": \"inactivity\"}]'",
         ["connection_status", "conservation"]),
        ("DELETE FROM app.connection_status", ["connection_status", "conservation"]),
        ("UPDATE app.counters SET total = total - 1 WHERE status = 'blocked'", ["counters"]),
        ("UPDATE app.counters SET invoices = invoices - 1 WHERE status = 'blocked'", ["conservation", "counters"]),
        ("DELETE FROM app.counters WHERE status = 'blocked'", ["conservation", "counters"]),
        ("UPDATE app.lane SET gate = 'closed' WHERE gate = 'open'", ["lane"]),
        ("UPDATE app.checkpoints SET position = position - 1", ["blocked_by", "conservation", "counters",
                                                                "invoice_status"]),
    ],
)  # fmt: skip
def test_every_tampered_row_is_found(read: Engine, statement: str, tables: Sequence[str]) -> None:
    verified = damaged(read, statement)
    assert found(verified) == sorted(tables)
    assert not verified.clean


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE es.sync_events SET topic = 'InvoiceForgotten.1' WHERE topic = 'InvoiceBlocked.1'",
        "UPDATE es.sync_events SET state = 'half' WHERE topic = 'TaxMapped.1'",
        "DELETE FROM es.sync_events WHERE topic = 'OrganisationSelected.1'",
        "UPDATE es.sync_events SET state = replace(convert_from(state, 'UTF8'), '\"originator_version\":1',"
        " '\"originator_version\":5')::bytea WHERE topic = 'InvoiceQueued.1'",
    ],
)
def test_a_damaged_log_is_a_finding_and_not_a_crash(read: Engine, statement: str) -> None:
    assert "log" in found(damaged(read, statement))


def test_counters_tell_what_they_say_and_what_the_log_says(read: Engine) -> None:
    verified = damaged(read, "UPDATE app.counters SET total = 1 WHERE status = 'blocked'")
    (finding,) = verified.findings
    assert finding.key == f"{connection_id(ACCOUNT)} NZD blocked"
    assert finding.says == "1 invoice, 1.00; the log says 1 invoice, 566.66"


def test_an_invoice_that_only_the_domain_knows_as_synced_is_seen(store: EventStore, read: Engine) -> None:
    """The places are counted by the domain's own fold, so the projection's fold does not vouch for itself."""
    events: list[Event] = store.events_of(invoice_stream(ACCOUNT, "inv-1"))
    assert len(events) == 1
    verified = damaged(
        read,
        "UPDATE app.invoice_status SET status = 'failed' WHERE kyrios_invoice_id = 'inv-1'",
        "UPDATE app.counters SET status = 'failed' WHERE status = 'queued'",
    )
    assert found(verified) == ["conservation", "counters", "invoice_status"]
