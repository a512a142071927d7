"""What an organisation may do at all: its edition, its plan's limit of approvals, and the user's key actions."""

from collections import Counter
from datetime import date

from adapters.simulator.clock import moment
from adapters.simulator.ledger.books import Books
from adapters.simulator.ledger.documents import Document
from adapters.simulator.ledger.invoices import InvoiceShelf
from adapters.simulator.options import Behaviour

ALLOWED, NOT_ALLOWED = "ALLOWED", "NOT-ALLOWED"
APPROVE, DRAFT, PAY, CURRENCIES = (
    "CreateApprovedInvoice",
    "CreateDraftInvoice",
    "CreateInvoicePayment",
    "UseMulticurrency",
)
APPROVE_BILL, DRAFT_BILL = "CreateApprovedBill", "CreateDraftBill"
ACTIONS = (APPROVE, DRAFT, PAY, CURRENCIES, APPROVE_BILL, DRAFT_BILL, "AttachFilesIntoInvoice")
APPROVED = ("AUTHORISED", "PAID")

LIMIT_TEXT = "You have reached the limit of invoices you can approve"
# XERO-UNVERIFIED XU-29: the two texts below are ours; Xero's pages name none.
EDITION_TEXT = "Invoicing is not available to this organisation."
ACTION_TEXT = "You do not have permission to perform this action."


class Plan:
    """The plan of one organisation; counts the approvals of a batch as they are accepted."""

    def __init__(self, tenant_id: str, books: Books, invoices: InvoiceShelf, behaviour: Behaviour, today: date) -> None:
        self._organisation = books.organisation(tenant_id) or {}
        self._denied = {
            name for name, action in books.shelf(tenant_id, "actions").items() if action["Status"] == NOT_ALLOWED
        }
        self._limit, self._month = behaviour.approval_limit, (today.year, today.month)
        self._approved: Counter[tuple[int, int]] = Counter()
        if self._limit is not None:
            held = (invoice.document for invoice in invoices.everything(tenant_id))
            self._approved.update(_month(d) for d in held if d["Type"] == "ACCREC" and d["Status"] in APPROVED)

    def actions(self) -> list[Document]:
        """The key actions with what the user may do now."""
        denied = set(self._denied)
        if self._organisation.get("Edition") == "PARTNER":
            denied |= {APPROVE, DRAFT, PAY}
        if self._limit is not None and self._approved[self._month] >= self._limit:
            denied.add(APPROVE)
        return [{"Name": name, "Status": NOT_ALLOWED if name in denied else ALLOWED} for name in ACTIONS]

    def refusals(self, invoice: Document, was: str | None = None) -> list[str]:
        """What stands against saving an invoice whose status was ``was`` (None: it is new)."""
        if self._organisation.get("Edition") == "PARTNER":
            return [EDITION_TEXT]
        sale, approving = invoice["Type"] == "ACCREC", invoice["Status"] in APPROVED and was not in APPROVED
        messages = []
        needed = (APPROVE if sale else APPROVE_BILL) if approving else (DRAFT if sale else DRAFT_BILL)
        if needed in self._denied and (approving or was is None):
            messages.append(ACTION_TEXT)
        foreign = invoice["CurrencyCode"] != self._organisation.get("BaseCurrency")
        if foreign and CURRENCIES in self._denied:
            messages.append(f"Organisation is not subscribed to currency {invoice['CurrencyCode']}")
        if sale and approving and self._limit is not None and self._approved[_month(invoice)] >= self._limit:
            messages.append(LIMIT_TEXT)
        return messages

    def payment_refusals(self) -> list[str]:
        """What stands against entering a payment."""
        return [ACTION_TEXT] if PAY in self._denied else []

    def accepted(self, invoice: Document, was: str | None = None) -> None:
        """Count an approval."""
        if invoice["Type"] == "ACCREC" and invoice["Status"] in APPROVED and was not in APPROVED:
            self._approved[_month(invoice)] += 1


def _month(invoice: Document) -> tuple[int, int]:
    """XERO-UNVERIFIED XU-29: the month an invoice counts for is that of its date, not of its approval."""
    day = moment(invoice["Date"])
    return day.year, day.month
