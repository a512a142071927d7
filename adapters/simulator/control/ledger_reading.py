"""Reading the ledger: what this Xero holds, what it was asked, which rules were broken."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.simulator.accounting.amounts import FOUR
from adapters.simulator.accounting.contact_view import in_full
from adapters.simulator.accounting.invoice_view import InvoiceView
from adapters.simulator.accounting.payment_view import PaymentView
from adapters.simulator.clock import moment
from adapters.simulator.ledger.documents import Document
from adapters.simulator.world import World

COUNTED_OUT = ("DELETED", "VOIDED")


def health(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """Alive; with the organisations it holds."""
    tenants = [{"tenant_id": t, "name": (world.books.organisation(t) or {}).get("Name")} for t in world.books.tenants()]
    return {"status": "ok", "organisations": tenants}


def invoices(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """Every invoice as Xero shows it, with what the API does not say: tenant, key, origin, time."""
    tenant_id = asked.get("tenant_id", "").lower() or None
    views = {tenant: InvoiceView(tenant, world.books, FOUR) for tenant in world.books.tenants()}
    return {
        "invoices": [
            views[held.tenant_id].whole(held)
            | {"tenant_id": held.tenant_id, "idempotency_key": held.idempotency_key, "origin": held.origin}
            | {"created_at": moment(held.created_ms).isoformat()}
            for held in world.invoices.everything(tenant_id)
        ]
    }


def payments(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """Every payment as Xero shows it, removed ones too, with what the API does not say: tenant, key, origin, time."""
    tenant_id = asked.get("tenant_id", "").lower() or None
    views = {tenant: PaymentView(tenant, world.books, world.invoices) for tenant in world.books.tenants()}
    return {
        "payments": [
            views[held.tenant_id].whole(held)
            | {"tenant_id": held.tenant_id, "idempotency_key": held.idempotency_key, "origin": held.origin}
            | {"created_at": moment(held.created_ms).isoformat()}
            for held in world.payments.everything(tenant_id)
        ]
    }


def contacts(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """Every contact in full; first those that were there, then those the API created, in order, with key and time."""
    shown: list[Document] = []
    for tenant in [asked["tenant_id"].lower()] if asked.get("tenant_id") else world.books.tenants():
        origins, shelf = world.contact_origins.of_tenant(tenant), world.books.shelf(tenant, "contacts")
        for contact_id in [*(held for held in shelf if held not in origins), *origins]:
            origin = origins.get(contact_id)
            shown.append(in_full(shelf[contact_id]) | {"tenant_id": tenant, "origin": "api" if origin else "seed"})
            if origin:
                created = moment(origin.created_ms).isoformat()
                shown[-1] |= {"idempotency_key": origin.idempotency_key, "created_at": created}
    return {"contacts": shown}


def connections(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """Every live connection of every user, as ``GET /connections`` shows each user their own."""
    return {"connections": world.identity.connections.everybodys()}


def summary(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """Counts and sums per organisation and currency, of the invoices that are neither deleted nor voided."""
    sums: dict[tuple[str, str], tuple[int, Decimal, Decimal]] = {}
    for held in world.invoices.everything():
        if held.document["Status"] not in COUNTED_OUT:
            key = (held.tenant_id, held.document["CurrencyCode"])
            count, total, tax = sums.get(key, (0, Decimal("0.00"), Decimal("0.00")))
            sums[key] = (count + 1, total + held.document["Total"], tax + held.document["TotalTax"])
    rows = [
        {"tenant_id": tenant, "currency": currency, "count": count, "total": total, "total_tax": tax}
        for (tenant, currency), (count, total, tax) in sorted(sums.items())
    ]
    return {"summary": rows}


def requests(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """Every API call in the order of arrival (``seq``); ``status`` null: nothing was answered (yet)."""
    return {"requests": [_timed(row) for row in world.journal.requests()]}


def violations(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """Every broken rule."""
    return {"violations": [_timed(row) for row in world.journal.violations()]}


def max_in_flight(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """The most calls at once, per tenant header, since this process started."""
    peak = {tenant: most for tenant, most in world.journal.max_in_flight().items() if tenant}
    return {"max_in_flight": max(peak.values(), default=0), "by_tenant": peak}


def _timed(row: Document) -> Document:
    shown = dict(row)
    for name, told in (("at_ms", "at"), ("done_ms", "done_at")):
        if name in shown:
            ms = shown.pop(name)
            shown[told] = None if ms is None else moment(ms).isoformat()
    return shown
