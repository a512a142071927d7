"""invoice_status: the narrow fold says what the domain's own fold says, and stops at what it cannot fold."""

from collections.abc import Callable
from random import Random

import msgspec
import pytest

from domain import alerts, connection, contact_link, contact_sync, invoice
from domain.streams import connection_id
from domain.topics import TOPIC_OF, TOPICS
from projections import blocked_by, connection_status, counters, invoice_status
from projections.batch import NOT_FOLDED, Batch
from projections.recorded import BadEvent, Recorded
from tests.domain.every_event import EVERY_EVENT
from tests.examples import ACCOUNT, INVOICE, queued_invoice
from tests.projections.logs import LATER, random_history, recorded, renumbered


@pytest.mark.parametrize("seed", range(30))
def test_the_projection_agrees_with_the_domain_on_any_history(seed: int) -> None:
    events = random_history(Random(seed), INVOICE, ACCOUNT, length=25)
    rows: invoice_status.Rows = {}
    state: invoice.Invoice | None = None
    for one in recorded(events):
        invoice_status.fold(rows, one)
        state = invoice.evolve(state, events[one[0] - 1])
        row = rows[one[1]]
        assert (row.status, row.xero_invoice_id, row.version) == (state.status, state.xero_invoice_id, state.version)
        assert tuple(invoice_status.causes_of(row.causes)) == state.causes
        assert tuple(invoice_status.causes_of(row.reviews)) == state.reviews
        document = state.document
        assert (row.number, row.date, row.currency, row.total) == (
            document.number,
            document.date,
            document.currency,
            document.totals.total,
        )


@pytest.mark.parametrize("event_type", LATER, ids=lambda event_type: event_type.__name__)
def test_every_event_type_is_folded_as_the_domain_folds_it(event_type: type) -> None:
    events = renumbered([*queued_invoice(), EVERY_EVENT[event_type]])
    rows: invoice_status.Rows = {}
    state: invoice.Invoice | None = None
    for one in recorded(events):
        invoice_status.fold(rows, one)
        state = invoice.evolve(state, events[one[0] - 1])
    assert state is not None
    assert next(iter(rows.values())).status == state.status


def test_every_topic_is_folded_or_left_out_on_purpose() -> None:
    assert invoice_status.STEPS.keys() | connection_status.STEPS.keys() | NOT_FOLDED == TOPICS.keys()
    left_out = (*contact_link.EVENTS, *contact_sync.EVENTS, *alerts.EVENTS)
    assert {TOPIC_OF[event_type] for event_type in left_out} == NOT_FOLDED
    assert invoice_status.STEPS.keys() == {TOPIC_OF[event_type] for event_type in invoice.EVENTS}
    assert connection_status.STEPS.keys() == {TOPIC_OF[event_type] for event_type in connection.EVENTS}


def test_an_invoice_belongs_to_its_accounts_connection() -> None:
    batch = Batch({}, {}, {})
    batch.fold(recorded(queued_invoice(account_id="other-studio")))
    (row,) = batch.invoices.values()
    assert row.connection_id == connection_id("other-studio")


def _queued() -> Recorded:
    return recorded(queued_invoice())[0]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda p, s, v, t, b: (p, s, v, "InvoiceForgotten.1", b), "unknown topic"),
        (lambda p, s, v, t, b: (p, s, v, t, b"{"), "truncated"),
        (lambda p, s, v, t, b: (p, s, v, t, b.replace(b'"NZD"', b"17")), "Expected `str`"),
        (lambda p, s, v, t, b: (p, s, 2, t, b), "begins with InvoiceQueued"),
        (lambda p, s, v, t, b: (p, s, v, "InvoiceVoided.1", b), "begins with InvoiceQueued"),
    ],
)
def test_a_bad_event_is_named_and_never_skipped(spoil: Callable[..., Recorded], says: str) -> None:
    batch = Batch({}, {}, {})
    with pytest.raises(BadEvent, match=says) as raised:
        batch.fold([spoil(*_queued())])
    assert "event 1 (" in str(raised.value)
    assert raised.value.position == 1


def test_a_cause_that_is_none_stops_the_fold() -> None:
    events = renumbered([*queued_invoice(), EVERY_EVENT[invoice.InvoiceBlocked]])
    queued, (position, stream, version, topic, body) = recorded(events)
    with pytest.raises(BadEvent):
        Batch({}, {}, {}).fold([queued, (position, stream, version, topic, body.replace(b'"code"', b'"kode"'))])


@pytest.mark.parametrize("version", [1, 3])
def test_an_event_that_does_not_follow_is_refused(version: int) -> None:
    events = renumbered([*queued_invoice(), EVERY_EVENT[invoice.InvoiceVoided]])
    wrong = msgspec.structs.replace(events[1], originator_version=version)
    with pytest.raises(BadEvent, match="is at version 1"):
        Batch({}, {}, {}).fold(recorded([events[0], wrong]))


def test_only_a_blocked_invoice_waits_for_causes_and_for_each_once() -> None:
    blocked = EVERY_EVENT[invoice.InvoiceBlocked]
    assert isinstance(blocked, invoice.InvoiceBlocked)
    twice = msgspec.structs.replace(blocked, causes=blocked.causes * 2)
    batch = Batch({}, {}, {})
    batch.fold(recorded(renumbered([*queued_invoice(), twice])))
    (row,) = batch.invoices.values()
    assert [(cause, key) for _, cause, key, *_ in blocked_by.rows_of(row)] == [(c.code, c.key) for c in blocked.causes]
    row.status = "queued"
    assert blocked_by.rows_of(row) == []


def test_counters_change_by_the_difference_between_old_and_new_rows() -> None:
    batch = Batch({}, {}, {})
    batch.fold(recorded(queued_invoice()))
    (row,) = batch.invoices.values()
    queued = counters.counted(row)
    assert counters.changes({}, [row]) == [counters.Counter(*queued[:3], 1, queued.total)]
    assert counters.changes({row.stream_id: queued}, [row]) == []
    row.status = "synced"
    assert counters.changes({row.stream_id: queued}, [row]) == [
        counters.Counter(row.connection_id, "NZD", "synced", 1, row.total),
        counters.Counter(row.connection_id, "NZD", "queued", -1, -row.total),
    ]
