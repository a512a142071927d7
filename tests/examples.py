"""Example values shared by all tests: one account, its organisation and rates, one invoice, and the moment it happens.

Ids are deterministic, so a failing test shows the same values each time. Amounts are computed by hand.
"""

import datetime as dt
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from domain import connection, invoice
from domain.causes import Cause
from domain.connection import Connection, LedgerAccount
from domain.contact_link import ContactLink
from domain.contact_matching import ContactStanding
from domain.document import InvoiceDocument, InvoiceText, KyriosContact, Line, Totals
from domain.event import Actor, Event, Moment
from domain.money import parse_amount
from domain.tax import DeclaredTaxSet, TaxComponent, TaxSet, XeroTaxComponent, XeroTaxRate

_IDS: Final = UUID("00000000-0000-4000-8000-000000000000")


def identity(name: str) -> UUID:
    """The id that stands for `name` in tests."""
    return uuid5(_IDS, name)


# ── when and who ────────────────────────────────────────────────────────────────────────────────────────────────────

NOON: Final = dt.datetime(2026, 10, 1, 12, 0, tzinfo=dt.UTC)
BACKEND: Final = Actor("backend", "kyrios")
OWNER: Final = Actor("owner", "usr-1")


def moment(now: dt.datetime = NOON, *, actor: Actor = BACKEND, seed: str = "moment") -> Moment:
    """A moment at `now`; two moments with the same seed and time give out the same ids."""
    numbers = count(1)
    return Moment(
        now=now,
        actor=actor,
        correlation_id=identity(f"{seed}/correlation"),
        causation_id=identity(f"{seed}/causation"),
        new_id=lambda: identity(f"{seed}/{now.isoformat()}/{next(numbers)}"),
    )


# ── the account and its organisation ────────────────────────────────────────────────────────────────────────────────

ACCOUNT: Final = "kiwi-studio"
ORGANISATION: Final = "3b1f5a0e-9d0c-4a55-8f1e-6f1f0c7f2a10"
OTHER_ORGANISATION: Final = "9e6f2c44-1b7d-4a0a-9c55-0d1f3c7b8e21"
XERO_CONNECTION: Final = "c2a7e8d4-55aa-4b6e-8a1f-2f4f6e0b9d33"
XERO_USER: Final = "7d0b1c2e-3f4a-4b5c-8d6e-9f0a1b2c3d4e"
GRANT: Final = identity("grant")
SCOPES: Final = (
    "offline_access",
    "accounting.invoices",
    "accounting.payments",
    "accounting.contacts",
    "accounting.settings.read",
)

SALES: Final = LedgerAccount(account_id="a1000000-0000-4000-8000-000000000200", code="200")
OTHER_REVENUE: Final = LedgerAccount(account_id="a1000000-0000-4000-8000-000000000260", code="260")
CLEARING: Final = LedgerAccount(account_id="a1000000-0000-4000-8000-000000000610", code="610")

# ── taxes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def percent(text: str) -> TaxSet:
    """A tax set of one tax at `text` percent, such as `gst@15`."""
    return TaxSet((TaxComponent(tax_id="gst", rate=parse_amount(text)),))


UNTAXED: Final = TaxSet()
GST: Final = percent("15")
ZERO: Final = TaxSet((TaxComponent(tax_id="gst-zero", rate=parse_amount("0")),))
LUXURY: Final = TaxSet((TaxComponent(tax_id="lux", rate=parse_amount("12.5")),))
GST_AND_QST: Final = TaxSet(
    (
        TaxComponent(tax_id="gst", rate=parse_amount("5")),
        TaxComponent(tax_id="qst", rate=parse_amount("9.975"), compound=True),
    )
)

DECLARED_GST: Final = DeclaredTaxSet(tax_set=GST, name="GST 15%")
DECLARED_ZERO: Final = DeclaredTaxSet(tax_set=ZERO, name="Zero-rated")
DECLARED_LUXURY: Final = DeclaredTaxSet(tax_set=LUXURY, name="Luxury 12.5%")

OUTPUT2: Final = XeroTaxRate(
    tax_type="OUTPUT2",
    name="15% GST on Income",
    status="ACTIVE",
    effective_rate=parse_amount("15.0000"),
    components=(XeroTaxComponent(name="GST", rate=parse_amount("15.0000")),),
)
ZERORATED: Final = XeroTaxRate(
    tax_type="ZERORATED",
    name="Zero Rated",
    status="ACTIVE",
    effective_rate=parse_amount("0.0000"),
    components=(XeroTaxComponent(name="Zero", rate=parse_amount("0.0000")),),
)

