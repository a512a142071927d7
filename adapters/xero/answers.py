"""What Xero answered, as plain values: tolerant of everything unknown, exact in every amount.

Texts that Xero leaves out read as "", ids made of zeros as "" too. Enumerations stay texts, because Xero adds values
without notice.
"""

import datetime as dt
from typing import Any, Final

import msgspec

from domain.document import Totals


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
    """One invoice element as Xero shows it, saved or refused. `messages` and `warnings` are Xero's own words."""

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


class InvoicesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Invoice elements in Xero's order; `calls` counts the requests it took, `rates` are those of the last."""

    status: int
    correlation_id: str
    rates: RateHeaders
    elements: tuple[XeroInvoice, ...]
    calls: int = 1


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


class XeroAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger account; `not_offered` says why it may not be chosen, by cause code, and is empty if it may."""

    account_id: str
    code: str
    name: str
    type: str
    account_class: str
    status: str
    tax_type: str
    payments_enabled: bool
    system_account: str
    not_offered: tuple[str, ...] = ()

    @property
    def offered(self) -> bool:
        """Whether it may be chosen for lines or payments."""
        return not self.not_offered


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
