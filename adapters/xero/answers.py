"""What Xero answered, as plain values: tolerant of everything unknown, exact in every amount.

Texts that Xero leaves out read as "", ids made of zeros as "" too. Enumerations stay texts, because Xero adds values
without notice.
"""

import datetime as dt
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

import msgspec

from domain.document import Totals

E = TypeVar("E")


class RateHeaders(msgspec.Struct, frozen=True):
    """Calls left in this minute and this day for one organisation, and in this minute for the app; None if not said."""

    min_left: int | None = None
    day_left: int | None = None
    app_left: int | None = None


NO_RATES: Final = RateHeaders()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A complete answer of success; `content` is its JSON with Decimals, None if there was no body."""

    status: int
    correlation_id: str
    rates: RateHeaders
    content: Any


class XeroInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """One invoice element as Xero shows it, saved or refused. `messages` and `warnings` are Xero's own words.

    `content` is all else that a revision may change, in its canonical form; read only where it is compared.
    """

    invoice_id: str
    number: str
    type: str
    status: str
    contact_id: str
    date: dt.date | None
    currency: str
    url: str
    totals: Totals | None
    has_errors: bool
    messages: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    content: bytes = b""


class Elements(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    """Elements in Xero's order; `calls` counts the requests it took, `rates` are those of the last."""

    status: int
    correlation_id: str
    rates: RateHeaders
    elements: tuple[E, ...]
    calls: int = 1


class InvoicesAnswer(Elements[XeroInvoice], frozen=True, kw_only=True):
    """Invoices."""


class XeroConnection(msgspec.Struct, frozen=True, kw_only=True):
    """One organisation the Xero user gave us; `connection_id` is what a disconnection names."""

    connection_id: str
    organisation_id: str
    organisation_type: str
    name: str
    auth_event_id: str

    @property
    def is_organisation(self) -> bool:
        """Whether these are a business's books; a practice has none."""
        return self.organisation_type.upper() == "ORGANISATION"


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """The organisation behind a connection. Documents dated up to a lock date are refused by Xero."""

    organisation_id: str
    name: str
    base_currency: str
    country: str
    edition: str
    is_demo: bool
    timezone: str
    period_lock_date: dt.date | None = None
    end_of_year_lock_date: dt.date | None = None


class XeroContact(msgspec.Struct, frozen=True, kw_only=True):
    """A contact: name, e-mail and one phone, nothing else of what Xero holds. `merged_to` follows a merge."""

    contact_id: str
    contact_number: str
    name: str
    email: str
    phone: str
    status: str
    merged_to: str
    updated_at: dt.datetime | None


class ContactElement(msgspec.Struct, frozen=True, kw_only=True):
    """One contact element as Xero shows it, saved or refused. `messages` are Xero's own words."""

    contact: XeroContact
    has_errors: bool
    messages: tuple[str, ...] = ()


class XeroPayment(msgspec.Struct, frozen=True, kw_only=True):
    """One payment element as Xero shows it, saved, refused or found. `messages` are Xero's own words."""

    payment_id: str
    invoice_id: str
    reference: str
    amount: Decimal | None
    status: str
    has_errors: bool
    messages: tuple[str, ...] = ()


class PaymentsAnswer(Elements[XeroPayment], frozen=True, kw_only=True):
    """Payments."""


class ContactsAnswer(Elements[ContactElement], frozen=True, kw_only=True):
    """Contacts."""
