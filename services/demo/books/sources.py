"""What the check reads: the file of invoices and its changes, Xero's ledger, and the books as they were before."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec

Source = TypeVar("Source")


class BooksUnreadable(Exception):
    """The example file or Xero's ledger could not be read; the message says which and why."""


class Tax(msgspec.Struct):
    """A tax on a line, in percent."""

    rate: Decimal
    compound: bool = False


class Item(msgspec.Struct):
    """A line of an invoice in the file."""

    quantity: Decimal
    unit_amount: Decimal
    taxes: list[Tax] = []
    discount_rate: Decimal = Decimal(0)
    discount_amount: Decimal = Decimal(0)


class Paid(msgspec.Struct):
    """A payment of an invoice in the file."""

    amount: Decimal


class Totals(msgspec.Struct, frozen=True):
    """The three totals of an invoice."""

    sub_total: Decimal
    total_tax: Decimal
    total: Decimal

    def __str__(self) -> str:
        return f"{self.sub_total:.2f} + {self.total_tax:.2f} = {self.total:.2f}"


class FileInvoice(msgspec.Struct):
    """What the check needs of an invoice in the file."""

    invoice_id: str
    number: str
    currency: str
    url: str
    lines: list[Item]
    totals: Totals
    line_amounts: str = "exclusive"
    payments: list[Paid] = []

    @property
    def owing(self) -> Decimal:
        """What its payments leave of its total."""
        return self.totals.total - sum((paid.amount for paid in self.payments), Decimal(0))


class XeroInvoice(msgspec.Struct, rename="pascal"):
    """What the check needs of an invoice in the ledger."""

    invoice_number: str
    currency_code: str
    status: str
    sub_total: Decimal
    total_tax: Decimal
    total: Decimal
    amount_due: Decimal
    url: str = ""

    @property
    def totals(self) -> Totals:
        """Its three totals as Xero holds them."""
        return Totals(self.sub_total, self.total_tax, self.total)


class _Named(msgspec.Struct):
    invoice_id: str


class _Ledger(msgspec.Struct):
    invoices: list[XeroInvoice]


class _Numbered(msgspec.Struct, rename="pascal"):
    invoice_number: str


class _Organisation(msgspec.Struct, rename="pascal"):
    invoices: list[_Numbered] = []


class _OpeningBooks(msgspec.Struct):
    organisations: list[_Organisation]


def read_file(path: Path) -> Mapping[int, FileInvoice | None]:
    """Every line of the NDJSON file that is not blank, by its number; None where no invoice can be made out."""
    lines = enumerate(_bytes_of(path).split(b"\n"), start=1)
    return {number: _invoice_on(line) for number, line in lines if line.strip()}


def read_whole(path: Path) -> dict[str, FileInvoice]:
    """The invoices of a file of which every line is one, by their id."""
    return {one.invoice_id: one for one in _rows(path, FileInvoice)}


def read_voids(path: Path) -> set[str]:
    """The ids of the invoices that Kyrios voids."""
    return {one.invoice_id for one in _rows(path, _Named)}


def read_ledger(control_url: str, timeout: float) -> list[XeroInvoice]:
    """All invoices Xero holds, from the control surface of the simulator."""
    address = f"{control_url}/ledger/invoices"
    try:
        # No proxy of the environment may stand between the check and a ledger on this machine.
        with httpx.Client(timeout=timeout, trust_env=False) as client:
            answer = client.get(address).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise BooksUnreadable(f"Xero's ledger at {address} cannot be read: {error}") from error
    return _decode(answer.content, _Ledger, address).invoices


def read_opening_numbers(path: Path) -> Counter[str]:
    """The numbers of the invoices that stood in Xero before, from the seed file of its books."""
    books = _decode(_bytes_of(path), _OpeningBooks, str(path))
    return Counter(invoice.invoice_number for each in books.organisations for invoice in each.invoices)


def _invoice_on(line: bytes) -> FileInvoice | None:
    try:
        return msgspec.json.decode(line, type=FileInvoice)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _rows(path: Path, shape: type[Source]) -> list[Source]:
    return [_decode(line, shape, str(path)) for line in _bytes_of(path).split(b"\n") if line.strip()]


def _decode(raw: bytes, shape: type[Source], name: str) -> Source:
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BooksUnreadable(f"{name} does not have the expected form: {error}") from error


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BooksUnreadable(f"{path} cannot be read: {error.strerror}") from error
