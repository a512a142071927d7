"""`invoices import`: good lines are taken on, bad ones are reported, and no file of any kind is a traceback."""

import codecs
import json
import os
from pathlib import Path
from typing import Any, Final

from typer.testing import Result

from tests.services.cli.conftest import Kyrios
from tests.services.cli.files import invoice, lines, written
from tests.world import EXAMPLES


def imported(kyrios: Kyrios, file: Path, content: bytes, *more: str, code: int = 0) -> dict[str, Any]:
    """The report on a file with this content."""
    result = kyrios("invoices", "import", str(written(file, content)), "--json", *more, code=code)
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def said(kyrios: Kyrios, file: Path, content: bytes, *more: str, code: int = 1) -> str:
    """What a person reads about a file with this content."""
    result: Result = kyrios("invoices", "import", str(written(file, content)), *more, code=code)
    return result.stdout


def test_the_example_file_is_taken_on_but_for_its_two_bad_lines(kyrios: Kyrios) -> None:
    out = kyrios("invoices", "import", str(EXAMPLES / "invoices.ndjson"), code=1).stdout.splitlines()
    assert out[0] == "148 lines: 146 accepted, 0 known already, 2 not taken."
    assert out[1].split() == ["line", "invoice", "why", "it", "was", "not", "taken"]
    assert out[2].lstrip().startswith("17 ")
    assert out[3].lstrip().startswith("44 ")
    assert "/lines/1/unit_amount: '12.3.4' is not an amount" in out[2]


def test_a_file_that_was_imported_before_changes_nothing(kyrios: Kyrios, tmp_path: Path) -> None:
    content = lines(invoice(1), invoice(2))
    assert len(imported(kyrios, tmp_path / "a", content)["accepted"]) == 2
    assert said(kyrios, tmp_path / "a", content, code=0) == "2 lines: 0 accepted, 2 known already, 0 not taken.\n"


def test_windows_line_ends_a_byte_order_mark_and_blank_lines_are_read(kyrios: Kyrios, tmp_path: Path) -> None:
    content = codecs.BOM_UTF8 + lines(invoice(1), invoice(2)).replace(b"\n", b"\r\n\r\n").rstrip()
    assert imported(kyrios, tmp_path / "a", content)["accepted"] == ["inv-1", "inv-2"]


def test_a_line_that_comes_twice_is_known_and_one_with_other_content_is_refused(kyrios: Kyrios, tmp_path: Path) -> None:
    report = imported(kyrios, tmp_path / "a", lines(invoice(1), invoice(1), invoice(1, number="T-2")), code=1)
    assert (report["accepted"], report["known"]) == (["inv-1"], ["inv-1"])
    (other,) = report["not_taken"]
    assert (other["line"], other["invoice_id"]) == (3, "inv-1")
    assert "accepted before with other content" in other["reasons"][0]


BAD_LINES: Final = [
    (b"hello", "is not JSON: expecting value, at character 1"),
    (b"\xff\xfe{", "is not UTF-8: byte 1 fits no character"),
    (b"[]", "must be an object, not a list"),
    (b"null", "must be an object, not null"),
    (b'{"a": "' + b"x" * 2_000_000 + b'"}', "is longer than 1 MiB, the most one invoice may take"),
    (b"[" * 100_000, "is nested far deeper than an invoice"),
    (lines(invoice(9, currency="XXX")).strip(), "/currency: "),
    (lines(invoice(9, due_date="2026-02-30")).strip(), "/due_date: "),
]


def test_a_bad_line_is_named_with_its_reason_and_does_not_stop_the_rest(kyrios: Kyrios, tmp_path: Path) -> None:
    content = b"\n".join(bad for bad, _ in BAD_LINES)
    report = imported(kyrios, tmp_path / "a", lines(invoice(1)) + content + b"\n" + lines(invoice(2)), code=1)
    assert report["accepted"] == ["inv-1", "inv-2"]
    for number, (not_taken, (_, reason)) in enumerate(zip(report["not_taken"], BAD_LINES, strict=True), 2):
        assert not_taken["line"] == number
        assert reason in not_taken["reasons"][0]


def test_an_empty_file_is_said_to_be_empty(kyrios: Kyrios, tmp_path: Path) -> None:
    assert "holds no line" in said(kyrios, tmp_path / "a", b"", code=0)


def test_a_file_of_nothing_but_bad_lines_is_told_briefly_and_with_its_form(kyrios: Kyrios, tmp_path: Path) -> None:
    out = said(kyrios, tmp_path / "a", b"\xfe\xfe\n" * 300)
    assert "300 lines: 0 accepted, 0 known already, 300 not taken." in out
    assert "… and 280 more; --json lists all." in out
    assert "A file of invoices has one JSON object on each line." in out
    assert len(out.splitlines()) < 30


def test_lines_without_an_account_are_taken_for_the_one_that_is_given(kyrios: Kyrios, tmp_path: Path) -> None:
    one = invoice(1)
    del one["account_id"]
    assert "with --account" in said(kyrios, tmp_path / "a", lines(one))
    assert imported(kyrios, tmp_path / "a", lines(one), "--account", "acme")["accepted"] == ["inv-1"]


def test_a_file_that_cannot_be_read_is_one_sentence(kyrios: Kyrios, tmp_path: Path) -> None:
    written(tmp_path / "file", b"")
    whys = {"missing": "No such file or directory", "": "Is a directory", "file/x": "Not a directory"}
    for name, why in whys.items():
        result = kyrios("invoices", "import", str(tmp_path / name), code=2)
        assert result.stderr == f"{tmp_path / name}: {why}.\n"


def test_standard_input_and_a_pipe_are_files_like_any_other(kyrios: Kyrios, tmp_path: Path) -> None:
    result = kyrios("invoices", "import", "-", "--json", stdin=lines(invoice(1)))
    assert json.loads(result.stdout)["accepted"] == ["inv-1"]
    ours, theirs = os.pipe()
    os.write(theirs, lines(invoice(2)))
    os.close(theirs)
    assert "1 line: 1 accepted" in kyrios("invoices", "import", f"/dev/fd/{ours}").stdout
    os.close(ours)


def test_a_retry_of_an_invoice_that_is_queued_or_unknown_says_so(kyrios: Kyrios, tmp_path: Path) -> None:
    imported(kyrios, tmp_path / "a", lines(invoice(1)))
    assert kyrios("invoices", "retry", "harbour-vine", "inv-1").stdout == "inv-1 is queued already.\n"
    refused = kyrios("invoices", "retry", "harbour-vine", "inv-2", code=2)
    assert refused.stderr == "Account harbour-vine has no invoice with the id or the number inv-2.\n"
