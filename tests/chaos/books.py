"""The simulated books: as many organisations as are wanted, each like the example's under ids of its own."""

import re
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import msgspec

from tests.world import EXAMPLES

_UUID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """One organisation: the Kyrios account it belongs to, Xero's id, and the Kyrios customers it has contacts for."""

    account_id: str
    tenant_id: str
    links: dict[str, str]


def organisations(count: int) -> list[Organisation]:
    """The organisations of a trial."""
    return [_organisation(f"account-{number}") for number in range(1, count + 1)]


def write_seed(path: Path, wanted: list[Organisation]) -> Path:
    """Write the simulator's seed file."""
    example = (EXAMPLES / "xero-organisation.json").read_bytes()
    path.write_bytes(msgspec.json.encode({"organisations": [_books(example, one.account_id) for one in wanted]}))
    return path


def _organisation(account_id: str) -> Organisation:
    books = _books((EXAMPLES / "xero-organisation.json").read_bytes(), account_id)
    lines = (EXAMPLES / "contacts.ndjson").read_bytes().splitlines()
    links = [msgspec.json.decode(_renamed(line, account_id)) for line in lines]
    return Organisation(
        account_id=account_id,
        tenant_id=books["tenant_id"],
        links={one["contact_id"]: one["xero_contact_id"] for one in links},
    )


def _books(example: bytes, account_id: str) -> dict[str, Any]:
    books: dict[str, Any] = msgspec.json.decode(_renamed(example, account_id))["organisations"][0]
    books["Organisation"]["Name"] += f" {account_id}"
    return books | {"Invoices": []}


def _renamed(text: bytes, account_id: str) -> bytes:
    """The same with every id replaced by one that belongs to this account alone."""
    return _UUID.sub(lambda found: str(uuid5(NAMESPACE_URL, f"{account_id}/{found[0].decode()}")).encode(), text)
