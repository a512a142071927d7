"""How a stored payment looks in an answer."""

from collections.abc import Sequence

from adapters.simulator.accounting.contact_view import summary
from adapters.simulator.accounting.dates import instant_string, ms_date
from adapters.simulator.accounting.verdicts import ZERO_GUID, messages_as_errors
from adapters.simulator.ledger.books import Books
from adapters.simulator.ledger.documents import Document
from adapters.simulator.ledger.invoices import InvoiceShelf
from adapters.simulator.ledger.payments import StoredPayment

OF_INVOICE = ("Type", "InvoiceID", "InvoiceNumber", "CurrencyCode")


class PaymentView:
    """Renders payments of one organisation."""

    def __init__(self, tenant_id: str, books: Books, invoices: InvoiceShelf) -> None:
        self._tenant_id, self._invoices = tenant_id, invoices
        self._accounts = books.shelf(tenant_id, "accounts")
        self._contacts = books.shelf(tenant_id, "contacts")

    def whole(self, payment: StoredPayment) -> Document:
        """With a short form of its invoice, as every GET and write answers it."""
        return self._shown(payment.document, payment.updated_ms)

    def refused(
        self, document: Document, messages: Sequence[str], now_ms: int, payment_id: str = ZERO_GUID
    ) -> Document:
        """A payment that was not saved: echoed with the reasons, a new one under the zero GUID."""
        shown = self._shown(document, now_ms) | {"PaymentID": payment_id, "HasValidationErrors": True}
        return shown | {"StatusAttributeString": "ERROR", "ValidationErrors": messages_as_errors(messages)}

    def _shown(self, document: Document, updated_ms: int) -> Document:
        account = self._accounts.get(document.get("Account", {}).get("AccountID", ""))
        shown = document | {"Date": ms_date(document["Date"]), "Invoice": self._invoice(document["Invoice"])}
        if account is not None:
            shown["Account"] = {name: account[name] for name in ("AccountID", "Code", "Name") if account.get(name)}
        shown |= {"UpdatedDateUTC": ms_date(updated_ms), "UpdatedDateUTCString": instant_string(updated_ms)}
        return shown | {"HasAccount": account is not None, "HasValidationErrors": False}

    def _invoice(self, named: Document) -> Document:
        stored = self._invoices.by_id(self._tenant_id, named["InvoiceID"])
        if stored is None:
            return named
        invoice = stored.document
        contact = self._contacts.get(invoice["Contact"]["ContactID"])
        shown = {name: invoice[name] for name in OF_INVOICE if name in invoice}
        shown |= {"Contact": summary(contact) if contact else invoice["Contact"]}
        empty: Document = {name: [] for name in ("LineItems", "Payments", "CreditNotes", "Prepayments", "Overpayments")}
        return shown | empty | {"HasErrors": False, "IsDiscounted": "TotalDiscount" in invoice}
