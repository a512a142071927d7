"""Use case: take on a file of invoices. A bad line is reported with number and reason and does not stop the rest."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

import msgspec

from domain.event import Actor
from domain.refusals import InvalidInput, Refusal
from services.intake import IssuedInvoice, Line, read_file
from services.intake.ndjson import ByteLines
from services.queue_invoices import Receipt, Take

LINES_AT_ONCE: Final = 500


class NotTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A line that was not taken on: its number, the invoice's id if it could be read, and every reason."""

    line: int
    invoice_id: str | None
    reasons: tuple[str, ...]


class ImportReport(msgspec.Struct, kw_only=True):
    """What became of a file: how many lines, which invoices are new, which were known, and what was not taken.

    Of a dry run, what would become of it.
    """

    dry_run: bool = False
    lines: int = 0
    accepted: list[str] = msgspec.field(default_factory=list)
    known: list[str] = msgspec.field(default_factory=list)
    not_taken: list[NotTaken] = msgspec.field(default_factory=list)


def import_invoices(
    stream: ByteLines,
    account_id: str | None,
    queue: Take,
    actor: Actor,
    progress: Callable[[ImportReport], object] = lambda _: None,
    lines_at_once: int = LINES_AT_ONCE,
) -> ImportReport:
    """Queue every good line; `account_id` is for lines that name none. `progress` is told after each batch."""
    report, lines = ImportReport(), read_file(stream, default_account_id=account_id)
    while batch := list(islice(lines, lines_at_once)):
        _take(batch, queue, actor, report)
        progress(report)
    return report


def _take(batch: list[Line], queue: Take, actor: Actor, report: ImportReport) -> None:
    good = list(_good(batch, report))
    receipts = queue([issued for _, issued in good], actor)
    report.lines += len(batch)
    for (number, _), receipt in zip(good, receipts, strict=True):
        _file(receipt, number, report)
    report.not_taken.sort(key=lambda one: one.line)


def _good(batch: list[Line], report: ImportReport) -> Iterator[tuple[int, IssuedInvoice]]:
    for number, content in batch:
        if isinstance(content, InvalidInput):
            report.not_taken.append(NotTaken(line=number, invoice_id=None, reasons=_reasons(content)))
        else:
            yield number, content


def _file(receipt: Receipt, number: int, report: ImportReport) -> None:
    if receipt.result == "accepted":
        report.accepted.append(receipt.invoice_id)
    elif receipt.result == "known":
        report.known.append(receipt.invoice_id)
    elif receipt.refusal is not None:
        reasons = _reasons(receipt.refusal)
        report.not_taken.append(NotTaken(line=number, invoice_id=receipt.invoice_id, reasons=reasons))


def _reasons(refusal: Refusal) -> tuple[str, ...]:
    if isinstance(refusal, InvalidInput):
        return tuple(str(fault) if fault.pointer else fault.message for fault in refusal.faults)
    return (str(refusal),)
