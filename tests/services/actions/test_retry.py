"""Another try of an invoice, asked for by a person."""

import pytest

from domain.refusals import NotPossible
from tests.services.test_releaser import blocked_by_contact
from tests.world import ACCOUNT, OWNER, World, example_invoices


def test_a_blocked_invoice_is_checked_again(world: World) -> None:
    blocked_by_contact(world, 1)
    before = len(world.rung)
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER) is True
    assert len(world.rung) == before + 1
    assert world.invoice("inv-0").status == "queued"
    world.work()
    assert world.invoice("inv-0").status == "blocked", "its cause is still there"


def test_a_queued_invoice_is_queued_already(world: World) -> None:
    world.queue(example_invoices(1))
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER) is False
    assert len(world.outbox()) == 1


def test_a_synced_invoice_has_nothing_to_retry(world: World) -> None:
    world.queue(example_invoices(1))
    world.work()
    with pytest.raises(NotPossible, match="inv-0 is synced; there is nothing to retry"):
        world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)


def test_an_invoice_nobody_sent_cannot_be_retried(world: World) -> None:
    with pytest.raises(NotPossible, match="has no invoice with the id or the number unheard-of"):
        world.engine.retry_invoice(ACCOUNT, "unheard-of", OWNER)


def test_a_failed_invoice_is_sent_again_under_a_new_key(world: World) -> None:
    world.fault("batch_400", method="PUT", path="/Invoices", times=2)
    world.queue(example_invoices(1))
    world.work()
    assert world.invoice("inv-0").status == "failed"
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER) is True
    world.work()
    assert world.invoice("inv-0").status == "synced"
    sent = world.requests("PUT", "/Invoices")
    assert len({request["idempotency_key"] for request in sent}) == len(sent)
    assert len(world.in_xero()) == 1
