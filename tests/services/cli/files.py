"""Files for the commands under test."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from tests.world import EXAMPLES


def invoice(number: int, /, **changes: Any) -> dict[str, Any]:
    """A plain invoice that syncs, as Kyrios writes it."""
    first = msgspec.json.decode((EXAMPLES / "invoices.ndjson").read_bytes().splitlines()[0])
    first.pop("command_id", None)
    url = f"https://app.kyrios.example/invoices/inv-{number}"
    return {**first, "invoice_id": f"inv-{number}", "number": f"T-{number}", "url": url, **changes}


def lines(*contents: Any) -> bytes:
    """NDJSON."""
    return b"".join(msgspec.json.encode(content) + b"\n" for content in contents)


def written(file: Path, content: bytes) -> Path:
    """The file with this content."""
    file.write_bytes(content)
    return file


def invoice_file(file: Path, count: int, *, start: int = 0) -> Path:
    """A file of invoices that sync."""
    numbers: Iterable[int] = range(start, start + count)
    return written(file, lines(*(invoice(number) for number in numbers)))
