"""Entering and removing payments by hand, as a person working in Xero would."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.simulator import errors
from adapters.simulator.accounting.elements import read_payments
from adapters.simulator.accounting.payment_rules import PaymentRules
from adapters.simulator.accounting.payment_view import PaymentView
from adapters.simulator.accounting.settling import with_payment, without_payment
from adapters.simulator.control.editing import named_tenant
from adapters.simulator.ledger.documents import Document, encode
from adapters.simulator.ledger.payments import StoredPayment
from adapters.simulator.world import World


def pay(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """A payment in Xero's shape, by the books' rules; with a known ``PaymentID`` and ``Status`` DELETED it goes."""
    tenant_id = named_tenant(world, asked)
    try:
        (given,) = read_payments(encode(body))
    except (errors.Refusal, ValueError) as refusal:
        raise ValueError(f"one payment in Xero's shape is needed: {refusal}") from None
    rules = PaymentRules(tenant_id, world.books, world.invoices, world.clock, world.behaviour)
    with world.ledger.transaction():
        held = world.payments.by_id(tenant_id, given.get("PaymentID", ""))
        stored = _enter(world, tenant_id, rules, given) if held is None else _remove(world, rules, given, held)
    return {"payments": [PaymentView(tenant_id, world.books, world.invoices).whole(stored)]}


def _enter(world: World, tenant_id: str, rules: PaymentRules, given: Document) -> StoredPayment:
    judged, now = rules.judge(given), world.clock.now_ms()
    if judged.messages or judged.invoice is None:
        raise ValueError(judged.messages[0])
    stored = StoredPayment(tenant_id, judged.document, now, now, "hand", None)
    world.payments.keep(stored)
    paid = with_payment(judged.invoice.document, judged.document)
    world.invoices.replace(replace(judged.invoice, document=paid, updated_ms=now))
    return stored


def _remove(world: World, rules: PaymentRules, given: Document, held: StoredPayment) -> StoredPayment:
    messages, now = rules.judge_removal(given, held), world.clock.now_ms()
    if messages:
        raise ValueError(messages[0])
    removed = replace(held, document={**held.document, "Status": "DELETED"}, updated_ms=now)
    world.payments.keep(removed)
    invoice = world.invoices.by_id(held.tenant_id, held.document["Invoice"]["InvoiceID"])
    if invoice is not None:
        opened = without_payment(invoice.document, held.document)
        world.invoices.replace(replace(invoice, document=opened, updated_ms=now))
    return removed
