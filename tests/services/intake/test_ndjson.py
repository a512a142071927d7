"""A file is read line by line; what is wrong with one line stays with that line."""

import io

from domain.refusals import InvalidInput
from services.intake import IssuedInvoice, Line, read_file
from tests.services.intake.sent import invoice, raw

MIB = 1024 * 1024


class Recording(io.BytesIO):
    """A file that remembers the largest piece it was asked for."""

    largest = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        """At most `size` bytes; to ask for a whole line is an error here."""
        assert size is not None
        assert size > 0
        self.largest = max(self.largest, size)
        return super().readline(size)


def lines_of(content: bytes) -> list[Line]:
    return list(read_file(Recording(content)))


def good(number: int) -> bytes:
    return raw(invoice(invoice_id=f"inv-{number}"))


def outcome(lines: list[Line]) -> list[tuple[int, str]]:
    """Each line's number and its invoice id, or `bad`."""
    return [
        (line.number, line.content.invoice_id if isinstance(line.content, IssuedInvoice) else "bad") for line in lines
    ]


def test_a_bad_line_is_reported_and_does_not_stop_the_rest() -> None:
    assert outcome(lines_of(b"\n".join([good(1), b"{", good(3)]))) == [(1, "inv-1"), (2, "bad"), (3, "inv-3")]


def test_blank_lines_are_skipped_and_counted() -> None:
    assert outcome(lines_of(b"\n \t\r\n" + good(3) + b"\r\n\n")) == [(3, "inv-3")]


def test_a_byte_order_mark_at_the_start_is_tolerated() -> None:
    assert outcome(lines_of(b"\xef\xbb\xbf" + good(1) + b"\n" + good(2))) == [(1, "inv-1"), (2, "inv-2")]
    assert lines_of(b"\xef\xbb\xbf\n") == []


def test_an_empty_file_has_no_lines() -> None:
    assert lines_of(b"") == []


def test_a_line_that_is_not_utf_8_is_reported() -> None:
    (line,) = lines_of(b'{"number": "\xff"}')
    assert isinstance(line.content, InvalidInput)
    assert "is not UTF-8" in str(line.content)


def test_a_line_above_1_mib_is_refused_without_being_held() -> None:
    file = Recording(b"x" * (5 * MIB) + b"\n" + good(2))
    lines = list(read_file(file))
    assert outcome(lines) == [(1, "bad"), (2, "inv-2")]
    assert "longer than 1 MiB" in str(lines[0].content)
    assert file.largest <= MIB + 2


def test_a_line_of_exactly_1_mib_is_read_whatever_ends_it() -> None:
    full = good(1).ljust(MIB)
    for end in (b"\n", b"\r\n", b""):
        assert outcome(lines_of(full + end)) == [(1, "inv-1")]
        assert outcome(lines_of(full + b" " + end)) == [(1, "bad")]
    assert outcome(lines_of(full + b"\r\r\n" + good(2))) == [(1, "bad"), (2, "inv-2")]


def test_the_callers_account_stands_in_on_every_line() -> None:
    sent = raw(invoice(account_id=...))
    found = [line.content for line in read_file(io.BytesIO(sent + b"\n" + sent), default_account_id="mine")]
    assert [invoice.account_id for invoice in found if isinstance(invoice, IssuedInvoice)] == ["mine", "mine"]
