"""How a stored invoice looks in an answer."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from adapters.simulator.accounting.contact_view import summary
from adapters.simulator.accounting.dates import day_string, instant_string, ms_date
from adapters.simulator.accounting.verdicts import ZERO_GUID, messages_as_errors
from adapters.simulator.ledger.books import Books
from adapters.simulator.ledger.documents import Document
from adapters.simulator.ledger.invoices import StoredInvoice

DAYS = {
    "Date": "DateString",
    "DueDate": "DueDateString",
    "ExpectedPaymentDate": None,
    "PlannedPaymentDate": None,
    "FullyPaidOnDate": None,
}


class InvoiceView:
    """Renders invoices of one organisation; ``unit_step`` says how many decimals unit prices have."""

    def __init__(self, tenant_id: str, books: Books, unit_step: Decimal) -> None:
        self._tenant_id, self._books = tenant_id, books
        self._unit_step = unit_step

    def whole(self, invoice: StoredInvoice) -> Document:
        """With lines, as a single or paged GET and a write answer it."""
        return self._dated(invoice.document, invoice.updated_ms) | {"Contact": self._contact(invoice.document)}

    def short(self, invoice: StoredInvoice) -> Document:
        """Without lines and with a summary contact, as an unpaged list answers it."""
        shown = self._dated(invoice.document, invoice.updated_ms)
        contact = self._contact(invoice.document)
        kept = {name: contact[name] for name in ("ContactID", "Name") if name in contact}
        empty: Document = {
            "Addresses": [],
            "Phones": [],
            "ContactGroups": [],
            "ContactPersons": [],
            "HasValidationErrors": False,
        }
        return shown | {"LineItems": [], "Contact": kept | empty}

    def refused(
        self, document: Document, messages: Sequence[str], now_ms: int, invoice_id: str = ZERO_GUID
    ) -> Document:
        """An element that was not saved: echoed with the reasons, a new one under the zero GUID."""
        shown = self._dated(document, now_ms) | {"InvoiceID": invoice_id, "Contact": self._contact(document)}
        shown["LineItems"] = [
            {name: value for name, value in line.items() if name != "LineItemID"} for line in shown["LineItems"]
        ]
        errors = messages_as_errors(messages)
        return shown | {"HasErrors": True, "StatusAttributeString": "ERROR", "ValidationErrors": errors}

    def _contact(self, document: Document) -> Document:
        contact_id = document["Contact"]["ContactID"]
        held = self._books.shelf(self._tenant_id, "contacts").get(contact_id)
        return summary(held) if held else {"ContactID": contact_id}

    def _dated(self, document: Document, updated_ms: int) -> Document:
        shown = {name: value for name, value in document.items() if value is not None}
        for name, companion in DAYS.items():
            if name in shown:
                ms = shown[name]
                shown[name] = ms_date(ms)
                if companion:
                    shown[companion] = day_string(ms)
        shown["LineItems"] = [self._line(line) for line in document["LineItems"]]
        shown["Payments"] = [_payment(payment) for payment in document.get("Payments", [])]
        shown |= {"UpdatedDateUTC": ms_date(updated_ms), "UpdatedDateUTCString": instant_string(updated_ms)}
        return shown | {"HasAttachments": False, "HasErrors": False, "IsDiscounted": "TotalDiscount" in shown}

    def _line(self, line: Document) -> Document:
        if "UnitAmount" not in line:
            return line
        return line | {"UnitAmount": Decimal(line["UnitAmount"]).quantize(self._unit_step, ROUND_HALF_UP)}


def _payment(payment: Document) -> Document:
    shown = payment | {"Date": ms_date(payment["Date"])}
    return shown | {"HasAccount": False, "HasValidationErrors": False}
