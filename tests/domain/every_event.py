"""One example of each event type with every field filled, as the golden files hold them."""

import datetime as dt
from decimal import Decimal
from typing import Any, Final

from domain.alerts import AlertSent
from domain.causes import Cause
from domain.connection import (
    AccessRemoved,
    AccountsSelected,
    AlertRecipientsSet,
    Connected,
    ConnectionRemoved,
    Disconnected,
    GateClosed,
    GateOpened,
    InactivityWarned,
    OrganisationSelected,
    OrganisationWithheld,
    ReferenceDrifted,
    ReferenceRestored,
    SettingsChanged,
    TaxMapped,
    TaxRatesDeclared,
    TaxUnmapped,
)
from domain.contact_link import ContactLinked, ContactRefused, ContactUnlinked, ContactWanted, SubjectErased
from domain.contact_sync import ContactsSynced
from domain.document import InvoiceDocument, Line, Payment
from domain.event import Actor, Event
from domain.invoice import (
    DismissalUndone,
    InvoiceBlocked,
    InvoiceQueued,
    InvoiceReleased,
    InvoiceRevised,
    InvoiceSynced,
    InvoiceVoided,
    OutcomeResolved,
    OutcomeUnknown,
    PaymentSynced,
    RetryRequested,
    ReviewCleared,
    ReviewRaised,
    SyncDismissed,
    SyncFailed,
    VoidSynced,
)
from domain.streams import alerts_stream, connection_id, contact_link_stream, contact_sync_stream, invoice_stream
from domain.tax import DeclaredTaxSet, XeroTaxComponent
from tests.examples import (
    ACCOUNT,
    CLEARING,
    CONTACT,
    GRANT,
    GST_AND_QST,
    INVOICE,
    NOON,
    ORGANISATION,
    OTHER_REVENUE,
    SALES,
    XERO_CONNECTION,
    XERO_CONTACT,
    XERO_INVOICE,
    XERO_USER,
    identity,
    totals,
)

_STREAMS: Final = {
    "domain.connection_events": connection_id(ACCOUNT),
    "domain.invoice_events": invoice_stream(ACCOUNT, INVOICE),
    "domain.contact_link": contact_link_stream(ACCOUNT, CONTACT),
    "domain.contact_sync": contact_sync_stream(ACCOUNT, NOON),
    "domain.alerts": alerts_stream(ACCOUNT, NOON),
}
_PAYMENT: Final = Payment(payment_id="pay-1", paid_on=dt.date(2026, 10, 2), amount=Decimal("100.50"))
_MISSING_CONTACT: Final = Cause("contact_missing", key=CONTACT)
_UNMAPPED: Final = Cause("tax_set_unmapped", key="gst@5+qst@9.975c", facts={"tax_set": "GST and QST"})
_REFUSED: Final = Cause("invoice_invalid", key="due_date", facts={"field": "due_date"})
_DOCUMENT: Final = InvoiceDocument(
    number="INV-0001",
    date=dt.date(2026, 10, 1),
    due_date=dt.date(2026, 10, 21),
    currency="NZD",
    line_amounts="inclusive",
    url="https://app.kyrios.example/invoices/inv-0001",
    kyrios_contact_id=CONTACT,
    lines=(
        Line(
            quantity=Decimal("2.5"),
            unit_amount=Decimal("119.9999"),
            tax_set=GST_AND_QST,
            ledger_account_id=SALES.account_id,
            discount_rate=Decimal("10"),
        ),
        Line(quantity=Decimal("-1"), unit_amount=Decimal("20.00"), discount_amount=Decimal("0.50")),
    ),
    totals=totals("216.27", "33.23", "249.50"),
    payments=(_PAYMENT,),
)


