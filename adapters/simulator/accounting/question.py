"""What a GET asks for: paging, filters, modified-since, read from Xero's query parameters and headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from adapters.simulator import errors
from adapters.simulator.accounting.where import ordered, parse_where
from adapters.simulator.clock import milliseconds
from adapters.simulator.ledger.documents import Document
from adapters.simulator.wire.exchange import Request

DEFAULT_PAGE_SIZE = 100
LARGEST_PAGE_SIZE = 1000

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page:
    """Which page, of what size."""

    number: int
    size: int

    def cut(self, items: Sequence[Item]) -> list[Item]:
        """The items of this page. XERO-UNVERIFIED XU-24: a page past the end is empty."""
        return list(items[(self.number - 1) * self.size : self.number * self.size])

    def pagination(self, count: int) -> Document:
        """Xero's pagination object for so many items."""
        return {"page": self.number, "pageSize": self.size, "pageCount": -(-count // self.size), "itemCount": count}


class Question:
    """A request's parameters, each read when it is asked for; unreadable ones raise errors.Refusal."""

    def __init__(self, request: Request) -> None:
        self._query = request.query
        self._headers = request.headers

    def text(self, name: str) -> str:
        """A parameter, or an empty text."""
        return self._query.get(name.lower(), "")

    def values(self, name: str) -> list[str]:
        """A comma list without blanks."""
        return [value.strip() for value in self.text(name).split(",") if value.strip()]

    def flag(self, name: str, default: bool = False) -> bool:
        """``true``/``false`` in any case."""
        value = self.text(name).lower()
        if value in ("", "true", "false"):
            return default if value == "" else value == "true"
        raise errors.query(f"{name} must be true or false")

    def unit_step(self) -> Decimal:
        """Decimals of unit prices: 0.01, or 0.0001 with ``unitdp=4``."""
        value = self.text("unitdp")
        if value in ("", "2"):
            return Decimal("0.01")
        if value == "4":
            return Decimal("0.0001")
        raise errors.query("unitdp must be 2 or 4")

    def page(self, forced: bool = False) -> Page | None:
        """The page asked for; None when the answer is not paged."""
        if not forced and not self.text("page") and not self.text("pageSize"):
            return None
        size = self._number("pageSize", DEFAULT_PAGE_SIZE)
        # XERO-UNVERIFIED XU-24: a larger page size is refused.
        if size > LARGEST_PAGE_SIZE:
            raise errors.query(f"pageSize must not exceed {LARGEST_PAGE_SIZE}")
        return Page(self._number("page", 1), size)

    def modified_since_ms(self) -> int | None:
        """If-Modified-Since as ``2026-11-01T03:04:05`` with or without an offset (UTC)."""
        text = self._headers.get("if-modified-since")
        if not text:
            return None
        try:
            since = datetime.fromisoformat(text)
        except ValueError:
            raise errors.query(f"If-Modified-Since {text[:40]!r} is no UTC time") from None
        return milliseconds(since if since.tzinfo else since.replace(tzinfo=UTC))

    @property
    def narrows(self) -> bool:
        """Whether finished objects are still to be filtered, or put in another order."""
        return bool(self.text("where") or self.text("order"))

    def filtered(self, documents: Sequence[Document]) -> list[Document]:
        """Apply ``where`` and ``order`` to finished objects."""
        conditions = parse_where(self.text("where")) if self.text("where") else []
        kept = [document for document in documents if all(condition.holds(document) for condition in conditions)]
        return ordered(kept, self.text("order")) if self.text("order") else kept

    def _number(self, name: str, default: int) -> int:
        value = self.text(name)
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) < 8 and int(value) > 0):
            raise errors.query(f"{name} must be a whole number above 0")
        return int(value)
