"""The requests we make, as values: which path, which parameters, whose books. Sending them is done elsewhere.

`summarizeErrors=false` makes Xero judge every element by itself, `unitdp=4` keeps four decimals of unit prices; both
are sent wherever Xero takes them (Xero's pages on invoices and on rounding).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

BATCH_SIZE: Final = 50
LOOK_UP_SIZE: Final = 40
LARGEST_BODY: Final = 3_500_000
LARGEST_PAGE: Final = 1000
USUAL_PAGE: Final = 100
_ACCOUNTING: Final = "/api.xro/2.0"
# XERO-UNVERIFIED XU-02: what Xero does where summarizeErrors is left out; so it never is.
_WRITE: Final = (("summarizeErrors", "false"), ("unitdp", "4"))


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


def contacts(organisation_id: str, page: int, page_size: int, modified_since: datetime | None) -> Call:
    """One page of contacts, archived ones too, oldest change first; `modified_since` must bear a zone."""
    since = modified_since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") if modified_since else ""
    params = (("page", str(page)), ("pageSize", str(page_size)), ("includeArchived", "true"))
    return _get("Contacts", organisation_id, params, modified_since=since)


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


def find_invoices(organisation_id: str, numbers: Sequence[str], page: int) -> Call:
    """Invoices by number, whatever their status, with all their fields; at most LOOK_UP_SIZE numbers.

    XERO-UNVERIFIED XU-10: how many numbers one request may name.
    """
    if any("," in number for number in numbers):
        raise ValueError("a number with a comma cannot be looked up")
    params = (("InvoiceNumbers", ",".join(numbers)), ("page", str(page)), ("pageSize", str(LARGEST_PAGE)))
    return _get("Invoices", organisation_id, (*params, ("unitdp", "4")))


def look_ups(numbers: Sequence[str]) -> Iterator[Sequence[str]]:
    """The numbers in portions one request may name, each number once."""
    distinct = list(dict.fromkeys(numbers))
    for start in range(0, len(distinct), LOOK_UP_SIZE):
        yield distinct[start : start + LOOK_UP_SIZE]


def calls_for(numbers: int) -> int:
    """How many requests it takes to look up so many numbers."""
    return -(-numbers // LOOK_UP_SIZE)


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


def _plain(identifier: str) -> str:
    if not identifier or not all(letter.isalnum() or letter == "-" for letter in identifier):
        raise ValueError("an id in a path consists of letters, digits and hyphens")
    return identifier