def _full(event_type: type[Event], **facts: Any) -> Event:
    return event_type(
        originator_id=_STREAMS[event_type.__module__],
        originator_version=7,
        event_id=identity(event_type.__name__),
        occurred_at=dt.datetime(2026, 10, 1, 12, 0, 0, 123456, tzinfo=dt.UTC),
        correlation_id=identity("correlation"),
        causation_id=identity("causation"),
        actor=Actor("owner", "usr-1"),
        account_id=ACCOUNT,
        organisation_id=ORGANISATION,
        **facts,
    )


FORMER_CONNECTION: Final = "0b6d5f7e-3c1a-4a0e-9a51-7f3e2d1c0b9a"

_CONNECTION: Final = (
    _full(
        Connected,
        grant_id=GRANT,
        scopes=("offline_access", "accounting.invoices"),
        offered=("offline_access", "accounting.invoices", "accounting.payments"),
        xero_user_id=XERO_USER,
        leaves=identity("former grant"),
        leaves_later=identity("former grant"),
    ),
    _full(
        OrganisationSelected,
        xero_connection_id=XERO_CONNECTION,
        base_currency="NZD",
        country="NZ",
        leaves=FORMER_CONNECTION,
        first_day=dt.date(2026, 10, 2),
        leaves_now=(identity("former grant"),),
    ),
    _full(
        OrganisationWithheld,
        picked="9d2f6c1e-0c55-4a0b-b1f3-7d5f6a1c2b44",
        cause=Cause("organisation_changed", facts={"former": ORGANISATION}),
    ),
    _full(SettingsChanged, name="sync_from", value="2026-04-01"),
    _full(AccountsSelected, default_line=SALES, default_payment=CLEARING, also_allowed=(OTHER_REVENUE,)),
    _full(
        TaxRatesDeclared,
        tax_sets=(DeclaredTaxSet(tax_set=GST_AND_QST, name="GST and QST"),),
        needs_mapping=(GST_AND_QST.key,),
    ),
    _full(
        TaxMapped,
        tax_set=GST_AND_QST,
        tax_type="CAN022",
        effective_rate=Decimal("15.4738"),
        components=(
            XeroTaxComponent(name="GST", rate=Decimal("5.0000")),
            XeroTaxComponent(name="QST", rate=Decimal("9.9750"), compound=True),
        ),
        version=3,
        override_reason_ref=identity("sealed reason"),
    ),
    _full(TaxUnmapped, tax_set=GST_AND_QST, version=4),
    _full(
        ReferenceDrifted,
        referenced="ledger_account",
        reference=SALES.account_id,
        cause=Cause("account_archived", key=SALES.account_id, facts={"account": "account 200"}),
    ),
    _full(ReferenceRestored, referenced="ledger_account", reference=SALES.account_id),
    _full(
        GateClosed,
        causes=(
            Cause("tax_mapping_incomplete", key="lux@12.5", facts={"tax_set": "Luxury 12.5%"}),
            Cause("not_connected"),
        ),
        during_setup=True,
        known=("not_connected",),
    ),
    _full(GateOpened, during_setup=True),
    _full(AlertRecipientsSet, recipient_ids=(identity("recipient"),)),
    _full(InactivityWarned, days_left=14, last_activity_at=dt.datetime(2026, 8, 16, 9, 30, tzinfo=dt.UTC)),
    _full(
        Disconnected,
        reason="inactivity",
        evidence={"last_activity_at": "2026-08-02T12:00:00Z", "days": "60"},
        grant_id=GRANT,
        xero_connection_id=XERO_CONNECTION,
        leaves_now=(identity("former grant"),),
    ),
    _full(
        AccessRemoved,
        grant_id=GRANT,
        in_xero="removed",
        xero_connection_id=XERO_CONNECTION,
        revoked=True,
        removed=(XERO_CONNECTION, FORMER_CONNECTION),
    ),
    _full(
        ConnectionRemoved,
        removal=identity("choice"),
        grant_id=GRANT,
        in_xero="gone",
        xero_connection_id=FORMER_CONNECTION,
    ),
)

