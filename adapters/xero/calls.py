"""The requests we make, as values: which path, which parameters, whose books. Sending them is done elsewhere.

`summarizeErrors=false` makes Xero judge every element by itself, `unitdp=4` keeps four decimals of unit prices; both
are sent wherever Xero takes them (Xero's pages on invoices and on rounding).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Final

import msgspec

BATCH_SIZE: Final = 50
LOOK_UP_SIZE: Final = 40
CONTACTS_AT_ONCE: Final = 25
LARGEST_BODY: Final = 3_500_000
LARGEST_PAGE: Final = 1000
USUAL_PAGE: Final = 100
_ACCOUNTING: Final = "/api.xro/2.0"
# XERO-UNVERIFIED XU-02: what Xero does where summarizeErrors is left out; so it never is.
_JUDGED_ONE_BY_ONE: Final = (("summarizeErrors", "false"),)
_WRITE: Final = (*_JUDGED_ONE_BY_ONE, ("unitdp", "4"))
_CONTACT_NUMBER: Final = re.compile(r"[A-Za-z0-9._:-]{1,50}", re.ASCII)
_PAYMENT_REFERENCE: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request: `organisation_id` is empty where the call is about no organisation."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    organisation_id: str = ""
    body: bytes | None = None
    idempotency_key: str = ""
    modified_since: str = ""


def connections(auth_event_id: str = "") -> Call:
    """All organisations the user gave us, or only those of one consent."""
    params = (("authEventId", auth_event_id),) if auth_event_id else ()
    return Call(method="GET", path="/connections", params=params)


def delete_connection(xero_connection_id: str) -> Call:
    """Remove one connection; by its own id, never the organisation's.

    XERO-UNVERIFIED XU-28: what naming the organisation instead would do.
    """
    return Call(method="DELETE", path=f"/connections/{_plain(xero_connection_id)}")


def organisation(organisation_id: str) -> Call:
    """The organisation itself."""
    return _get("Organisation", organisation_id)


def ledger_accounts(organisation_id: str) -> Call:
    """The whole chart of accounts; Xero does not page it."""
    return _get("Accounts", organisation_id)


def tax_rates(organisation_id: str) -> Call:
    """All tax rates; Xero does not page them."""
    return _get("TaxRates", organisation_id)


def currencies(organisation_id: str) -> Call:
    """The currencies the organisation uses."""
    return _get("Currencies", organisation_id)


def actions(organisation_id: str) -> Call:
    """What the user may do in the organisation."""
    return _get("Organisation/Actions", organisation_id)


def contacts(organisation_id: str, page: int, page_size: int, modified_since: datetime | None) -> Call:
    """One page of contacts, archived ones too, oldest change first; `modified_since` must bear a zone."""
    since = modified_since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") if modified_since else ""
    params = (("page", str(page)), ("pageSize", str(page_size)), ("includeArchived", "true"))
    return _get("Contacts", organisation_id, params, modified_since=since)


def put_contacts(organisation_id: str, body: bytes, idempotency_key: str) -> Call:
    """Create contacts. Always PUT: a POST with a name or number that exists changes the customer's contact."""
    return Call(
        method="PUT",
        path=f"{_ACCOUNTING}/Contacts",
        params=_JUDGED_ONE_BY_ONE,
        organisation_id=organisation_id,
        body=body,
        idempotency_key=idempotency_key,
    )


def find_contacts(organisation_id: str, numbers: Sequence[str]) -> Call:
    """Contacts by ContactNumber, archived ones too; at most CONTACTS_AT_ONCE numbers, which are letters, digits, ._:-

    XERO-UNVERIFIED XU-31: that the filter takes numbers joined by OR.
    """
    if not all(_CONTACT_NUMBER.fullmatch(number) for number in numbers):
        raise ValueError("a contact number consists of at most 50 letters, digits and ._:-")
    where = " OR ".join(f'ContactNumber=="{number}"' for number in numbers)
    params = (("where", where), ("page", "1"), ("pageSize", str(LARGEST_PAGE)), ("includeArchived", "true"))
    return _get("Contacts", organisation_id, params)


