"""When the books accept a payment, and when they let it be removed; with Xero's messages where they are known.

Xero keeps no key of ours on a payment: a blind repeat is a second payment, as long as the amount is still due.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from adapters.simulator.accounting.amounts import CENT, ZERO, Rounding
from adapters.simulator.accounting.dates import ms_of, zone
from adapters.simulator.accounting.lock_dates import LockDates
from adapters.simulator.accounting.plan import Plan
from adapters.simulator.accounting.verdicts import ZERO_GUID
from adapters.simulator.clock import VirtualClock, moment
from adapters.simulator.ledger.books import Books
from adapters.simulator.ledger.documents import Document
from adapters.simulator.ledger.invoices import InvoiceShelf, StoredInvoice
from adapters.simulator.ledger.payments import StoredPayment
from adapters.simulator.options import Behaviour

EXCEEDS_TEXT = "Payment amount exceeds the amount outstanding on this document"
NOT_AUTHORISED_TEXT = "Payments can only be made against Authorised documents"
ACCOUNT_TEXT = "Account must be valid."  # XERO-UNVERIFIED XU-16: also for an account that takes no payments
KINDS = {"ACCREC": "ACCRECPAYMENT", "ACCPAY": "ACCPAYPAYMENT"}


@dataclass(slots=True)
class PaymentJudgement:
    """What would be kept of a payment, the invoice it is for, and every message against it."""

    document: Document
    invoice: StoredInvoice | None
    messages: list[str] = field(default_factory=list)


class PaymentRules:
    """The rules of one organisation, gathered once per call."""

    def __init__(
        self, tenant_id: str, books: Books, invoices: InvoiceShelf, clock: VirtualClock, behaviour: Behaviour
    ) -> None:
        self._tenant_id, self._invoices = tenant_id, invoices
        self._accounts = books.shelf(tenant_id, "accounts")
        self._organisation: Mapping[str, object] = books.organisation(tenant_id) or {}
        self._rounding = Rounding(behaviour.half_cents == "to_even")
        self._locks = LockDates(self._organisation, behaviour)
        self._today = clock.now().astimezone(zone(str(self._organisation.get("Timezone", "")))).date()
        self._plan = Plan(tenant_id, books, invoices, behaviour, self._today)
        self._changed: dict[str, StoredInvoice] = {}

    def judge(self, given: Document) -> PaymentJudgement:
        """Check and complete a payment that is to be entered."""
        invoice = self._invoice(given)
        document: Document = {"PaymentID": str(uuid.uuid4()), "Status": "AUTHORISED"}
        document["Invoice"] = {"InvoiceID": invoice.document["InvoiceID"] if invoice else ZERO_GUID}
        found = PaymentJudgement(document, invoice, self._plan.payment_refusals())
        # XERO-UNVERIFIED XU-29: the texts below that are not among the constants above.
        if given.get("Status", "AUTHORISED") != "AUTHORISED" or "PaymentID" in given:
            found.messages.append("Payment not of valid status for creation")
        self._account(given, found)
        self._date(given, found)
        self._details(given, found)
        self._amount(given, found)
        return found

    def judge_removal(self, given: Document, held: StoredPayment) -> list[str]:
        """The messages against removing a payment; anything else that is sent is no removal."""
        # XERO-UNVERIFIED XU-29: the texts.
        if held.document["Status"] == "DELETED" or given.get("Status") != "DELETED":
            return ["Payment not of valid status for modification"]
        if given.keys() - {"Status", "PaymentID"}:
            return ["A payment cannot be changed, only deleted."]
        return self._locks.refusals(moment(held.document["Date"]).date())

    def changed(self, invoice: StoredInvoice) -> None:
        """Take an invoice into account as a payment of this batch has left it."""
        self._changed[invoice.document["InvoiceID"]] = invoice

    @property
    def changed_invoices(self) -> list[StoredInvoice]:
        """The invoices the accepted payments have changed."""
        return list(self._changed.values())

    def _invoice(self, given: Document) -> StoredInvoice | None:
        named = given.get("Invoice", {})
        wanted = named.get("InvoiceID") or named.get("InvoiceNumber") or given.get("InvoiceNumber")
        held = self._invoices.by_id_or_number(self._tenant_id, wanted) if wanted else None
        return self._changed.get(held.document["InvoiceID"], held) if held else None

    def _account(self, given: Document, found: PaymentJudgement) -> None:
        named = given.get("Account", {})
        account_id, code = named.get("AccountID"), named.get("Code") or given.get("Code")
        by_code = (account for account in self._accounts.values() if code and account.get("Code") == code)
        account = self._accounts.get(account_id) if account_id else next(by_code, None)
        if account is None or account["Status"] != "ACTIVE" or not _takes_payments(account):
            found.messages.append(ACCOUNT_TEXT)
            return
        found.document["Account"] = {"AccountID": account["AccountID"]}

    def _date(self, given: Document, found: PaymentJudgement) -> None:
        day: date = given.get("Date", self._today)
        found.document["Date"] = ms_of(day)
        found.messages += self._locks.refusals(day)

    def _details(self, given: Document, found: PaymentJudgement) -> None:
        document, invoice = found.document, found.invoice.document if found.invoice else {}
        document["PaymentType"] = KINDS[invoice.get("Type", "ACCREC")]
        document["IsReconciled"] = given.get("IsReconciled", False)
        foreign = invoice.get("CurrencyCode") != self._organisation.get("BaseCurrency")
        usual: Decimal = invoice.get("CurrencyRate", Decimal(1))
        rate = (given.get("CurrencyRate") if foreign else None) or usual
        document["CurrencyRate"] = self._rounding.to(Decimal("0.000001"), rate)
        if len(given.get("Reference", "")) > 255:
            found.messages.append("Reference must not be longer than 255 characters.")
        if given.get("Reference"):
            document["Reference"] = given["Reference"]

    def _amount(self, given: Document, found: PaymentJudgement) -> None:
        amount = self._rounding.to(CENT, given.get("Amount", ZERO))
        found.document |= {"Amount": amount, "BankAmount": amount}
        if amount <= ZERO:
            found.messages.append("The payment amount must be greater than zero.")
        if found.invoice is None:
            found.messages.append("The Invoice could not be found.")
            return
        if found.invoice.document["Status"] != "AUTHORISED":
            found.messages.append(NOT_AUTHORISED_TEXT)
        if amount > found.invoice.document["AmountDue"]:
            found.messages.append(EXCEEDS_TEXT)


def _takes_payments(account: Document) -> bool:
    return bool(account["Type"] == "BANK" or account.get("EnablePaymentsToAccount"))