_INVOICE: Final = (
    _full(InvoiceQueued, kyrios_invoice_id=INVOICE, document=_DOCUMENT, text_hash="0a1b2c", revision=2),
    _full(
        InvoiceRevised,
        document=_DOCUMENT,
        text_hash="0a1b2c",
        revision=3,
        opens="update_invoice",
        searches=identity("delivery"),
    ),
    _full(
        InvoiceBlocked,
        causes=(_MISSING_CONTACT, _UNMAPPED),
        revision=1,
        told=True,
        answer_ref=identity("answer"),
        known=("contact_missing",),
    ),
    _full(InvoiceReleased, cause=_MISSING_CONTACT, opens="create_invoice", fixed=True),
    _full(OutcomeUnknown, delivery_id=identity("delivery"), kind="create_invoice"),
    _full(OutcomeResolved, delivery_id=identity("delivery"), found=True, another="invoice"),
    _full(
        InvoiceSynced,
        xero_invoice_id=XERO_INVOICE,
        totals=totals("216.27", "33.23", "249.50"),
        fragment_hash="3d4e5f",
        mapping_versions={"gst@5+qst@9.975c": 3},
        delivery_id=identity("delivery"),
        revision=1,
        adopted=True,
        payments=(_PAYMENT,),
        payment_account_id=CLEARING.account_id,
        opens="update_invoice",
    ),
    _full(
        PaymentSynced,
        payment=_PAYMENT,
        xero_payment_id="e5000000-1",
        delivery_id=identity("delivery"),
        opens="void_invoice",
    ),
    _full(
        SyncFailed,
        cause=_REFUSED,
        attempts=1,
        kind="create_invoice",
        delivery_id=identity("delivery"),
        answer_ref=identity("answer"),
        opens="create_invoice",
    ),
    _full(
        RetryRequested,
        opens="create_payment",
        payments=(_PAYMENT,),
        payment_account_id=CLEARING.account_id,
        searches=identity("delivery"),
        payments_sought={"pay-1": identity("delivery")},
    ),
    _full(SyncDismissed, reason_ref=identity("sealed reason")),
    _full(DismissalUndone, opens="create_invoice", reason_ref=identity("sealed reason")),
    _full(
        ReviewRaised,
        cause=Cause("total_differs_in_xero", key="total", facts={"difference": "NZD 0.01"}),
        answer_ref=identity("answer"),
        closes="update_invoice",
        opens="update_invoice",
    ),
    _full(ReviewCleared, cause=Cause("total_differs_in_xero", key="total"), reason_ref=identity("reason")),
    _full(
        InvoiceVoided, opens="void_invoice", awaits=f"update_invoice/{identity('event')}", searches=identity("delivery")
    ),
    _full(VoidSynced, delivery_id=identity("delivery")),
)

_CONTACT_LINK: Final = (
    _full(ContactWanted, kyrios_contact_id=CONTACT),
    _full(ContactLinked, kyrios_contact_id=CONTACT, xero_contact_id=XERO_CONTACT, how="person"),
    _full(ContactUnlinked, kyrios_contact_id=CONTACT, xero_contact_id=XERO_CONTACT, moved_to="cus-002"),
    _full(
        ContactRefused,
        kyrios_contact_id=CONTACT,
        cause=Cause("contact_name_taken", key=CONTACT, facts={"field": "name"}),
        answer_ref=identity("answer"),
        fragment_hash="3d4e5f",
    ),
    _full(SubjectErased, kyrios_contact_id=CONTACT, reason="asked_by_subject"),
)

_BY_MONTH: Final = (
    _full(ContactsSynced, created=3, updated=2, archived=1, watermark=dt.datetime(2026, 10, 1, 11, 55, tzinfo=dt.UTC)),
    _full(
        AlertSent,
        kind="invoices",
        cause_code="contact_missing",
        message_id="<mail-1@kyrios.example>",
        recipient_id=identity("recipient"),
    ),
)

EVERY_EVENT: Final[dict[type[Event], Event]] = {
    type(event): event for event in (*_CONNECTION, *_INVOICE, *_CONTACT_LINK, *_BY_MONTH)
}
