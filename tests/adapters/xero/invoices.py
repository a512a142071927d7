"""Invoices as the client sends them, and what the simulator holds of them."""

from typing import Any
from uuid import uuid4

import msgspec

from adapters.xero.invoice_mapping import body_of, render_invoice
from adapters.xero.session import XeroSession
from domain.document import InvoiceDocument, InvoiceText
from tests.adapters.xero.simulated import HARBOUR_VIEW, SALES, World
from tests.examples import DOCUMENT


def document(number: str, **more: Any) -> InvoiceDocument:
    return msgspec.structs.replace(DOCUMENT, number=number, **more)


def fragment(invoice: InvoiceDocument) -> bytes:
    text = InvoiceText(reference="PO 7781", descriptions=tuple("Design work" for _ in invoice.lines))
    return render_invoice(invoice, text, HARBOUR_VIEW, lambda _: SALES, lambda _: "OUTPUT2")


def update(invoice: InvoiceDocument, invoice_id: str, reference: str = "PO 7781") -> bytes:
    text = InvoiceText(reference=reference, descriptions=tuple("Design work" for _ in invoice.lines))
    return render_invoice(invoice, text, HARBOUR_VIEW, lambda _: SALES, lambda _: "OUTPUT2", xero_invoice_id=invoice_id)


def put(session: XeroSession, *numbers: str) -> None:
    session.put_invoices(body_of([fragment(document(number)) for number in numbers]), str(uuid4()))


def held(world: World) -> list[str]:
    return [invoice["InvoiceNumber"] for invoice in world.control.get("/ledger/invoices")["invoices"]]