# ── one invoice ─────────────────────────────────────────────────────────────────────────────────────────────────────

INVOICE: Final = "inv-0001"
CONTACT: Final = "cus-001"
XERO_CONTACT: Final = "b2000000-0000-4000-8000-000000000001"
XERO_INVOICE: Final = "d4000000-0000-4000-8000-000000000001"
TEXT_HASH: Final = "hmac-of-the-text"


def line(quantity: str, unit_amount: str, tax_set: TaxSet = GST, **more: Any) -> Line:
    """A line; amounts as text."""
    return Line(quantity=parse_amount(quantity), unit_amount=parse_amount(unit_amount), tax_set=tax_set, **more)


def totals(sub_total: str, total_tax: str, total: str) -> Totals:
    """Totals; amounts as text."""
    return Totals(sub_total=parse_amount(sub_total), total_tax=parse_amount(total_tax), total=parse_amount(total))


DOCUMENT: Final = InvoiceDocument(
    number="INV-0001",
    date=dt.date(2026, 10, 1),
    due_date=dt.date(2026, 10, 21),
    currency="NZD",
    line_amounts="exclusive",
    url="https://app.kyrios.example/invoices/inv-0001",
    kyrios_contact_id=CONTACT,
    # 360.00 and 132.75; their tax is 54.00 and 19.9125, rounded to 19.91.
    lines=(line("3", "120.00"), line("1.5", "88.50")),
    totals=totals("492.75", "73.91", "566.66"),
)
TEXT: Final = InvoiceText(reference="PO 7781", descriptions=("Design, three days", "Proof reading, half days"))
CUSTOMER: Final = KyriosContact(contact_id=CONTACT, name="Harbour Books", email="accounts@harbour-books.example")
LINK: Final = ContactLink(
    account_id=ACCOUNT,
    kyrios_contact_id=CONTACT,
    version=1,
    xero_contact_id=XERO_CONTACT,
    organisation_id=ORGANISATION,
)
STANDING: Final = ContactStanding(kyrios_contact_id=CONTACT, verdict="linked", xero_contact_id=XERO_CONTACT)
NO_CONTACT: Final = ContactStanding(
    kyrios_contact_id=CONTACT, verdict="missing", causes=(Cause("contact_missing", key=CONTACT),)
)


def document(**changes: Any) -> InvoiceDocument:
    """The example invoice with some fields changed."""
    return msgspec.structs.replace(DOCUMENT, **changes)


# ── histories with real stream ids and versions, for tests that store them ──────────────────────────────────────────


def open_connection(account_id: str = ACCOUNT) -> list[Event]:
    """Everything that leads to an open gate: consent, organisation, accounts, both tax sets declared and mapped."""
    at, events = moment(seed=f"open/{account_id}", actor=OWNER), list[Event]()

    def known() -> Connection | None:
        return _folded(events)

    events += connection.connect(None, account_id, grant_id=GRANT, scopes=SCOPES, xero_user_id=XERO_USER, at=at)
    events += connection.select_organisation(
        known(),
        organisation_id=ORGANISATION,
        xero_connection_id=XERO_CONNECTION,
        base_currency="NZD",
        country="NZ",
        at=at,
    )
    events += connection.select_accounts(known(), default_line=SALES, also_allowed=[OTHER_REVENUE], at=at)
    events += connection.declare_taxes(known() or Connection(account_id=account_id), [DECLARED_GST, DECLARED_ZERO], at)
    events += connection.map_tax(known(), GST, OUTPUT2, at)
    events += connection.map_tax(known(), ZERO, ZERORATED, at)
    return events


def open_connection_state(account_id: str = ACCOUNT) -> Connection:
    """The connection with an open gate."""
    state = _folded(open_connection(account_id))
    assert state is not None
    return state


def queued_invoice(
    kyrios_invoice_id: str = INVOICE, account_id: str = ACCOUNT, issued: InvoiceDocument = DOCUMENT
) -> list[Event]:
    """The one event of an invoice just taken on."""
    at = moment(seed=f"queued/{account_id}/{kyrios_invoice_id}")
    return invoice.queue(None, account_id, kyrios_invoice_id, issued, TEXT_HASH, ORGANISATION, at)


def _folded(events: list[Event]) -> Connection | None:
    state: Connection | None = None
    for event in events:
        state = connection.evolve(state, event)
    return state
