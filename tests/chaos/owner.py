"""The accounts' owners: they connect, choose, declare, map and link, before anything goes wrong."""

from typing import Final

import httpx

from adapters.vault.secret import Secret
from domain.streams import connection_id
from domain.tax import DeclaredTaxSet
from services.bootstrap import Engine
from services.set_up.connecting import WayToXero
from services.set_up.consent_results import CONSENTED
from tests.chaos.books import Organisation
from tests.chaos.mails import address_of
from tests.chaos.plan import GST, UNMAPPED
from tests.world import BACKEND, OWNER

SYNC_FROM: Final = "2026-08-01"


def set_up(engine: Engine, control_url: str, organisation: Organisation) -> None:
    """Take one account from nothing to an open gate, with its customers linked and its contacts read."""
    account_id, steps = organisation.account_id, engine.set_up
    assert consent(engine, control_url, organisation)
    steps.choose_organisation(account_id, organisation.tenant_id, OWNER)
    steps.change_setting(account_id, "sync_from", SYNC_FROM, OWNER)
    move_gate(engine, account_id, opened=True)
    steps.choose_accounts(account_id, line="200", payment="850", also=[], actor=OWNER)
    steps.declare_taxes(
        account_id,
        [DeclaredTaxSet(tax_set=GST, name="GST"), DeclaredTaxSet(tax_set=UNMAPPED, name="GST and levy")],
        BACKEND,
    )
    steps.map_tax(account_id, GST, "OUTPUT2", OWNER)
    engine.contact_links.link(account_id, organisation.links, BACKEND)
    engine.alert_recipients.change(account_id, OWNER, add=[address_of(account_id)])
    engine.projector.catch_up()
    assert engine.contact_reader.read(connection_id(account_id)), "the contacts could not be read"


def consent(engine: Engine, control_url: str, organisation: Organisation) -> str:
    """Lead the owner's browser to Xero's page and back; the word for what came of it, "" if Xero is not connected."""
    account_id, steps = organisation.account_id, engine.set_up
    way = steps.open_link(steps.invite(account_id, OWNER).ticket)
    assert isinstance(way, WayToXero), "a new link leads to Xero"
    asked = {
        "authorize_url": way.url.reveal(),
        "decision": "allow",
        "tenant_ids": [organisation.tenant_id],
        "user": account_id,
    }
    answer = httpx.post(f"{control_url}/consent", json=asked, timeout=30)
    answer.raise_for_status()
    result = steps.come_back(Secret(answer.json()["redirect"]), way.browser)
    return result if result in CONSENTED else ""


def connect_again(engine: Engine, control_url: str, organisation: Organisation) -> bool:
    """Consent again, and choose the same books if Xero did not list them at once; False if it is to be tried again."""
    result = consent(engine, control_url, organisation)
    if result == "connected":
        engine.set_up.choose_organisation(organisation.account_id, organisation.tenant_id, OWNER)
    return result in ("connected", "resumed")


def move_gate(engine: Engine, account_id: str, *, opened: bool) -> None:
    """One tax set is never mapped: where all of them must be, the gate is closed."""
    engine.set_up.change_setting(account_id, "tax.gate", "used_on_invoice" if opened else "all_active", OWNER)
