"""Seed files: the demo company, one of one's own, and bad ones."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.simulator.options import SimulatorOptions
from adapters.simulator.seeding import DEMO_COMPANY, SeedError, load_seed
from adapters.simulator.server import Simulator
from tests.adapters.simulator.visitor import Json, Visitor, a_line, an_invoice


def demo() -> Json:
    """The demo company's seed, to be spoiled."""
    found: Json = json.loads(DEMO_COMPANY.read_text())
    return found


def test_the_demo_company_offers_what_the_tests_and_the_demo_need() -> None:
    (seed,) = load_seed(None)
    kinds = [kind for kind, _ in seed.objects]
    assert (kinds.count("accounts"), kinds.count("tax_rates"), kinds.count("contacts")) == (12, 8, 10)


def test_a_seed_may_bring_invoices_that_exist_already(tmp_path: Path) -> None:
    seed = demo()
    seed["organisations"][0]["Invoices"] = [an_invoice("OLD-1"), an_invoice("OLD-2", Status="VOIDED")]
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(seed))
    with Simulator(SimulatorOptions(tmp_path / "ledger.sqlite", seed=path)) as simulator:
        xero = Visitor(simulator.api_url, simulator.control_url)
        held = xero.steer("GET", "/ledger/invoices")["invoices"]
        xero.close()
    assert [(i["InvoiceNumber"], i["Status"], i["origin"]) for i in held] == [
        ("OLD-1", "AUTHORISED", "seed"),
        ("OLD-2", "VOIDED", "seed"),
    ]


SPOILT: dict[str, tuple[Callable[[Json], object], str]] = {
    "tenant": (lambda o: o.update(tenant_id="7"), "tenant_id '7' is no GUID"),
    "section": (lambda o: o.update(Widgets=[]), "no section 'Widgets'"),
    "organisation": (lambda o: o.pop("Organisation"), "it needs 'Organisation'"),
    "currency": (lambda o: o["Organisation"].pop("BaseCurrency"), "an object in organisation lacks BaseCurrency"),
    "account": (lambda o: o["Accounts"].append({"Name": "X"}), "an object in accounts lacks Type, Class"),
    "rate": (lambda o: o["TaxRates"].append({"Name": "X"}), "an object in tax_rates lacks TaxType"),
    "contact": (lambda o: o["Contacts"].append([]), "an object in contacts is not an object"),
    "date": (lambda o: o["Organisation"].update(PeriodLockDate="x"), "cannot be used"),
    "no object": (lambda o: o.update(Organisation=[]), "an organisation is not an object"),
    "list": (lambda o: o.update(Accounts=7), "Accounts must be a list"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_bad_seed_is_one_clear_sentence(tmp_path: Path, name: str) -> None:
    seed, (spoil, sentence) = demo(), SPOILT[name]
    spoil(seed["organisations"][0])
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(seed))
    with pytest.raises(SeedError, match=sentence) as told:
        load_seed(path)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"organisations": []}', '{"organisations": [7]}'])
def test_a_file_without_organisations_is_no_seed(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seed.json"
    path.write_text(text)
    with pytest.raises(SeedError):
        load_seed(path)


def test_a_seeded_invoice_must_obey_the_books(tmp_path: Path) -> None:
    seed = demo()
    seed["organisations"][0]["Invoices"] = [an_invoice("OLD-1", LineItems=[a_line(AccountCode="999")])]
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(seed))
    with pytest.raises(SeedError, match="invoice 'OLD-1': Account must be valid"):
        Simulator(SimulatorOptions(tmp_path / "ledger.sqlite", seed=path)).start()
