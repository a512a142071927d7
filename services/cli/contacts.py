"""Commands about contacts."""

import codecs
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from domain.event import Actor
from domain.refusals import Fault, InvalidInput
from services.cli import console

app = typer.Typer(
    help="Contacts: whom Xero knows, and which of them stands for which Kyrios contact.", no_args_is_help=True
)

_XERO_ID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
_FORM: Final = '{"contact_id": "…", "xero_contact_id": "…"}'


class _Link(msgspec.Struct, forbid_unknown_fields=True):
    contact_id: str
    xero_contact_id: str


@app.callback()
def _group() -> None:
    """Contacts: whom Xero knows, and which of them stands for which Kyrios contact."""


@app.command()
def link(
    account: Annotated[str, typer.Argument(help="the Kyrios account")],
    contact: Annotated[str | None, typer.Argument(help="the Kyrios contact's id")] = None,
    xero_contact: Annotated[str | None, typer.Argument(help="the Xero ContactID")] = None,
    file: Annotated[Path | None, typer.Option(help="NDJSON of contact_id and xero_contact_id")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Link one contact, or all of a file. Invoices that wait for one of them go by themselves."""
    one = (contact, xero_contact)
    if (file is not None and one != (None, None)) or (file is None and None in one):
        console.end("Give either a contact and its Xero contact, or --file.")
    with console.engine() as engine:
        links = _read(file) if file is not None else _checked([(None, contact or "", xero_contact or "")])
        linked = engine.contact_links.link(account, links, Actor("owner", "cli"))
    known = len(links) - linked
    if as_json:
        console.print_json({"linked": linked, "known": known})
        return
    console.out().print(f"{console.count(linked, 'contact')} linked, {known:,} linked like this already.")


def _read(file: Path) -> dict[str, str]:
    """The links of a file; a file with a fault links nothing."""
    found: list[tuple[int | None, str, str]] = []
    for number, line in enumerate(file.read_bytes().removeprefix(codecs.BOM_UTF8).splitlines(), 1):
        if not line.strip():
            continue
        try:
            one = msgspec.json.decode(line, type=_Link)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise InvalidInput(Fault("", f"line {number} of {file} is no link, such as {_FORM}")) from None
        found.append((number, one.contact_id, one.xero_contact_id))
    if not found:
        raise InvalidInput(Fault("", f"the file {file} holds no link, such as {_FORM}"))
    return _checked(found)


def _checked(given: Sequence[tuple[int | None, str, str]]) -> dict[str, str]:
    """The links by Kyrios contact; every fault with the number of its line, if it has one."""
    links: dict[str, str] = {}
    faults = []
    for number, contact, xero_contact in given:
        fault = _fault(contact, xero_contact, links)
        if fault is not None:
            faults.append(Fault("", f"line {number}: {fault}" if number else fault))
        links.setdefault(contact, xero_contact.lower())
    if faults:
        raise InvalidInput(*faults)
    return links


def _fault(contact: str, xero_contact: str, links: Mapping[str, str]) -> str | None:
    if not contact.strip():
        return "the Kyrios contact's id is empty"
    if not _XERO_ID.fullmatch(xero_contact):
        return f"{xero_contact!r} is no Xero ContactID, such as 00000000-0000-0000-0000-000000000000"
    if links.get(contact, xero_contact.lower()) != xero_contact.lower():
        return f"contact {contact} is linked to another Xero contact on an earlier line"
    return None
