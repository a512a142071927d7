"""What was sent is told with its hashes, verified; what Xero answered beside it; what was erased says so."""

import json

import pytest

from domain.refusals import InvalidInput, NotPossible
from services.audit.sent import SentDelivery
from tests.payments import paid_invoices, take_payments
from tests.services.contacts.customers import bill, customer, read_contacts, settle
from tests.world import ACCOUNT, OWNER, World, example_invoices


def sent(world: World, invoice: str | None = None, **more: object) -> tuple[SentDelivery, ...]:
    return world.engine.sent(ACCOUNT, invoice, **more)  # type: ignore[arg-type]


@pytest.fixture
def carried(world: World) -> World:
    """Two invoices, the answer to the first request lost; one more with a payment; a customer created."""
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(2))
    world.work()
    world.later(10)
    world.work()
    take_payments(world)
    world.queue(paid_invoices(1, "100.00", start=2))
    read_contacts(world)
    bill(world, customer(), start=3)
    settle(world)
    return world


def test_every_request_is_told_with_what_came_of_it(carried: World) -> None:
    told = sent(carried)
    seen = {r["idempotency_key"]: r for r in carried.requests("PUT", "")}
    of_sends = {str(one.id): one for one in told if one.purpose == "send"}
    assert of_sends.keys() == seen.keys()
    assert {str(one.id): one.body_sha256 for one in of_sends.values()} == {k: r["body_sha256"] for k, r in seen.items()}
    assert {one.kind for one in told} == {"create_invoice", "create_payment", "create_contact"}
    assert all(one.body == "verified" for one in of_sends.values())
    assert {part.standing for one in told for part in one.parts} == {"verified"}
    lost = next(one for one in told if one.outcome in ("timeout", "deadline", "reset", "cut"))
    assert lost.says.startswith("Xero gave no clear answer (")
    assert [part.about for part in lost.parts] == ["invoice inv-0", "invoice inv-1"]
    assert "nothing is sent again before Xero was searched" in lost.parts[0].came_of_it
    assert {part.about for one in told for part in one.parts} >= {"invoice inv-2", "contact new-1"}


def test_one_invoice_is_told_alone_with_its_bytes(carried: World) -> None:
    told = sent(carried, "inv-0", contents=True)
    (part,) = told[0].parts
    assert part.came_of_it.endswith("Found in Xero and adopted as " + str(carried.invoice("inv-0").xero_invoice_id)
                                    + ", total 414.00.")  # fmt: skip
    assert {one.purpose for one in sent(carried)} == {"send", "look_up"}
    assert part.content is not None
    assert json.loads(part.content)["InvoiceNumber"] == "T-0"
    synced = carried.engine.store.events_of(carried.outbox()[0]["stream_id"])[-1]
    assert (part.attempt, part.hash) == (1, getattr(synced, "fragment_hash", ""))
    assert sent(carried, "inv-0", until="2020-01-01") == ()
    assert len(sent(carried, limit=1)) == 1


def test_bytes_that_were_changed_are_found_out(carried: World) -> None:
    with carried.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.delivery_fragment SET fragment_sha = repeat('0', 64) WHERE position = 1")
        cursor.execute(
            "UPDATE app.delivery_fragment SET fragment = set_byte(fragment, 40, get_byte(fragment, 40) # 1)"
            " WHERE facts ? 'payment_account'"
        )
    assert [part.standing for part in sent(carried, "inv-1")[-1].parts] == ["differs"]
    unreadable = sent(carried, "inv-2")[-1]
    assert ([part.standing for part in unreadable.parts], unreadable.body) == (["unreadable"], "unreadable")
    assert not unreadable.intact
    assert sent(carried, "inv-3")[-1].intact


def test_what_was_erased_says_so_and_keeps_its_hash(carried: World) -> None:
    before = sent(carried, "inv-3")[-1]
    carried.engine.erase_contact(ACCOUNT, "new-1", "asked_by_subject", OWNER)
    (after,) = (one for one in sent(carried, "inv-3", contents=True) if one.id == before.id)
    assert (after.parts[0].standing, after.parts[0].content) == ("[erased]", "[erased]")
    assert after.parts[0].hash == before.parts[0].hash
    assert (after.body_sha256, after.body, after.intact) == (None, None, True)


def test_what_cannot_be_told_is_refused(carried: World) -> None:
    with pytest.raises(NotPossible, match="has no invoice inv-9"):
        sent(carried, "inv-9")
    for wrong in ({"limit": 0}, {"limit": 1_001}, {"since": "soon"}):
        with pytest.raises(InvalidInput):
            sent(carried, **wrong)
