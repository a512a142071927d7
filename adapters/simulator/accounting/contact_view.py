"""How a stored contact looks in an answer."""

from collections.abc import Sequence

from adapters.simulator.accounting.reference import dated
from adapters.simulator.accounting.verdicts import messages_as_errors
from adapters.simulator.ledger.documents import Document

LISTS = ("ContactPersons", "Addresses", "Phones", "ContactGroups")
ONLY_IN_FULL = (
    "ContactPersons",
    "MergedToContactID",
    "Balances",
    "PaymentTerms",
    "SalesDefaultAccountCode",
    "PurchasesDefaultAccountCode",
)


def in_full(contact: Document) -> Document:
    """As a single or paged GET and a write answer it."""
    shown = dated(contact) | {"HasValidationErrors": False, "HasAttachments": False}
    for name in LISTS:
        shown.setdefault(name, [])
    return shown


def in_short(contact: Document) -> Document:
    """As an unpaged list answers it."""
    return {name: value for name, value in in_full(contact).items() if name not in ONLY_IN_FULL}


def summary(contact: Document) -> Document:
    """As it appears inside an invoice."""
    names = ("ContactID", "ContactNumber", "ContactStatus", "Name", "EmailAddress")
    empty: Document = {"Addresses": [], "Phones": [], "ContactGroups": [], "ContactPersons": []}
    return {name: contact[name] for name in names if contact.get(name)} | empty | {"HasValidationErrors": False}


def refused(contact: Document, messages: Sequence[str], now_ms: int) -> Document:
    """An element that was not saved: echoed with the reasons."""
    shown = in_full({**contact, "UpdatedDateUTC": now_ms})
    errors = messages_as_errors(messages)
    return shown | {"HasValidationErrors": True, "StatusAttributeString": "ERROR", "ValidationErrors": errors}
