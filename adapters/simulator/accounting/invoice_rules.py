"""When the books accept a new invoice: every rule about the invoice as a whole, with Xero's messages."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from urllib.parse import urlsplit

from adapters.simulator.accounting.amounts import CENT, LARGEST, Rounding, totals
from adapters.simulator.accounting.dates import ms_of, spoken, zone
from adapters.simulator.accounting.invoice_lines import TOTAL_TEXT, Chart, Terms, judge_line
from adapters.simulator.clock import VirtualClock, moment
from adapters.simulator.ledger.books import Books
from adapters.simulator.ledger.documents import Document
from adapters.simulator.options import Behaviour

CREATABLE = ("DRAFT", "SUBMITTED", "AUTHORISED")
FINISHED = ("SUBMITTED", "AUTHORISED")
AMOUNT_TYPES = ("Exclusive", "Inclusive", "NoTax")
ZERO_GUID = "00000000-0000-0000-0000-000000000000"
SIX = Decimal("0.000001")
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
        self._today = clock.now().astimezone(zone(str(self._organisation.get("Timezone", "")))).date()

    def judge(self, given: Document) -> Judgement:
        """Check and compute an invoice that is to be created; its number is not looked at."""
        found = Judgement({"InvoiceID": str(uuid.uuid4())})
        self._kind(given, found)
        self._contact(given, found)
        self._texts(given, found)
        self._dates(given, found)
        self._currency(given, found)
        self._lines(given, found)
        return found

    def _kind(self, given: Document, found: Judgement) -> None:
        # XERO-UNVERIFIED XU-29: the texts about Type, LineAmountTypes and a given InvoiceID.
        kind, status = given.get("Type"), given.get("Status", "DRAFT")
        if kind not in ("ACCREC", "ACCPAY"):
            found.messages.append("Invoice Type must be ACCREC or ACCPAY.")
        if status not in CREATABLE or "InvoiceID" in given:
            found.messages.append("Invoice not of valid status for creation")
        amount_type = given.get("LineAmountTypes", "Exclusive")
        if amount_type not in AMOUNT_TYPES:
            found.messages.append("LineAmountTypes must be Exclusive, Inclusive or NoTax.")
            amount_type = "Exclusive"
        found.document |= {
            "Type": kind if kind in ("ACCREC", "ACCPAY") else "ACCREC",
            "Status": status if status in CREATABLE else "DRAFT",
            "LineAmountTypes": amount_type,
            "SentToContact": given.get("SentToContact", False),
        }

    def _contact(self, given: Document, found: Judgement) -> None:
        asked = given.get("Contact", {})
        contact = self._contact_for(asked)
        found.document["Contact"] = {"ContactID": contact["ContactID"] if contact else ZERO_GUID}
        if not asked:
            found.messages.append("A Contact must be specified for this type of transaction")
        elif contact is None:
            found.messages.append("The Contact could not be found.")  # XERO-UNVERIFIED XU-29: the text
        elif contact["ContactStatus"] != "ACTIVE":
            found.messages.append("Unable to assign an Archived contact.")  # XERO-UNVERIFIED XU-15

    def _contact_for(self, asked: Document) -> Document | None:
        if "ContactID" in asked:
            return self._contacts.get(asked["ContactID"])
        if "ContactNumber" in asked:
            return next((c for c in self._contacts.values() if c.get("ContactNumber") == asked["ContactNumber"]), None)
        # XERO-UNVERIFIED XU-17: by name alone an active contact is matched; this simulator never creates one.
        if "Name" in asked and self._behaviour.name_matches_contact:
            name = asked["Name"].casefold()
            matches = (
                c for c in self._contacts.values() if c["Name"].casefold() == name and c["ContactStatus"] == "ACTIVE"
            )
            return next(matches, None)
        return None

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

    def _dates(self, given: Document, found: Judgement) -> None:
        day: date = given.get("Date", self._today)
        found.document["Date"] = ms_of(day)
        if "DueDate" in given:
            found.document["DueDate"] = ms_of(given["DueDate"])
        elif found.document["Status"] == "AUTHORISED":
            found.messages.append("Due Date must be specified.")  # XERO-UNVERIFIED XU-29: the text
        for name in ("ExpectedPaymentDate", "PlannedPaymentDate"):
            if name in given:
                found.document[name] = ms_of(given[name])
        self._lock_dates(day, found)

    def _lock_dates(self, day: date, found: Judgement) -> None:
        """XERO-UNVERIFIED XU-18: the later lock date is named; a document on the lock date itself is refused."""
        names = (("PeriodLockDate", "period"), ("EndOfYearLockDate", "end of year"))
        set_dates = [
            (moment(ms).date(), spoken_name)
            for key, spoken_name in names
            if isinstance(ms := self._organisation.get(key), int)
        ]
        if not set_dates:
            return
        lock, name = max(set_dates, key=lambda pair: pair[0])
        if day < lock or (day == lock and self._behaviour.lock_date_inclusive):
            found.messages.append(
                f"The document date cannot be before the {name} lock date, currently set at {spoken(lock)}"
            )

    def _currency(self, given: Document, found: Judgement) -> None:
        base = str(self._organisation.get("BaseCurrency", ""))
        code = given.get("CurrencyCode") or base
        if code != base and code not in self._currencies:
            found.messages.append(f"Organisation is not subscribed to currency {code}")
        # Xero's default is the day rate of its provider; the seed's Rate stands for it.
        rate = given.get("CurrencyRate") or self._currencies.get(code, {}).get("Rate", 1)
        found.document |= {
            "CurrencyCode": code,
            "CurrencyRate": self._rounding.to(SIX, Decimal(1 if code == base else rate)),
        }

    def _lines(self, given: Document, found: Judgement) -> None:
        document, lines = found.document, given.get("LineItems", [])
        if not lines:
            found.messages.append("One or more line items must be specified")
        amount_type, finished = document["LineAmountTypes"], document["Status"] in FINISHED
        terms = Terms(amount_type, finished, self._unit_step, self._rounding, self._tolerance)
        judged = [judge_line(line, self._chart, terms, str(uuid.uuid4())) for line in lines]
        for line in judged:
            found.messages += [message for message in line.messages if message not in found.messages]
        sums = totals([line.amounts for line in judged], amount_type)
        document |= {"LineItems": [line.document for line in judged]}
        document |= {"SubTotal": sums.sub_total, "TotalTax": sums.total_tax, "Total": sums.total}
        document |= {"AmountDue": sums.total, "AmountPaid": Decimal("0.00"), "AmountCredited": Decimal("0.00")}
        if sums.total_discount:
            document["TotalDiscount"] = sums.total_discount
        sent = [(given[name], document[name]) for name in ("SubTotal", "TotalTax", "Total") if name in given]
        if any(self._rounding.to(CENT, theirs) != ours for theirs, ours in sent) and TOTAL_TEXT not in found.messages:
            found.messages.append(TOTAL_TEXT)
        if abs(sums.total) > LARGEST:
            found.messages.append("The invoice total is too large.")
