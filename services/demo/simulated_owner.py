"""The account owner of the demo: agrees in the simulated browser, chooses, declares, maps and links."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from adapters.vault.secret import Secret
from domain.account_settings import Inactivity, inactivity_of
from domain.event import Actor
from domain.streams import invoice_stream
from domain.tax import DeclaredTaxSet
from services.bootstrap import Engine
from services.import_invoices import import_invoices
from services.set_up.connecting import WayToXero
from services.set_up.consent_results import CONSENTED
from services.tax_sets_file import read_tax_sets

OWNER: Final = Actor("owner", "demo")
BACKEND: Final = Actor("backend", "demo")
ACCOUNT: Final = "harbour-vine"
EMAIL: Final = "owner@harbour-vine.example"
SYNC_FROM: Final = "2026-08-01"


def organisation_in(seed: Path) -> dict[str, Any]:
    """The one organisation of a seed file: its tenant_id and Xero's own objects."""
    organisations = msgspec.json.decode(seed.read_bytes())["organisations"]
    found: dict[str, Any] = organisations[0]
    return found


def set_up_account(engine: Engine, control_url: str, examples: Path) -> None:
    """Take the demo's account from nothing to an open gate; repeating it changes nothing.

    A tax set for which the file names no Xero rate stays unmapped: only the invoices that bear it wait.
    """
    connect(engine, control_url, examples)
    choose_accounts(engine)
    declare_taxes(engine, examples)
    confirm_suggestions(engine, examples)
    pick_the_rest(engine, examples)
    link_contacts(engine, examples)


def connect(engine: Engine, control_url: str, examples: Path) -> None:
    """Agree in the browser, choose the organisation, and say from when on and how strictly invoices are sent."""
    organisation = organisation_in(examples / "xero-organisation.json")["tenant_id"]
    _consent(engine, control_url, organisation)
    engine.alert_recipients.begin_with(ACCOUNT, EMAIL, OWNER)
    engine.set_up.choose_organisation(ACCOUNT, organisation, OWNER)
    engine.set_up.change_setting(ACCOUNT, "sync_from", SYNC_FROM, OWNER)
    engine.set_up.change_setting(ACCOUNT, "tax.gate", "used_on_invoice", OWNER)


def choose_accounts(engine: Engine) -> None:
    """Choose ledger accounts among those on offer."""
    engine.set_up.choose_accounts(ACCOUNT, line="200", payment="850", also=["260"], actor=OWNER)


def declare_taxes(engine: Engine, examples: Path) -> None:
    """Kyrios says which tax sets it offers on its lines."""
    engine.set_up.declare_taxes(ACCOUNT, [one for one, _ in _taxes(examples)], BACKEND)


def confirm_suggestions(engine: Engine, examples: Path) -> list[str]:
    """Confirm what is unambiguous, all but the forgotten ones; returns the keys of those tax sets."""
    known = {one.tax_set.key for one, tax_type in _taxes(examples) if tax_type is not None}
    found = engine.set_up.unambiguous_taxes(ACCOUNT)
    pairs = [(one.tax_set, made.tax_type or "") for one, made in found if one.tax_set.key in known]
    if pairs:
        engine.set_up.map_taxes(ACCOUNT, pairs, OWNER)
    return [tax_set.key for tax_set, _ in pairs]


def pick_the_rest(engine: Engine, examples: Path) -> list[str]:
    """Pick by hand where several rates would do, as the file says; returns the keys of those tax sets."""
    mapped = engine.set_up.connection(ACCOUNT).mappings
    pairs = [
        (one.tax_set, tax_type)
        for one, tax_type in _taxes(examples)
        if tax_type is not None and one.tax_set.key not in mapped
    ]
    if pairs:
        engine.set_up.map_taxes(ACCOUNT, pairs, OWNER)
    return [tax_set.key for tax_set, _ in pairs]


def link_contacts(engine: Engine, examples: Path) -> int:
    """Kyrios says whom it knows in Xero already; returns how many."""
    links = _links(examples / "contacts.ndjson")
    engine.contact_links.link(ACCOUNT, links, BACKEND)
    return len(links)


