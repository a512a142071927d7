"""A preview is what the code that sends would send: the same bytes, the same hash, the same causes; no trace stays."""

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.document import Payment
from domain.invoice import InvoiceSynced
from domain.refusals import ContentConflict, InvalidInput, NotPossible
from domain.streams import invoice_stream
from services.actions.choice import Named
from services.actions.leaving_out import LeaveOut
from services.preview import Preview
from tests.changes import revise, revised
from tests.services.test_releaser import billed_to
from tests.world import ACCOUNT, BACKEND, OWNER, World, example_invoices


def seen(world: World, invoice_id: str = "inv-0") -> Preview:
    return world.engine.preview_invoice(ACCOUNT, invoice_stream(ACCOUNT, invoice_id))


def codes(preview: Preview) -> list[str]:
    return [cause.code for cause in preview.in_the_way]


def traces(world: World) -> Any:
    """Everything a preview might have changed."""
    counted = [
        "SELECT count(*) FROM es.sync_events", "SELECT count(*) FROM app.invoice_text",
        "SELECT count(*) FROM app.kyrios_contact", "SELECT count(*) FROM app.delivery",
        "SELECT count(*) FROM app.invoice_identity", "SELECT count(*) FROM app.idempotency",
    ]  # fmt: skip
    with world.engine.store.cursor() as cursor:
        counts = [cursor.execute(query).fetchone() for query in counted]
        lanes = cursor.execute("SELECT * FROM app.lane").fetchall()
    return counts, lanes, world.outbox(), len(world.rung), len(world.requests("PUT", "/"))


def delivered(world: World) -> list[tuple[str, str]]:
    """Every fragment that was sent, opened, and the hash kept of it; the first sent first."""
    key = world.engine.account_keys.get(ACCOUNT)
    with world.engine.store.cursor() as cursor:
        rows = cursor.execute(
            "SELECT f.* FROM app.delivery_fragment f JOIN app.delivery d ON d.id = f.delivery_id"
            " ORDER BY d.created_at, f.position"
        ).fetchall()
    places = [f"{row['delivery_id']}/{row['position']}" for row in rows]
    opened = [
        key.open("delivery_fragment", place, 1, bytes(row["fragment"])) for place, row in zip(places, rows, strict=True)
    ]
    return [(fragment.decode(), row["fragment_sha"]) for fragment, row in zip(opened, rows, strict=True)]


def test_what_is_shown_is_sent_byte_for_byte_and_its_hash_is_found_again(world: World) -> None:
    world.queue(example_invoices(2))
    before = traces(world)
    shown = [seen(world, f"inv-{number}") for number in range(2)]
    assert traces(world) == before
    assert [(one.asks, one.in_the_way, one.revision) for one in shown] == [("create_invoice", (), 1)] * 2
    world.work()
    assert delivered(world) == [(one.fragment, one.fragment_hash) for one in shown]
    for number, one in enumerate(shown):
        events = world.engine.store.events_of(invoice_stream(ACCOUNT, f"inv-{number}"))
        (synced,) = [event for event in events if isinstance(event, InvoiceSynced)]
        assert (synced.fragment_hash, synced.totals) == (one.fragment_hash, one.totals_in_xero)
        assert synced.mapping_versions == one.mapping_versions
    after = seen(world)
    assert (after.asks, after.fragment, after.in_the_way) == (None, None, ())


def test_a_revision_is_shown_as_the_update_it_will_be(world: World) -> None:
    world.queue(example_invoices(1))
    world.work()
    revise(world, revised())
    shown = seen(world)
    assert (shown.asks, shown.revision, shown.totals.total) == ("update_invoice", 2, Decimal("230.00"))
    assert shown.fragment is not None
    assert (world.invoice("inv-0").xero_invoice_id or "?") in shown.fragment
    world.work()
    assert delivered(world)[-1] == (shown.fragment, shown.fragment_hash)


