"""When the books accept an invoice, new or changed: every rule about the invoice as a whole, with Xero's messages."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from urllib.parse import urlsplit

from adapters.simulator.accounting.amounts import CENT, LARGEST, ZERO, Rounding, totals
from adapters.simulator.accounting.contact_rules import find_contact
from adapters.simulator.accounting.dates import ms_of, zone
from adapters.simulator.accounting.invoice_lines import TOTAL_TEXT, Chart, Line, Terms, judge_line
from adapters.simulator.accounting.line_changes import merged_lines
from adapters.simulator.accounting.lock_dates import LockDates
from adapters.simulator.accounting.verdicts import ZERO_GUID
from adapters.simulator.clock import VirtualClock, moment
from adapters.simulator.ledger.books import Books
from adapters.simulator.ledger.documents import Document
from adapters.simulator.options import Behaviour

CREATABLE = ("DRAFT", "SUBMITTED", "AUTHORISED")
FINISHED = ("SUBMITTED", "AUTHORISED")
AMOUNT_TYPES = ("Exclusive", "Inclusive", "NoTax")
SIX = Decimal("0.000001")
NOT_CREATABLE = "Invoice not of valid status for creation"
NOT_MODIFIABLE = "Invoice not of valid status for modification"
NEGATIVE_TEXT = "The invoice total must not be negative."
_PRINTABLE = re.compile(r"[ -~]*", re.ASCII)


@dataclass(slots=True)
class Judgement:
    """What would be kept of an invoice, and every message against it."""

    document: Document
    messages: list[str] = field(default_factory=list)


class InvoiceRules:
    """The rules of one organisation, gathered once per call."""

    def __init__(
        self, tenant_id: str, books: Books, clock: VirtualClock, behaviour: Behaviour, unit_step: Decimal
    ) -> None:
        accounts = books.shelf(tenant_id, "accounts")
        codes = {account["Code"]: account for account in accounts.values() if account.get("Code")}
        self._chart = Chart(accounts, codes, books.shelf(tenant_id, "tax_rates"))
        self._contacts = books.shelf(tenant_id, "contacts")
        self._currencies = books.shelf(tenant_id, "currencies")
        self._organisation: Mapping[str, object] = books.organisation(tenant_id) or {}
        self._behaviour = behaviour
        self._unit_step = unit_step
        self._rounding = Rounding(behaviour.half_cents == "to_even")
        self._tolerance = CENT * behaviour.tax_amount_tolerance_cents
        self.today = clock.now().astimezone(zone(str(self._organisation.get("Timezone", "")))).date()
        self.locks = LockDates(self._organisation, behaviour)

    def judge(self, given: Document, held: Document | None = None) -> Judgement:
        """Check and compute an invoice that is to be created, or changed from what is ``held``.

        Its number is not looked at, and neither is the way its status goes when it is changed.
        """
        found = Judgement({**(held or {}), "InvoiceID": held["InvoiceID"] if held else str(uuid.uuid4())})
        self._kind(given, held, found)
        if held is None or "Contact" in given:
            self._contact(given, found)
        self._texts(given, found)
        self._dates(given, held, found)
        if held is None or given.keys() & {"CurrencyCode", "CurrencyRate"}:
            self._currency(given, held, found)
        self._lines(given, held, found)
        self._totals(given, found)
        return found

    def _kind(self, given: Document, held: Document | None, found: Judgement) -> None:
        # XERO-UNVERIFIED XU-29: the texts about Type, LineAmountTypes and a given InvoiceID.
        kind = given.get("Type", held["Type"] if held else None)
        status = given.get("Status", held["Status"] if held else "DRAFT")
        if kind not in ("ACCREC", "ACCPAY"):
            found.messages.append("Invoice Type must be ACCREC or ACCPAY.")
        elif held and kind != held["Type"]:
            found.messages.append("Invoice Type cannot be changed.")
        if held is None and (status not in CREATABLE or "InvoiceID" in given):
            found.messages.append(NOT_CREATABLE)
        amount_type = given.get("LineAmountTypes", held["LineAmountTypes"] if held else "Exclusive")
        if amount_type not in AMOUNT_TYPES:
            found.messages.append("LineAmountTypes must be Exclusive, Inclusive or NoTax.")
            amount_type = "Exclusive"
        found.document |= {
            "Type": kind if kind in ("ACCREC", "ACCPAY") else "ACCREC",
            "Status": status if held or status in CREATABLE else "DRAFT",
            "LineAmountTypes": amount_type,
            "SentToContact": given.get("SentToContact", held.get("SentToContact", False) if held else False),
        }

    def _contact(self, given: Document, found: Judgement) -> None:
        asked = given.get("Contact", {})
        contact = find_contact(self._contacts, asked, self._behaviour)
        found.document["Contact"] = {"ContactID": contact["ContactID"] if contact else ZERO_GUID}
        if not asked:
            found.messages.append("A Contact must be specified for this type of transaction")
        elif contact is None:
            # This simulator never creates a contact by an invoice. XERO-UNVERIFIED XU-29: the text
            found.messages.append("The Contact could not be found.")
        elif contact["ContactStatus"] != "ACTIVE":
            found.messages.append("Unable to assign an Archived contact.")  # XERO-UNVERIFIED XU-15

    def _texts(self, given: Document, found: Judgement) -> None:
        # XERO-UNVERIFIED XU-29: the texts for lengths and characters.
        number, reference, url = (given.get(name, "") for name in ("InvoiceNumber", "Reference", "Url"))
        if len(number) > 255 or not _PRINTABLE.fullmatch(number):
            found.messages.append("Invoice number must be at most 255 printable characters.")
        if len(reference) > 255:
            found.messages.append("Reference must not be longer than 255 characters.")
        if url and (urlsplit(url).scheme not in ("http", "https") or "xero" in url.lower()):
            found.messages.append("Url must be a valid link and must not contain 'xero'.")
        for name in ("InvoiceNumber", "Reference", "Url", "BrandingThemeID"):
            if given.get(name):
                found.document[name] = given[name]
            elif name in given and name != "InvoiceNumber":
                found.document.pop(name, None)  # an empty text clears

    def _dates(self, given: Document, held: Document | None, found: Judgement) -> None:
        before = moment(held["Date"]).date() if held else None
        day: date = given.get("Date", before or self.today)
        found.document["Date"] = ms_of(day)
        for name in ("DueDate", "ExpectedPaymentDate", "PlannedPaymentDate"):
            if name in given:
                found.document[name] = ms_of(given[name])
        if "DueDate" not in found.document and found.document["Status"] == "AUTHORISED":
            found.messages.append("Due Date must be specified.")  # XERO-UNVERIFIED XU-29: the text
        found.messages += self.locks.refusals(day, before or day)

    def _currency(self, given: Document, held: Document | None, found: Judgement) -> None:
        base = str(self._organisation.get("BaseCurrency", ""))
        before = held["CurrencyCode"] if held else None
        code = given.get("CurrencyCode") or before or base
        if code != base and code not in self._currencies:
            found.messages.append(f"Organisation is not subscribed to currency {code}")
        # Xero's default is the day rate of its provider; the seed's Rate stands for it.
        usual = held["CurrencyRate"] if held and code == before else self._currencies.get(code, {}).get("Rate", 1)
        rate = given.get("CurrencyRate") or usual
        found.document |= {
            "CurrencyCode": code,
            "CurrencyRate": self._rounding.to(SIX, Decimal(1 if code == base else rate)),
        }

    def _lines(self, given: Document, held: Document | None, found: Judgement) -> None:
        """Lines that are not sent stay as they are, unless what they are judged by has changed."""
        document = found.document
        finished = document["Status"] in FINISHED
        newly_finished = finished and held is not None and held["Status"] not in FINISHED
        if held is not None and not given.keys() & {"LineItems", "LineAmountTypes"} and not newly_finished:
            return
        terms = Terms(document["LineAmountTypes"], finished, self._unit_step, self._rounding, self._tolerance)
        wanted = merged_lines(given, held)
        found.messages += wanted.messages
        if not wanted.lines:
            found.messages.append("One or more line items must be specified")
        judged = [judge_line(line, self._chart, terms, line_id) for line_id, line in wanted.lines]
        for line in judged:
            found.messages += [message for message in line.messages if message not in found.messages]
        self._sum_up(judged, found)

    @staticmethod
    def _sum_up(judged: list[Line], found: Judgement) -> None:
        document = found.document
        sums = totals([line.amounts for line in judged], document["LineAmountTypes"])
        paid, credited = document.get("AmountPaid", ZERO), document.get("AmountCredited", ZERO)
        document |= {"LineItems": [line.document for line in judged]}
        document |= {"SubTotal": sums.sub_total, "TotalTax": sums.total_tax, "Total": sums.total}
        document |= {"AmountDue": sums.total - paid - credited, "AmountPaid": paid, "AmountCredited": credited}
        document.pop("TotalDiscount", None)
        if sums.total_discount:
            document["TotalDiscount"] = sums.total_discount

    def _totals(self, given: Document, found: Judgement) -> None:
        document = found.document
        sent = [(given[name], document[name]) for name in ("SubTotal", "TotalTax", "Total") if name in given]
        if any(self._rounding.to(CENT, theirs) != ours for theirs, ours in sent) and TOTAL_TEXT not in found.messages:
            found.messages.append(TOTAL_TEXT)
        if abs(document["Total"]) > LARGEST:
            found.messages.append("The invoice total is too large.")
        below_zero = document["Type"] == "ACCREC" and document["Total"] < 0 and not self._behaviour.negative_totals
        if below_zero and not found.messages:
            found.messages.append(NEGATIVE_TEXT)  # XERO-UNVERIFIED XU-29: the text
