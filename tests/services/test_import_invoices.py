"""The use case behind the import: batches, progress, and a report that names every line that was not taken."""

from io import BytesIO
from pathlib import Path

from services.import_invoices import ImportReport, import_invoices
from tests.services.cli.files import invoice, lines
from tests.services.engines import alone
from tests.world import BACKEND


def take(database_url: str, home: Path, content: bytes, account: str | None = None, at_once: int = 500) -> ImportReport:
    """Import this content; the progress is checked to grow by whole batches."""
    seen: list[int] = []
    with alone(database_url, home) as world:
        report = import_invoices(
            BytesIO(content),
            account,
            world.engine.queue_invoices,
            BACKEND,
            lambda so_far: seen.append(so_far.lines),
            lines_at_once=at_once,
        )
    assert seen == [min(number, report.lines) for number in range(at_once, report.lines + at_once, at_once)]
    return report


def test_what_is_taken_known_and_not_taken_adds_up_to_the_lines(database_url: str, tmp_path: Path) -> None:
    content = lines(invoice(1), invoice(2), invoice(1), {}, invoice(3))
    report = take(database_url, tmp_path, content, at_once=2)
    assert (report.lines, report.accepted, report.known) == (5, ["inv-1", "inv-2", "inv-3"], ["inv-1"])
    assert [one.line for one in report.not_taken] == [4]


def test_lines_that_cannot_be_read_and_lines_that_are_refused_are_reported_in_the_order_of_the_file(
    database_url: str, tmp_path: Path
) -> None:
    content = lines(invoice(1), invoice(1, number="T-2")) + b"nonsense\n\n" + lines(invoice(1, number="T-3")) + b"[]"
    report = take(database_url, tmp_path, content)
    assert [(one.line, one.invoice_id) for one in report.not_taken] == [
        (2, "inv-1"),
        (3, None),
        (5, "inv-1"),
        (6, None),
    ]
    assert report.lines == 5


def test_every_fault_of_a_line_is_a_reason_and_only_those_of_a_field_have_a_pointer(
    database_url: str, tmp_path: Path
) -> None:
    report = take(database_url, tmp_path, lines(invoice(1, number="", currency="??")) + b"[]")
    fields, whole = report.not_taken
    assert sorted(reason.partition(":")[0] for reason in fields.reasons) == ["/currency", "/number"]
    assert whole.reasons == ("must be an object, not a list",)


def test_the_given_account_is_for_lines_that_name_none(database_url: str, tmp_path: Path) -> None:
    nameless = invoice(1)
    named = nameless | {"account_id": "other"}
    del nameless["account_id"]
    report = take(database_url, tmp_path, lines(nameless, named), "acme")
    assert report.accepted == ["inv-1", "inv-1"]


def test_nothing_is_taken_from_nothing(database_url: str, tmp_path: Path) -> None:
    assert take(database_url, tmp_path, b"\n\n \n") == ImportReport()
