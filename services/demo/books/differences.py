"""Every way in which the file, the engine's claim and Xero's ledger can differ, each in plain words."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from typing import Final

from services.demo.books.arithmetic import is_as_its_lines_say, recompute
from services.demo.books.outcome import Outcome
from services.demo.books.sources import FileInvoice, XeroInvoice

VOIDED: Final = "VOIDED"


def line_differences(lines: Mapping[int, FileInvoice | None], outcome: Outcome) -> Iterator[str]:
    """Every line was either accepted or reported as bad."""
    for number, invoice in lines.items():
        accepted = invoice is not None and invoice.invoice_id in outcome.accepted
        reported = number in outcome.rejected_lines
        if accepted and reported:
            yield f"line {number} was accepted and yet reported as bad"
        if not accepted and not reported:
            yield f"line {number} was neither accepted nor reported as bad"


def fate_differences(known: Collection[str], outcome: Outcome) -> Iterator[str]:
    """Nothing was accepted that is not in the file, and every accepted invoice has one fate."""
    fates = {"waits": {*outcome.waiting}, "was refused": {*outcome.refused}, "was voided": {*outcome.voided}}
    for invoice_id in sorted({*outcome.accepted} - {*known}):
        yield f"{invoice_id} was accepted but is not in the file"
    for invoice_id in sorted(set().union(*fates.values()) - {*outcome.accepted}):
        yield f"{invoice_id} waits, was refused or voided but was never accepted"
    for (one, ones), (other, others) in combinations(fates.items(), 2):
        for invoice_id in sorted(ones & others):
            yield f"{invoice_id} both {one} and {other}"


def change_differences(revised: Collection[str], voids: Collection[str], outcome: Outcome) -> Iterator[str]:
    """What Kyrios voids is voided and nothing else; only a revision that was made can be refused."""
    for invoice_id in sorted({*voids} - {*outcome.voided}):
        yield f"{invoice_id} is voided by Kyrios, but not by the engine"
    for invoice_id in sorted({*outcome.voided} - {*voids}):
        yield f"{invoice_id} is voided by the engine, but not by Kyrios"
    for invoice_id in sorted({*outcome.unrevised} - {*revised}):
        yield f"{invoice_id} was never revised, so no revision of it can be refused"


def invoice_differences(invoice: FileInvoice, found: list[XeroInvoice], outcome: Outcome) -> Iterator[str]:
    """An invoice is in Xero once, and as it should be there, or not at all; a voided one is voided there."""
    due = invoice.invoice_id in outcome.due
    if due and not is_as_its_lines_say(invoice):
        yield f"{invoice.number}: the file says {invoice.totals}, its lines make {recompute(invoice)}"
    if due and not found:
        yield f"{invoice.number} is missing in Xero"
    if invoice.invoice_id in outcome.voided:
        yield from (
            f"{invoice.number} is {other.status} in Xero, though Kyrios voided it"
            for other in found
            if other.status != VOIDED
        )
    elif found and not due:
        yield f"{invoice.number} is in Xero, though it waits, was refused or was never accepted"
    if len(found) > 1:
        yield f"{invoice.number} is in Xero {len(found)} times"
    for other in found:
        yield from _pair_differences(invoice, other, outcome)


def foreign_differences(foreign: list[XeroInvoice], before: Counter[str]) -> Iterator[str]:
    """What is not ours in Xero stood there before."""
    others = Counter(invoice.invoice_number for invoice in foreign)
    for number in sorted((others - before).elements()):
        yield f"{number} in Xero is unexpected: neither from the file nor there before"
    for number in sorted((before - others).elements()):
        yield f"{number} stood in Xero before and is gone"


def _pair_differences(invoice: FileInvoice, other: XeroInvoice, outcome: Outcome) -> Iterator[str]:
    voided = invoice.invoice_id in outcome.voided
    if other.totals != invoice.totals:
        yield f"{invoice.number} has a wrong total: {other.totals} in Xero, {invoice.totals} in the file"
    elif other.amount_due != invoice.owing and not voided:
        yield f"{invoice.number} has {other.amount_due:.2f} owing in Xero, {invoice.owing:.2f} by its payments"
    if other.currency_code != invoice.currency:
        yield f"{invoice.number} is in {other.currency_code} in Xero, not in {invoice.currency}"
    if other.invoice_number != invoice.number:
        yield f"{invoice.number} has the number {other.invoice_number} in Xero"
    if other.status not in {"AUTHORISED", "PAID"} and not voided:
        yield f"{invoice.number} is {other.status} in Xero"
    if invoice.invoice_id in outcome.unrevised and other.amount_due == other.total:
        yield f"{invoice.number} has nothing paid on it in Xero, so its revision need not have been refused"
