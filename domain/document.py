"""What Kyrios sends: one issued invoice, its numbers apart from its free text.

`InvoiceDocument` goes into events and must hold nothing personal; `InvoiceText` and `KyriosContact` are sealed beside
the events, where they can be erased.
"""

import datetime as dt
from decimal import Decimal
from typing import Literal

import msgspec

from domain.tax import TaxSet

LineAmounts = Literal["exclusive", "inclusive", "no_tax"]


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line: quantity and unit price (≤ 4 decimals), its taxes, the ledger account it asks for (a Xero AccountID).

    At most one of `discount_rate` (percent) and `discount_amount` (document currency) is set.
    """

    quantity: Decimal
    unit_amount: Decimal
    tax_set: TaxSet = TaxSet()
    ledger_account_id: str | None = None
    discount_rate: Decimal | None = None
    discount_amount: Decimal | None = None


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment Kyrios holds for the invoice, in the invoice's currency."""

    payment_id: str
    paid_on: dt.date
    amount: Decimal


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Document totals in the document's currency, two decimals."""

    sub_total: Decimal
    total_tax: Decimal
    total: Decimal


class InvoiceDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An issued Kyrios invoice without free text: what is sent, as decimals, codes, ids and dates."""

    number: str
    date: dt.date
    due_date: dt.date
    currency: str
    line_amounts: LineAmounts
    url: str
    kyrios_contact_id: str
    lines: tuple[Line, ...]
    totals: Totals
    payments: tuple[Payment, ...] = ()

    def taxes(self) -> dict[str, TaxSet]:
        """The tax sets that are charged on this invoice, by key; none where its amounts bear no tax."""
        if self.line_amounts == "no_tax":
            return {}
        return {line.tax_set.key: line.tax_set for line in self.lines if line.tax_set.components}


class InvoiceText(msgspec.Struct, frozen=True, kw_only=True):
    """The free text of an invoice: the customer's reference and one description per line, in order."""

    reference: str
    descriptions: tuple[str, ...]


class KyriosContact(msgspec.Struct, frozen=True, kw_only=True):
    """The customer as Kyrios knows it."""

    contact_id: str
    name: str
    email: str = ""
    phone: str = ""
