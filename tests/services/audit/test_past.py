"""Any past state is what the projections said then: at every moment of lives drawn by seeds, long after."""

import datetime as dt
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, Table, select
from sqlalchemy.dialects.postgresql import JSONB

from domain.refusals import InvalidInput, NotPossible
from projections.batch import Batch
from projections.blocked_by import BLOCKED_BY, rows_of
from projections.connection_status import CONNECTION_STATUS
from projections.counters import COUNTERS
from projections.inactivity_clock import INACTIVITY_CLOCK, as_logged
from projections.invoice_status import INVOICE_STATUS
from services.audit.past_states import PastMapping
from services.audit.words import in_words
from tests.domain.every_event import EVERY_EVENT
from tests.services.audit.life import Life
from tests.world import ACCOUNT, BACKEND, OWNER, World, contact_links, declared_taxes, example_invoices

EVENTFUL = {"InvoiceSynced", "InvoiceBlocked", "InvoiceReleased", "InvoiceVoided", "OutcomeUnknown", "GateClosed"}
TABLES = (INVOICE_STATUS, CONNECTION_STATUS, BLOCKED_BY, INACTIVITY_CLOCK, COUNTERS)
Rows = dict[str, list[tuple[Any, ...]]]


class Seen(msgspec.Struct):
    """What the projections said at a moment."""

    deed: str
    position: int
    moment: dt.datetime
    rows: Rows


def projected(read: Engine) -> Rows:
    """Every row of every projection."""
    with read.connect() as connection:
        return {table.name: _sorted(table, connection.execute(select(table))) for table in TABLES}


def folded(batch: Batch) -> Rows:
    """The same rows of a batch."""
    astuple = msgspec.structs.astuple
    rows: dict[Table, Any] = {
        INVOICE_STATUS: map(astuple, batch.invoices.values()),
        CONNECTION_STATUS: map(astuple, batch.connections.values()),
        BLOCKED_BY: [row for invoice in batch.invoices.values() for row in rows_of(invoice)],
        INACTIVITY_CLOCK: map(astuple, batch.clocks.values()),
        COUNTERS: batch.counter_changes(),
    }
    return {table.name: _sorted(table, found) for table, found in rows.items()}


def _sorted(table: Table, rows: Any) -> list[tuple[Any, ...]]:
    plain = [tuple(_meaning(column, value) for column, value in zip(table.columns, row, strict=True)) for row in rows]
    return sorted((as_logged(row) if table is INACTIVITY_CLOCK else row for row in plain), key=repr)


def _meaning(column: Any, value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(column.type, JSONB) and isinstance(value, str) else value


@pytest.mark.parametrize("seed", [1, 8, 11])
def test_every_past_moment_is_told_as_the_projections_told_it_then(world: World, seed: int) -> None:
    life, engine, seen = Life(world, seed), world.engine, list[Seen]()
    for _ in range(45):
        deed = life.go_on()
        engine.projector.catch_up()
        seen.append(Seen(deed, engine.store.head(), engine.store.now(), projected(engine.read)))
    happened = {type(event).__name__ for _, event in engine.store.read_log(0, 10_000)}
    assert happened >= EVENTFUL, "the life was too quiet to prove anything"
    streams = [world.lane, *(row[0] for row in seen[-1].rows["invoice_status"])]
    for one in seen:
        with engine.store.cursor() as cursor:
            assert folded(engine.past.batch(cursor, streams, one.position)) == one.rows, one.deed
        for until in (str(one.position), one.moment.isoformat()):
            account = engine.past.account(ACCOUNT, until)
            assert account.until.position == one.position
            assert sorted(account.counters) == one.rows["counters"]
            assert [account.connection] == [row[2] for row in one.rows["connection_status"]]
        for row in one.rows["invoice_status"][:4]:
            told = engine.past.invoice(ACCOUNT, row[3], str(one.position))
            kept = dict(zip((column.name for column in INVOICE_STATUS.columns), row, strict=True))
            assert (told.status, told.state.version) == (kept["status"], kept["version"])
            assert told.state.xero_invoice_id == kept["xero_invoice_id"]
            assert told.state.status == told.status
            assert len(told.events) == told.state.version


def test_a_mapping_is_told_with_who_made_it_and_which_version_held_then(world: World) -> None:
    (declared, tax_type), *_ = declared_taxes()
    key = declared.tax_set.key

    def then(until: str | None = None) -> PastMapping:
        return next(one for one in world.engine.past.taxes(ACCOUNT, until).mappings if one.tax_set == key)

    mapped = world.engine.store.head()
    world.engine.set_up.unmap_tax(ACCOUNT, declared.tax_set, OWNER)
    unmapped = str(world.engine.store.head())
    assert then().mapping is None
    before = then(str(mapped))
    assert before.mapping is not None
    assert before.mapping.tax_type == tax_type
    assert before.last is not None
    assert (before.last.actor, before.last.event) == ("owner user-1", "TaxMapped")
    assert tax_type in before.last.says
    assert then(unmapped).mapping is None
    connection = world.engine.past.connection(ACCOUNT, str(mapped))
    assert (connection.status, connection.held_by) == ("active", ())
    assert world.engine.past.connection(ACCOUNT).held_by[0].code == "tax_mapping_incomplete"
    assert key in connection.state.mappings


def test_a_contact_s_link_is_told_as_it_was(world: World) -> None:
    contact, there = next(iter(contact_links().items()))
    linked = world.engine.store.head()
    world.engine.contact_links.unlink(ACCOUNT, contact, BACKEND)
    assert world.engine.past.contact(ACCOUNT, contact).state.xero_contact_id is None
    assert world.engine.past.contact(ACCOUNT, contact, str(linked)).state.xero_contact_id == there


def test_what_was_not_there_yet_and_what_is_no_moment_is_refused(world: World) -> None:
    head = world.engine.store.head()
    world.queue(example_invoices(1))
    past = world.engine.past
    with pytest.raises(NotPossible, match=f"had no invoice inv-0 at position {head} of the log"):
        past.invoice(ACCOUNT, "inv-0", str(head))
    with pytest.raises(NotPossible, match="had no invoice inv-9 so far"):
        past.invoice(ACCOUNT, "inv-9")
    with pytest.raises(NotPossible, match="nothing was known of account harbour-vine at position 0"):
        past.account(ACCOUNT, "0")
    with pytest.raises(NotPossible, match="had no connection at position"):
        past.connection(ACCOUNT, "2020-01-01")
    for text in ("yesterday", "-1", "2026-13-01", "1e3"):
        with pytest.raises(InvalidInput, match="is no day, moment or position"):
            past.connection(ACCOUNT, text)
    world.engine.projector.catch_up()
    assert past.invoice(ACCOUNT, "T-0").state.kyrios_invoice_id == "inv-0"
    assert past.invoice(ACCOUNT, "inv-0", "2999-01-01").until.position == world.engine.store.head()


def test_every_event_there_is_has_words_of_its_own() -> None:
    for event_type, event in EVERY_EVENT.items():
        said = in_words(event)
        assert said[-1] in ".!?)", said
        assert said != event_type.__name__
