"""The command that tells any past state, and the events that led to it."""

from typing import Annotated

import typer
from rich.console import Console

from domain.causes import words
from domain.money import Money
from domain.tax import plain
from services.audit.past_states import Happened, PastAccount, PastConnection, PastContact, PastInvoice, PastTaxes
from services.audit.until import Until
from services.cli import console

Told = PastInvoice | PastConnection | PastTaxes | PastContact


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(replay)


def replay(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    until: Annotated[
        str | None, typer.Option(help="a day (to its end, UTC), a moment such as 2026-03-31T17:00, or a log position")
    ] = None,
    invoice: Annotated[str | None, typer.Option(help="an invoice, by its Kyrios id or its number")] = None,
    connection: Annotated[bool, typer.Option("--connection", help="the connection")] = False,
    taxes: Annotated[bool, typer.Option("--taxes", help="the tax mappings")] = False,
    contact: Annotated[str | None, typer.Option(help="the link of a Kyrios contact")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Tell how things stood at a moment, and every event that led there. Without an option, the account as a whole.

    Folded from the log alone, which is never changed: it is what every list and page said then.
    """
    if sum((invoice is not None, connection, taxes, contact is not None)) > 1:
        console.end("One of --invoice, --connection, --taxes and --contact at a time.")
    with console.engine() as engine:
        past = engine.past
        told: Told | PastAccount
        if invoice is not None:
            told = past.invoice(account, invoice, until)
        elif contact is not None:
            told = past.contact(account, contact, until)
        elif connection or taxes:
            told = past.connection(account, until) if connection else past.taxes(account, until)
        else:
            engine.projector.catch_up()
            told = past.account(account, until)
    if as_json:
        console.print_json(told)
    else:
        _render(told, console.out())


def _render(told: Told | PastAccount, out: Console) -> None:
    match told:
        case PastInvoice():
            _invoice(told, out)
        case PastConnection():
            _connection(told, out)
        case PastTaxes():
            _taxes(told, out)
        case PastContact():
            link = told.state
            says = f"stood for by Xero contact {link.xero_contact_id}" if link.xero_contact_id else "not linked"
            out.print(f"Contact {link.kyrios_contact_id}: {'erased, ' if link.erased else ''}{says}.")
        case PastAccount():
            _account(told, out)
            return
    _history(told.events, out)
    out.print(_as_of(told.until))


def _invoice(told: PastInvoice, out: Console) -> None:
    state = told.state
    total = Money(state.document.totals.total, state.document.currency)
    out.print(f"{state.document.number} ({state.kyrios_invoice_id}) of {state.document.date}: {total}")
    out.print(f"{told.status}: {told.says}")
    out.print(f"Revision {state.revision}; in Xero: {state.xero_invoice_id or 'no'}", soft_wrap=True)


def _connection(told: PastConnection, out: Console) -> None:
    state = told.state
    out.print(f"{told.status}: {told.says}", soft_wrap=True)
    rows = [
        ("organisation", f"{state.organisation_id or 'none'} {state.base_currency}".strip()),
        ("gate", " ".join(words(cause) for cause in told.held_by) or "open"),
        ("account for lines", state.default_line.code or state.default_line.account_id if state.default_line else ""),
        ("mapped tax sets", f"{len(state.mappings)} (mapping version {state.mapping_version})"),
        *(("setting", f"{name} = {value}") for name, value in sorted(state.settings.items())),
    ]
    console.show(console.table(["what", "then"], rows), out)


def _taxes(told: PastTaxes, out: Console) -> None:
    rows = []
    for one in told.mappings:
        mapped, last = one.mapping, one.last
        rate = f"{mapped.tax_type} at {plain(mapped.effective_rate)} %, version {mapped.version}" if mapped else "none"
        by = f"{last.actor}, {last.recorded_at:%Y-%m-%d %H:%M:%S}" if last else ""
        rows.append((one.tax_set or "no tax", one.name, rate, by))
    console.show(console.table(["tax set", "name", "Xero rate then", "last changed by, at (UTC)"], rows), out)


def _account(told: PastAccount, out: Console) -> None:
    out.print(f"{told.account_id}: {told.says}", soft_wrap=True)
    out.print(told.balance, soft_wrap=True)
    rows = [(one.currency, one.status, f"{one.invoices:,}", Money(one.total, one.currency)) for one in told.counters]
    headings = ["currency", "state", "invoices", "total"]
    console.show(console.table(headings, rows, numbers=["invoices", "total"]), out)
    out.print(_as_of(told.until))


def _history(events: tuple[Happened, ...], out: Console) -> None:
    rows = [
        (one.position, f"{one.recorded_at:%Y-%m-%d %H:%M:%S}", one.actor, one.event, one.says, one.event_id)
        for one in events
    ]
    headings = ["position", "recorded (UTC)", "who", "what", "in words", "event id"]
    out.print()
    console.show(console.table(headings, rows, numbers=["position"]), out)


def _as_of(until: Until) -> str:
    at = f", recorded {until.recorded_at:%Y-%m-%d %H:%M:%S} UTC" if until.recorded_at else ""
    return f"\nAs of position {until.position} of {until.head}{at}."
