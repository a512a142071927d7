"""The account owner of the demo: agrees in the simulated browser, chooses, declares, maps and links."""

from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from adapters.vault.secret import Secret
from domain.event import Actor
from domain.tax import DeclaredTaxSet
from services.bootstrap import Engine
from services.tax_sets_file import read_tax_sets

OWNER: Final = Actor("owner", "demo")
BACKEND: Final = Actor("backend", "demo")
ACCOUNT: Final = "harbour-vine"
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
    organisation = organisation_in(examples / "xero-organisation.json")["tenant_id"]
    _consent(engine, control_url, organisation)
    steps = engine.set_up
    steps.choose_organisation(ACCOUNT, organisation, OWNER)
    steps.change_setting(ACCOUNT, "sync_from", SYNC_FROM, OWNER)
    steps.change_setting(ACCOUNT, "tax.gate", "used_on_invoice", OWNER)
    steps.choose_accounts(ACCOUNT, line="200", payment="850", also=["260"], actor=OWNER)
    declared = read_tax_sets((examples / "taxes.json").read_bytes())
    steps.declare_taxes(ACCOUNT, [tax_set for tax_set, _ in declared], BACKEND)
    for one, tax_type in declared:
        if tax_type is not None:
            steps.map_tax(ACCOUNT, one.tax_set, tax_type, OWNER)
    engine.contact_links.link(ACCOUNT, _links(examples / "contacts.ndjson"), BACKEND)


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


def _consent(engine: Engine, control_url: str, organisation: str) -> None:
    asked = {
        "authorize_url": engine.set_up.begin_connect(ACCOUNT),
        "decision": "allow",
        "tenant_ids": [organisation],
    }
    answer = httpx.post(f"{control_url}/consent", json=asked, timeout=10)
    answer.raise_for_status()
    engine.set_up.finish_connect(ACCOUNT, Secret(answer.json()["redirect"]), OWNER)


def _links(file: Path) -> dict[str, str]:
    decoded = (msgspec.json.decode(line) for line in file.read_bytes().splitlines())
    return {one["contact_id"]: one["xero_contact_id"] for one in decoded}