def put_payments(organisation_id: str, body: bytes, idempotency_key: str) -> Call:
    """Enter payments. Xero keeps no key of ours on a payment: a second call is a second payment."""
    return Call(
        method="PUT",
        path=f"{_ACCOUNTING}/Payments",
        params=_JUDGED_ONE_BY_ONE,
        organisation_id=organisation_id,
        body=body,
        idempotency_key=idempotency_key,
    )


def find_payment(organisation_id: str, xero_invoice_id: str, reference: str) -> Call:
    """The payments of one invoice under one reference (letters, digits, ._:-), removed ones too."""
    if not _PAYMENT_REFERENCE.fullmatch(reference):
        raise ValueError("a payment's reference consists of at most 64 letters, digits and ._:-")
    where = f'Invoice.InvoiceId=guid("{_plain(xero_invoice_id)}") AND Reference=="{reference}"'
    return _get("Payments", organisation_id, (("where", where), ("page", "1")))


def put_invoices(organisation_id: str, body: bytes, idempotency_key: str) -> Call:
    """Create invoices. Always PUT: a POST with a number that exists overwrites the customer's invoice."""
    return Call(
        method="PUT",
        path=f"{_ACCOUNTING}/Invoices",
        params=_WRITE,
        organisation_id=organisation_id,
        body=body,
        idempotency_key=idempotency_key,
    )


def post_invoices(organisation_id: str, body: bytes, idempotency_key: str) -> Call:
    """Change invoices that exist. Every element names its InvoiceID: a number alone overwrites whatever bears it."""
    return Call(
        method="POST",
        path=f"{_ACCOUNTING}/Invoices",
        params=_WRITE,
        organisation_id=organisation_id,
        body=body,
        idempotency_key=idempotency_key,
    )


def get_invoices(organisation_id: str, invoice_ids: Sequence[str]) -> Call:
    """Invoices by InvoiceID, whatever their status, with their lines; at most LOOK_UP_SIZE ids."""
    params = (("IDs", ",".join(map(_plain, invoice_ids))), ("page", "1"), ("pageSize", str(LARGEST_PAGE)))
    return _get("Invoices", organisation_id, (*params, ("unitdp", "4")))


def find_invoices(organisation_id: str, numbers: Sequence[str], page: int) -> Call:
    """Invoices by number, whatever their status, with all their fields; at most LOOK_UP_SIZE numbers.

    XERO-UNVERIFIED XU-10: how many numbers one request may name.
    """
    if any("," in number for number in numbers):
        raise ValueError("a number with a comma cannot be looked up")
    params = (("InvoiceNumbers", ",".join(numbers)), ("page", str(page)), ("pageSize", str(LARGEST_PAGE)))
    return _get("Invoices", organisation_id, (*params, ("unitdp", "4")))


def our_invoices(organisation_id: str, first: date, until: date, page: int) -> Call:
    """One page of the sales invoices this app made, dated from `first` to before `until`; without their lines.

    XERO-UNVERIFIED XU-32: that an invoice a person edited still counts as made by this app, and that a summary bears
    the link. Whoever reads these pages must not believe that what is not on them is not in Xero.
    """
    where = f'Type=="ACCREC" AND Date >= {_date_time(first)} AND Date < {_date_time(until)}'
    params = (("where", where), ("createdByMyApp", "true"), ("summaryOnly", "true"))
    return _get("Invoices", organisation_id, (*params, ("page", str(page)), ("pageSize", str(LARGEST_PAGE))))


def look_ups(numbers: Sequence[str], at_once: int = LOOK_UP_SIZE) -> Iterator[Sequence[str]]:
    """The numbers in portions one request may name, each number once."""
    distinct = list(dict.fromkeys(numbers))
    for start in range(0, len(distinct), at_once):
        yield distinct[start : start + at_once]


def _get(
    resource: str, organisation_id: str, params: tuple[tuple[str, str], ...] = (), *, modified_since: str = ""
) -> Call:
    return Call(
        method="GET",
        path=f"{_ACCOUNTING}/{resource}",
        params=params,
        organisation_id=organisation_id,
        modified_since=modified_since,
    )


def _date_time(day: date) -> str:
    return f"DateTime({day.year}, {day.month:02}, {day.day:02})"


def _plain(identifier: str) -> str:
    if not identifier or not all(letter.isalnum() or letter == "-" for letter in identifier):
        raise ValueError("an id in a path consists of letters, digits and hyphens")
    return identifier
