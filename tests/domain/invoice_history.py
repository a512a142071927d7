"""Histories of an invoice that several tests begin with: taken on, blocked, unknown, synced, failed."""

from typing import Any, Final

from domain.causes import Cause
from domain.event import Event
from domain.invoice import (
    InvoiceBlocked,
    InvoiceQueued,
    InvoiceSynced,
    InvoiceVoided,
    OutcomeResolved,
    OutcomeUnknown,
    RetryRequested,
    SyncDismissed,
    SyncFailed,
)
from tests.examples import CONTACT, DOCUMENT, INVOICE, TEXT_HASH, XERO_INVOICE, identity
from tests.given import fact

DELIVERY: Final = identity("delivery")
LATER_DELIVERY: Final = identity("later delivery")
ANSWER: Final = identity("answer")

NO_CONTACT: Final = Cause("contact_missing", key=CONTACT)
NO_RATE: Final = Cause("tax_set_unmapped", key="lux@12.5", facts={"tax_set": "Luxury 12.5%"})
TAKEN: Final = Cause("duplicate_number_in_xero", facts={"number": "INV-0001"})
GAVE_UP: Final = Cause("retries_exhausted", facts={"time": "72 hours"})

QUEUED: Final = fact(InvoiceQueued, kyrios_invoice_id=INVOICE, document=DOCUMENT, text_hash=TEXT_HASH)
QUEUED_BEFORE_CONNECTING: Final = fact(
    InvoiceQueued, organisation_id=None, kyrios_invoice_id=INVOICE, document=DOCUMENT, text_hash=TEXT_HASH
)
BLOCKED: Final = fact(InvoiceBlocked, causes=(NO_CONTACT, NO_RATE), revision=1)
UNKNOWN: Final = fact(OutcomeUnknown, delivery_id=DELIVERY, kind="create_invoice")
RETRIED: Final = fact(RetryRequested, opens="create_invoice")
DISMISSED: Final = fact(SyncDismissed)
VOIDED: Final = fact(InvoiceVoided)
FOUND: Final = fact(OutcomeResolved, delivery_id=DELIVERY, found=True)
FOUND_ANOTHER: Final = fact(OutcomeResolved, delivery_id=DELIVERY, found=True, another="invoice")
ABSENT: Final = fact(OutcomeResolved, delivery_id=DELIVERY, found=False)

ANSWERED: Final[dict[str, Any]] = {
    "xero_invoice_id": XERO_INVOICE,
    "totals": DOCUMENT.totals,
    "fragment_hash": "hmac-of-the-fragment",
    "mapping_versions": {"gst@15": 1},
    "delivery_id": DELIVERY,
}
SYNCED: Final = fact(InvoiceSynced, revision=1, **ANSWERED)
REFUSAL: Final[dict[str, Any]] = {"attempts": 1, "delivery_id": DELIVERY, "answer_ref": ANSWER}


def failed(cause: Cause = TAKEN, **changes: Any) -> Event:
    """Sending failed for `cause`."""
    return fact(SyncFailed, cause=cause, kind="create_invoice", **REFUSAL | changes)