def forgotten_taxes(engine: Engine) -> list[DeclaredTaxSet]:
    """The tax sets that Kyrios offers and nobody has mapped yet."""
    known = engine.set_up.connection(ACCOUNT)
    return [one for one in known.declared or () if one.tax_set.key not in known.mappings]


def map_forgotten_taxes(engine: Engine) -> None:
    """Map the tax sets that were forgotten, each to the rate the product itself suggests."""
    forgotten = {one.tax_set.key for one in forgotten_taxes(engine)}
    for one, suggestion in engine.set_up.suggest_taxes(ACCOUNT):
        if one.tax_set.key in forgotten and suggestion.tax_type is not None:
            engine.set_up.map_tax(ACCOUNT, one.tax_set, suggestion.tax_type, OWNER)


def revise_invoices(engine: Engine, examples: Path) -> list[str]:
    """Kyrios sends the revisions of its file; returns the ids of the invoices."""
    with (examples / "changes" / "revisions.ndjson").open("rb") as stream:
        report = import_invoices(stream, ACCOUNT, engine.revise_invoices, BACKEND)
    assert not report.not_taken, "every revision of the example is taken on"
    return report.accepted


def void_invoices(engine: Engine, examples: Path) -> list[str]:
    """Kyrios voids the invoices of its file; returns their ids."""
    lines = (examples / "changes" / "voids.ndjson").read_bytes().splitlines()
    voided: list[str] = [msgspec.json.decode(line)["invoice_id"] for line in lines]
    for invoice_id in voided:
        engine.void_invoice(ACCOUNT, invoice_id, BACKEND)
    return voided


def issue_later(engine: Engine, examples: Path) -> list[str]:
    """Kyrios issues the invoices of the file of later ones; returns their ids."""
    with (examples / "changes" / "later.ndjson").open("rb") as stream:
        report = import_invoices(stream, ACCOUNT, engine.queue_invoices, BACKEND)
    assert not report.not_taken, "every later invoice of the example is taken on"
    return report.accepted


def take_back(engine: Engine, examples: Path) -> None:
    """Kyrios revises an invoice back to what Xero holds."""
    with (examples / "changes" / "taken-back.ndjson").open("rb") as stream:
        import_invoices(stream, ACCOUNT, engine.revise_invoices, BACKEND)


def leave_out(engine: Engine, invoice_ids: Sequence[str]) -> None:
    """The owner deals with these invoices otherwise."""
    streams = [invoice_stream(ACCOUNT, invoice_id) for invoice_id in invoice_ids]
    engine.dismiss_invoices(ACCOUNT, streams, "Entered in Xero by hand", OWNER)


def agree_again(engine: Engine, control_url: str, examples: Path) -> None:
    """Agree in the browser once more, to the same organisation."""
    _consent(engine, control_url, organisation_in(examples / "xero-organisation.json")["tenant_id"])


def inactivity(engine: Engine) -> Inactivity:
    """After how many quiet days the account is warned and disconnected."""
    return inactivity_of(engine.set_up.connection(ACCOUNT).settings)


def _consent(engine: Engine, control_url: str, organisation: str) -> None:
    """Do what the owner's browser would: open the link, agree in Xero, come back."""
    steps = engine.set_up
    way = steps.open_link(steps.invite(ACCOUNT, OWNER).ticket)
    assert isinstance(way, WayToXero), "a new link leads to Xero"
    asked = {"authorize_url": way.url.reveal(), "decision": "allow", "tenant_ids": [organisation]}
    answer = httpx.post(f"{control_url}/consent", json=asked, timeout=10)
    answer.raise_for_status()
    came_of_it = steps.come_back(Secret(answer.json()["redirect"]), way.browser)
    assert came_of_it in CONSENTED, f"the simulated Xero does not agree: {came_of_it}"


def _taxes(examples: Path) -> list[tuple[DeclaredTaxSet, str | None]]:
    return read_tax_sets((examples / "taxes.json").read_bytes())


def _links(file: Path) -> dict[str, str]:
    decoded = (msgspec.json.decode(line) for line in file.read_bytes().splitlines())
    return {one["contact_id"]: one["xero_contact_id"] for one in decoded}
