"""The command that shows what would be sent to Xero for an invoice, or what is in its way."""

from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console

from domain.document import Totals
from domain.event import Actor
from domain.explain import Explanation
from domain.money import Money
from domain.streams import invoice_stream
from services.bootstrap import Engine
from services.cli import console
from services.intake import read_invoice
from services.preview import Preview
from services.views.invoice_story import tell

BACKEND: Final = Actor("backend", "cli")

_ASKS: Final = {
    "create_invoice": "This would be created in Xero:",
    "update_invoice": "This would replace it in Xero:",
    "void_invoice": "This would void it in Xero:",
}


def register(app: typer.Typer) -> None:
    """Add the command to the group of invoices."""
    app.command()(preview)


def preview(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    invoice: Annotated[str | None, typer.Argument(help="the invoice's Kyrios id, or its number")] = None,
    file: Annotated[Path | None, typer.Option(help="an invoice that was not taken on yet, as one JSON object")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON, with the exact bytes as text")] = False,
) -> None:
    """Show exactly what would be sent to Xero now, with its hash and totals, or what is in the way. Changes nothing."""
    if (invoice is None) == (file is None):
        console.end("Name an invoice, or give one with --file; one of both.")
    with console.engine() as engine:
        if file is not None:
            issued = read_invoice(file.read_bytes(), default_account_id=account)
            if issued.account_id != account:
                console.end(f"The invoice is one of account {issued.account_id}.")
            seen, answer = engine.preview_invoice.of_issued(issued, BACKEND), None
        else:
            seen, answer = _known(engine, account, invoice or "")
    if as_json:
        console.print_json({"preview": seen, "explanation": answer})
    else:
        _show(seen, answer, console.out())


def _known(engine: Engine, account: str, invoice: str) -> tuple[Preview, Explanation]:
    engine.projector.catch_up()
    story = tell(engine, engine.read, account, invoice)
    return engine.preview_invoice(account, invoice_stream(account, story.kyrios_invoice_id)), story.explanation


def _show(seen: Preview, answer: Explanation | None, out: Console) -> None:
    out.print(f"{seen.number} ({seen.kyrios_invoice_id}), revision {seen.revision}: {_money(seen, seen.totals)}")
    if answer is not None:
        out.print(f"{answer.status}: {answer.sentence}", soft_wrap=True)
    if seen.in_the_way:
        out.print("\nIn the way:")
        rows = [(cause.code, cause.words, ", ".join(cause.who) or "nobody") for cause in seen.in_the_way]
        console.show(console.table(["cause", "in words", "who must act"], rows), out)
    if seen.asks is None:
        out.print("\nNothing is left to be sent.")
    if seen.fragment is not None and seen.asks is not None:
        out.print(f"\n{_ASKS[seen.asks]}\n{msgspec.json.format(seen.fragment.encode()).decode()}")
        out.print(f"\nHash of its exact bytes (--json has them): {seen.fragment_hash}")
        _show_totals(seen, out)


def _show_totals(seen: Preview, out: Console) -> None:
    if seen.totals_in_xero is None:
        return
    out.print(f"Total in Xero: {_money(seen, seen.totals_in_xero)}, tax {seen.totals_in_xero.total_tax}")
    for payment in seen.payments:
        out.print(f"A payment follows: {Money(payment.amount, seen.currency)} of {payment.paid_on}")


def _money(seen: Preview, totals: Totals) -> Money:
    return Money(totals.total, seen.currency)
