"""The command about ledger accounts: what Xero offers, what it does not and why, and the choice."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console

from domain.account_offer import Exclusion, Offer, nothing_offered
from domain.account_settings import payments_are_recorded
from domain.connection import Connection, LedgerAccount
from domain.event import Actor
from domain.references import References
from services.cli import console
from services.set_up.accounts import Named

OWNER = Actor("owner", "cli")


def register(app: typer.Typer) -> None:
    """Add the command to the group of connections."""
    app.command()(accounts)


def accounts(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    line: Annotated[str | None, typer.Option(help="code or id of the default account for lines")] = None,
    payment: Annotated[str | None, typer.Option(help="code or id of the default account for payments")] = None,
    no_payment: Annotated[bool, typer.Option("--no-payment", help="have no account for payments any more")] = False,
    also: Annotated[list[str] | None, typer.Option(help="a further account a line may name; may be repeated")] = None,
    no_also: Annotated[bool, typer.Option("--no-also", help="allow none of the further accounts of before")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do it without asking")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """List Xero's ledger accounts, and of those not offered why and what would help; or choose among them.

    What is not named stays as it was chosen. Dropping what invoices rely on is asked first.
    """
    if payment is not None and no_payment:
        console.end("Give either --payment or --no-payment.")
    named = Named(line=line, payment=payment, also=tuple(also or ()), no_payment=no_payment, no_also=no_also)
    choosing, warning = named != Named(), None
    with console.engine(console.settings_with_xero()) as engine:
        if choosing:
            known = engine.set_up.connection(account)
            if line is None and known.default_line is None:
                console.end("Give --line as well: the account for lines comes first.")
            if not yes:
                _confirm_drops(named, known, engine.set_up.references(account))
            warning = engine.set_up.change_accounts(account, named, OWNER)
        listed = engine.set_up.offered_accounts(account) if not choosing or as_json else []
        known = engine.set_up.connection(account)
    if as_json:
        console.print_json([_account_json(one, known) for one in listed])
    elif choosing:
        console.out().print("The accounts are chosen.")
    else:
        show_offers(account, listed, known, console.out())
    if warning:
        console.errors().print(f"Mind: {warning}", soft_wrap=True)


def _confirm_drops(named: Named, known: Connection, said: References) -> None:
    """Ask before an account that invoices rely on is dropped; nothing to ask if none is."""
    lost = []
    if named.no_payment and known.default_payment and payments_are_recorded(known.settings):
        lost.append("Paid invoices will wait until an account for payments is chosen (or payments.record is off).")
    line = known.default_line if named.line is None else None
    kept = {named.line, *named.also, line.account_id if line else None}
    dropped = [one for one in known.also_allowed if kept.isdisjoint((one.code, one.account_id))]
    if named.no_also and dropped:
        names = ", ".join(_name(one, said) for one in dropped)
        lost.append(f"Invoices with a line on {names} will wait until it is allowed again.")
    if lost:
        console.errors().print("\n".join(lost), soft_wrap=True)
        console.confirm("Drop what was chosen before?")


def _name(one: LedgerAccount, said: References) -> str:
    return said.name_of_account(one.account_id, one.code)


def show_offers(account: str, listed: list[Offer], known: Connection, out: Console) -> None:
    """A table of the accounts on offer and one of all others, each with its reason and fix."""
    on_offer = [one for one in listed if one.offered]
    if on_offer:
        out.print("On offer:")
        headings = ["code", "name", "type", "lines", "payments", "chosen"]
        console.show(console.table(headings, [_offered_row(one, known) for one in on_offer]), out)
    if empty := nothing_offered(listed):
        out.print(f"{empty}\n  kyrios-xero connections refresh {account}", soft_wrap=True)
    left_out = [one for one in listed if not one.offered]
    if left_out:
        out.print("\nLeft out:")
        headings = ["code", "name", "type", "why", "what would help"]
        console.show(console.table(headings, [_left_out_row(one) for one in left_out]), out)


def _offered_row(one: Offer, known: Connection) -> tuple[str, ...]:
    return (
        one.account.code,
        one.account.name,
        one.account.type,
        _yes_or_why(one.not_for_lines),
        _yes_or_why(one.not_for_payments),
        ", ".join(_roles(one, known)),
    )


def _left_out_row(one: Offer) -> tuple[str, ...]:
    reasons = one.not_for_lines
    return (
        one.account.code,
        one.account.name,
        one.account.type,
        " ".join(reason.reason for reason in reasons),
        reasons[0].fix,
    )


def _yes_or_why(reasons: tuple[Exclusion, ...]) -> str:
    return " ".join(reason.reason for reason in reasons) or "yes"


def _roles(one: Offer, known: Connection) -> list[str]:
    mine = one.account.account_id
    chosen = {
        "default for lines": known.default_line is not None and known.default_line.account_id == mine,
        "default for payments": known.default_payment is not None and known.default_payment.account_id == mine,
        "also allowed": any(other.account_id == mine for other in known.also_allowed),
    }
    return [role for role, holds in chosen.items() if holds]


def _account_json(one: Offer, known: Connection) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(one.account),
        "for_lines": one.for_lines,
        "for_payments": one.for_payments,
        "not_offered": [reason.code for reason in one.not_for_lines] if not one.offered else [],
        "not_for_lines": one.not_for_lines,
        "not_for_payments": one.not_for_payments,
        "chosen": _roles(one, known),
    }
