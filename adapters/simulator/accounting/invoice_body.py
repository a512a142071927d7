"""Reading the body of an invoice write: the elements Xero has, with the types it takes, and nothing else.

Follows Xero's OpenAPI file 16.1.0. Numbers and booleans may be written as text, as in Xero's own examples.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from adapters.simulator import errors
from adapters.simulator.accounting.dates import read_date
from adapters.simulator.ledger.documents import Document, NotJson, decode

_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)
_LARGEST_EXPONENT = 15

Reader: TypeAlias = Callable[[Any], Any]
"""Turns a JSON value into ours or raises ValueError saying what was expected."""


def text(value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise ValueError("a string")
    return value


def number(value: Any) -> Decimal:
    """A finite number of sane size, also as plain text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("a number")
    found = Decimal(value)
    if not found.is_finite() or found.adjusted() > _LARGEST_EXPONENT:
        raise ValueError("a number of at most 16 digits")
    return found


def flag(value: Any) -> bool:
    """A boolean, also as text."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise ValueError("a boolean")
    return value


def day(value: Any) -> Any:
    """A date in one of Xero's three input forms."""
    if not isinstance(value, str):
        raise ValueError("a date")
    try:
        return read_date(value)
    except ValueError:
        raise ValueError("a date") from None


def guid(value: Any) -> str:
    """A GUID, in lower case."""
    try:
        return str(uuid.UUID(text(value)))
    except ValueError:
        raise ValueError("a GUID") from None


def ignored(value: Any) -> Any:
    """A read-only element that clients echo; what is in it does not matter."""
    return None


def objects(name: str) -> Reader:
    """A list of objects of the named type."""
    return lambda value: [_object(item, name) for item in value] if isinstance(value, list) else _expected("a list")


def an_object(name: str) -> Reader:
    """One object of the named type."""
    return lambda value: _object(value, name)


ECHOED = """CISDeduction CISRate TotalDiscount HasAttachments IsDiscounted Payments Prepayments Overpayments AmountDue
    AmountPaid AmountCredited FullyPaidOnDate UpdatedDateUTC UpdatedDateUTCString CreditNotes HasErrors
    StatusAttributeString ValidationErrors Warnings DateString DueDateString Attachments InvoiceAddresses"""
ECHOED_LINE = "Item RepeatingInvoiceID Taxability SalesTaxCodeId TaxBreakdown"
ECHOED_CONTACT = """ContactPersons Addresses Phones ContactGroups IsSupplier IsCustomer UpdatedDateUTC HasAttachments
    HasValidationErrors ValidationErrors"""


def _elements() -> Mapping[str, Mapping[str, Reader]]:
    """What each type of object may hold. Echoed elements are read-only at Xero: accepted, never looked at."""

    def table(echoed: str, readers: Mapping[Reader, str]) -> dict[str, Reader]:
        named = {name: reader for reader, names in readers.items() for name in names.split()}
        return dict.fromkeys(echoed.split(), ignored) | named

    invoice: dict[Reader, str] = {
        text: "Type LineAmountTypes InvoiceNumber Reference Url CurrencyCode Status",
        day: "Date DueDate ExpectedPaymentDate PlannedPaymentDate",
        number: "CurrencyRate SubTotal TotalTax Total",
        guid: "InvoiceID BrandingThemeID RepeatingInvoiceID",
        flag: "SentToContact",
        an_object("Contact"): "Contact",
        objects("LineItem"): "LineItems",
    }
    line: dict[Reader, str] = {
        text: "Description ItemCode AccountCode TaxType",
        number: "Quantity UnitAmount TaxAmount LineAmount DiscountRate DiscountAmount",
        guid: "LineItemID AccountID",
        objects("LineItemTracking"): "Tracking",
    }
    contact: dict[Reader, str] = {
        text: """ContactNumber Name ContactStatus AccountNumber FirstName LastName EmailAddress CompanyNumber TaxNumber
            DefaultCurrency""",
        guid: "ContactID",
    }
    return {
        "Invoice": table(ECHOED, invoice),
        "LineItem": table(ECHOED_LINE, line),
        "LineItemTracking": table("", {guid: "TrackingCategoryID TrackingOptionID", text: "Name Option"}),
        "Contact": table(ECHOED_CONTACT, contact),
    }


ELEMENTS = _elements()


def read_invoices(body: bytes) -> list[Document]:
    """The invoices of a body: ``{"Invoices": [..]}`` or one bare invoice. Raises errors.Refusal."""
    try:
        found = decode(body)
    except NotJson as error:
        raise errors.post_data(f"The body is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise errors.post_data("The body must be an object")
    wrapped = found.get("Invoices", [found]) if set(found) <= {"Invoices"} else [found]
    if not isinstance(wrapped, list) or not wrapped:
        raise errors.post_data("Invoices must be a list with at least one element")
    try:
        return [_object(item, "Invoice", f"Invoices[{n}]") for n, item in enumerate(wrapped)]
    except ValueError as error:
        raise errors.post_data(str(error)) from None


def _object(value: Any, name: str, path: str = "") -> Document:
    if not isinstance(value, dict):
        raise ValueError(f"{path or name} must be an object")
    readers, result = ELEMENTS[name], dict[str, Any]()
    for key, held in value.items():
        reader = readers.get(key)
        if reader is None:
            raise ValueError(f"{path or name}: there is no element {key!r} on {name}")
        if held is not None and reader is not ignored:
            try:
                result[key] = reader(held)
            except ValueError as error:
                inner = str(error)
                raise ValueError(
                    f"{path or name}.{key}: {inner}" if ":" in inner else f"{path or name}.{key} must be {inner}"
                ) from None
    return result


def _expected(what: str) -> Any:
    raise ValueError(what)
