"""A file of invoices, one JSON object per line (NDJSON): a bad line is reported and does not stop the rest."""

import codecs
from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

from domain.refusals import InvalidInput
from services.intake.invoice import read_invoice
from services.intake.issued import IssuedInvoice
from services.intake.json_text import LONGER_THAN_READ, LONGEST

_LINE_END: Final = b"\r\n"
_BLANKS: Final = b" \t\r\n"


class ByteLines(Protocol):
    """What is asked of a file: `readline(size)`, at most `size` bytes and not beyond the line's end."""

    def readline(self, size: int, /) -> bytes: ...


class Line(NamedTuple):
    """A line that is not blank: its number, counted from 1, and the invoice on it or why there is none."""

    number: int
    content: IssuedInvoice | InvalidInput


def read_file(stream: ByteLines, *, default_account_id: str | None = None) -> Iterator[Line]:
    """Every line of a binary stream that is not blank, in order; never holds more than one line of at most 1 MiB."""
    for number, raw in _lines(stream):
        if raw is None:
            yield Line(number, InvalidInput(LONGER_THAN_READ))
        elif raw.removeprefix(codecs.BOM_UTF8).strip(_BLANKS):
            yield Line(number, _content(raw, default_account_id))


def _content(raw: bytes, default_account_id: str | None) -> IssuedInvoice | InvalidInput:
    try:
        return read_invoice(raw, default_account_id=default_account_id)
    except InvalidInput as refusal:
        return refusal


def _lines(stream: ByteLines) -> Iterator[tuple[int, bytes | None]]:
    """Each line with its number and without its end; None instead of a line that is too long."""
    number = 0
    while raw := stream.readline(LONGEST + len(_LINE_END)):
        number += 1
        line = raw.removesuffix(b"\n").removesuffix(b"\r")
        yield number, line if len(line) <= LONGEST else None
        while raw and not raw.endswith(b"\n"):
            raw = stream.readline(LONGEST)
