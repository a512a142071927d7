"""An invoice as Kyrios issued it, read and checked: what the queue command needs."""

import msgspec

from domain.document import InvoiceDocument, InvoiceText, KyriosContact


class IssuedInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """One issued invoice of one Kyrios account; `command_id` is the sender's idempotency key, if it gave one.

    `revision` counts the states of its content from 1; a higher one replaces the whole document.
    """

    account_id: str
    invoice_id: str
    command_id: str | None
    document: InvoiceDocument
    text: InvoiceText
    contact: KyriosContact
    revision: int = 1
