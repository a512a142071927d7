"""Stream ids: one fixed namespace per stream type, the natural key as name. Storage formats; never change.

The invoice number is no part of a key: numbers change, ids do not.
"""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

CONNECTION: Final = UUID("8d0a6c1e-6f3c-5b1f-9a53-0f6a3d0e7c01")
INVOICE: Final = UUID("8d0a6c1e-6f3c-5b1f-9a53-0f6a3d0e7c02")
CONTACT_LINK: Final = UUID("8d0a6c1e-6f3c-5b1f-9a53-0f6a3d0e7c03")
CONTACT_SYNC: Final = UUID("8d0a6c1e-6f3c-5b1f-9a53-0f6a3d0e7c04")
ALERTS: Final = UUID("8d0a6c1e-6f3c-5b1f-9a53-0f6a3d0e7c05")


def connection_id(account_id: str) -> UUID:
    """The stream, and the lane, of an account's connection."""
    return uuid5(CONNECTION, account_id)


def invoice_stream(account_id: str, kyrios_invoice_id: str) -> UUID:
    """The stream of one Kyrios invoice."""
    return uuid5(INVOICE, f"{account_id}/{kyrios_invoice_id}")


def contact_link_stream(account_id: str, kyrios_contact_id: str) -> UUID:
    """The stream of one Kyrios contact's link to Xero."""
    return uuid5(CONTACT_LINK, f"{account_id}/{kyrios_contact_id}")


def contact_sync_stream(account_id: str, month: datetime) -> UUID:
    """The stream of an account's contact imports in one month (UTC)."""
    return uuid5(CONTACT_SYNC, f"{account_id}/{month:%Y-%m}")


def alerts_stream(account_id: str, month: datetime) -> UUID:
    """The stream of the mails sent for an account in one month (UTC)."""
    return uuid5(ALERTS, f"{account_id}/{month:%Y-%m}")