def test_a_void_is_shown_as_the_void_it_will_be(world: World) -> None:
    world.queue(example_invoices(1))
    world.work()
    world.engine.void_invoice(ACCOUNT, "inv-0", BACKEND)
    shown = seen(world)
    assert (shown.asks, shown.totals_in_xero) == ("void_invoice", None)
    world.work()
    assert delivered(world)[-1] == (shown.fragment, shown.fragment_hash)
    assert seen(world).asks is None


def test_payments_that_will_follow_are_shown(world: World) -> None:
    paid = Payment(payment_id="pay-1", paid_on=dt.date(2026, 9, 2), amount=Decimal("100.00"))
    (one,) = example_invoices(1)
    world.engine.set_up.choose_accounts(ACCOUNT, line="200", payment="850", also=["260"], actor=OWNER)
    world.queue([msgspec.structs.replace(one, document=msgspec.structs.replace(one.document, payments=(paid,)))])
    assert seen(world).payments == (paid,)


def test_what_is_in_the_way_is_what_the_claim_finds(world: World) -> None:
    world.engine.set_up.change_setting(ACCOUNT, "contact.create", "off", OWNER)
    (one,) = billed_to("cus-a", 1)
    world.queue([msgspec.structs.replace(one, document=msgspec.structs.replace(one.document, currency="EUR"))])
    shown = seen(world)
    assert (shown.asks, shown.fragment, shown.fragment_hash) == ("create_invoice", None, None)
    world.work()
    assert codes(shown) == [cause.code for cause in world.invoice("inv-0").causes]
    assert codes(shown) == ["contact_missing", "currency_not_enabled"]
    assert codes(seen(world)) == codes(shown)


def test_behind_a_closed_gate_both_the_fragment_and_what_holds_it_are_shown(world: World) -> None:
    world.queue(example_invoices(1))
    open_gate = seen(world)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    closed = seen(world)
    assert (codes(closed), closed.fragment_hash) == (["not_connected"], open_gate.fragment_hash)


def test_one_left_out_is_shown_as_it_would_go_and_one_voided_before_goes_never(world: World) -> None:
    world.queue(example_invoices(2))
    before = seen(world)
    world.engine.actions(ACCOUNT, Named(("inv-0",)), LeaveOut("Not theirs"), OWNER)
    left_out = seen(world)
    assert (left_out.status, left_out.fragment_hash) == ("dismissed", before.fragment_hash)
    world.engine.void_invoice(ACCOUNT, "inv-1", BACKEND)
    assert (seen(world, "inv-1").asks, seen(world, "inv-1").fragment) == (None, None)


def test_an_invoice_not_taken_on_yet_is_shown_as_it_will_be_sent_and_leaves_no_trace(world: World) -> None:
    (one,) = example_invoices(1)
    before = traces(world)
    shown = world.engine.preview_invoice.of_issued(one, BACKEND)
    assert traces(world) == before
    with pytest.raises(NotPossible, match="no such invoice"):
        seen(world)
    world.queue([one])
    world.work()
    assert delivered(world) == [(shown.fragment, shown.fragment_hash)]


def test_a_revision_not_taken_on_yet_is_shown_too_and_what_would_be_refused_is_refused(world: World) -> None:
    world.queue(example_invoices(1))
    world.work()
    shown = world.engine.preview_invoice.of_issued(revised(), BACKEND)
    assert (shown.asks, shown.revision) == ("update_invoice", 2)
    assert world.invoice("inv-0").revision == 1
    other = msgspec.structs.replace(revised(), revision=1)
    with pytest.raises(ContentConflict, match="accepted before with other content"):
        world.engine.preview_invoice.of_issued(other, BACKEND)
    same_link = msgspec.structs.replace(example_invoices(1)[0], invoice_id="inv-7")
    with pytest.raises(InvalidInput, match="is the link of invoice inv-0 already"):
        world.engine.preview_invoice.of_issued(same_link, BACKEND)
    with pytest.raises(NotPossible, match="never connected"):
        world.engine.preview_invoice.of_issued(msgspec.structs.replace(same_link, account_id="nobody"), BACKEND)
    assert len(world.engine.store.events_of(invoice_stream(ACCOUNT, "inv-7"))) == 0
