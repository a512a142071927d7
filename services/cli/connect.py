"""The command that connects an account to Xero: prints a link for a browser and waits for what comes of it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Annotated, Any, Final
from uuid import UUID

import httpx
import typer
from rich.console import Console

from adapters.xero.answers import XeroConnection
from adapters.xero.errors import XeroError
from domain.connection import Connection
from domain.connection_words import called
from domain.event import Actor
from domain.mail_address import checked_address
from domain.set_up_steps import set_up_steps
from services.bootstrap import Engine
from services.cli import console
from services.cli.complaints import complaint
from services.cli.given_options import named_in_faults
from services.cli.nobody_told import nobody_told
from services.cli.organisations import show_listed
from services.mailing.reach import Reach, reach_of
from services.running import Told, until_told
from services.set_up.consent_results import CONSENTED, WORDS, Result
from services.views.organisation_status import OrganisationStatus, organisation_of

OWNER: Final = Actor("owner", "cli")
_USED: Final[dict[Result, str]] = {
    "connected": "So far this account used",
    "resumed": "They go to",
    "elsewhere": "So far this account used",
    "in_use": "So far this account used",
}
"""How the organisation an account has is mentioned after a consent."""
LOOKS: Final = 0.3
LONGEST: Final = 21 * 60.0
"""Seconds: ten minutes to open the link, ten to agree, and some for the exchange."""


def register(app: typer.Typer) -> None:
    """Add the command to the group of connections."""
    app.command()(connect)


def connect(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    email: Annotated[
        str | None, typer.Option(help="who connects: mails go there, unless somebody was chosen before")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="what came of it as JSON; the link on standard error")
    ] = False,
) -> None:
    """Print a link; whoever opens it and agrees in Xero connects the account. Waits for that, ten minutes for each.

    The link goes to standard error, what came of it to standard output.
    """
    with console.engine(console.settings_with_xero()) as engine:
        if email is not None:
            with named_in_faults(email=[email]):
                checked_address(email)
        invitation, says = engine.set_up.invite(account, OWNER), console.errors()
        with until_told() as told, _server(engine):
            says.print("Open this link in a browser and agree in Xero; it is good for ten minutes and one use:\n")
            says.print(invitation.link.reveal(), soft_wrap=True)
            result = _wait(engine, invitation.consent_id, told)
        if email is not None and result in CONSENTED:
            engine.alert_recipients.begin_with(account, email, OWNER)
        nobody = nobody_told(account, reach_of(engine.store).get(account, Reach()))
        listed = _listed(engine, account) if result in ("connected", "elsewhere", "in_use") else ()
        used = organisation_of(engine.store, account) if result in CONSENTED else None
        to_do = _to_do(engine.set_up.connection(account)) if result == "resumed" else []
    if used is None:
        console.end(WORDS[result])
    if as_json:
        console.print_json(_as_json(account, result, listed, used) | {"to_do": to_do})
    else:
        _say(account, result, listed, used, console.out())
        if to_do:
            said = f"Still to do: {'; '.join(to_do)}. How: kyrios-xero connections steps {account}"
            console.out().print(said, markup=False, soft_wrap=True)
        if nobody:
            console.out().print(nobody, markup=False, soft_wrap=True)


@contextmanager
def _server(engine: Engine) -> Iterator[None]:
    """Somebody the browser can come back to: the server that runs already, or one of our own for as long as we wait."""
    from services.web.server import PortTaken, web_serving

    with ExitStack() as own:
        if engine.settings.comes_back_here:
            try:
                own.enter_context(web_serving(engine))
            except PortTaken:
                if not _is_ours(engine.settings.browser_url):
                    raise
        yield


def _is_ours(address: str) -> bool:
    """Whether a server of this program answers at our address."""
    from services.web.consent import RESULT_PATH
    from services.web.pages import result_page

    try:
        return httpx.get(f"{address}{RESULT_PATH}", timeout=3).text == result_page("unknown")
    except httpx.HTTPError:
        return False


def _wait(engine: Engine, consent_id: UUID, told: Told) -> Result:
    says, end = console.errors(), time.monotonic() + LONGEST
    with says.status("Waiting for the browser to come back from Xero; Ctrl-C stops.") if says.is_terminal else _quiet():
        while time.monotonic() < end:
            result = engine.set_up.consent_result(consent_id)
            if result is not None:
                return result
            if told.wait(LOOKS):
                raise KeyboardInterrupt
    return "expired"


@contextmanager
def _quiet() -> Iterator[None]:
    yield


def _listed(engine: Engine, account: str) -> tuple[XeroConnection, ...]:
    """The organisations to choose from; connecting has succeeded, so trouble with the list is only told."""
    try:
        return engine.set_up.organisations(account)
    except XeroError as error:
        console.errors().print(complaint(error)[0])
        return ()


def _to_do(known: Connection) -> list[str]:
    """What set-up lacks, such as a tax set that Kyrios came to offer meanwhile."""
    return [one.rstrip(".") for step in set_up_steps(known) if step.name != "watch" for one in step.missing]


def _say(
    account: str, result: Result, listed: tuple[XeroConnection, ...], used: OrganisationStatus, out: Console
) -> None:
    out.print(WORDS[result], soft_wrap=True)
    if used.organisation_id:
        so_far = called(used.organisation_id, {used.organisation_id: used.name})
        given = ", ".join(one.name or one.organisation_id for one in listed)
        reaches = f" This consent reaches {given}." if result == "elsewhere" and given else ""
        out.print(f"{_USED[result]} {so_far}.{reaches}", markup=False, soft_wrap=True)
    if result != "resumed":
        show_listed(account, listed, out)


def _as_json(
    account: str, result: Result, listed: tuple[XeroConnection, ...], used: OrganisationStatus
) -> dict[str, Any]:
    found = [{"organisation_id": one.organisation_id, "name": one.name} for one in listed]
    so_far = {"organisation_id": used.organisation_id, "name": used.name} if used.organisation_id else None
    return {
        "account_id": account,
        "result": result,
        "words": WORDS[result],
        "used_so_far": so_far,
        "organisations": found,
    }
