"""The commands about what Xero says: check again, and see which rates might stand for the tax sets."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.simulator.server import Simulator
from tests.services.cli.conftest import Kyrios, runner
from tests.services.cli.program import variables_of
from tests.world import ACCOUNT, World, example_invoices, organisation_id, world_on

SALES = "7d9e2c41-8f36-4b75-a1d8-0c53e6f9b200"


def test_check_again_says_that_everything_qualifies(kyrios_in_world: Kyrios) -> None:
    out = kyrios_in_world("connections", "refresh", ACCOUNT).stdout
    assert "Everything chosen qualifies." in out
    assert "waited" not in out, "nothing did"


def test_check_again_promises_nothing_of_what_is_not_chosen(xero: Simulator, database_url: str, tmp_path: Path) -> None:
    with world_on(xero, database_url, tmp_path) as world:
        world.connect()
        out = runner(variables_of(world))("connections", "refresh", ACCOUNT).stdout
    assert "qualifies" not in out
    assert f"Nothing of it is chosen yet; what comes next: kyrios-xero connections steps {ACCOUNT}\n" in out


@pytest.mark.article("R24")
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"Status": "ARCHIVED"}, "The Xero rate of GST 15%, 15% GST on Income (OUTPUT2), was archived or deleted."),
        (
            {"TaxComponents": [{"Name": "GST", "Rate": 17.5, "IsCompound": False}]},
            "GST 15% is 15% here but 17.5% in Xero, where it is 15% GST on Income (OUTPUT2).",
        ),
    ],
)
def test_a_rate_that_drifted_is_named_wherever_it_is_read_of(
    world: World, kyrios_in_world: Kyrios, changed: dict[str, Any], says: str
) -> None:
    kyrios_in_world("connections", "accounts", ACCOUNT, "--payment", "850")
    place = f"/organisations/{organisation_id()}/tax_rates"
    world.control.post(place, json={"TaxType": "OUTPUT2"} | changed).raise_for_status()
    assert says in kyrios_in_world("connections", "refresh", ACCOUNT, COLUMNS="300").stdout
    world.queue(example_invoices(1))
    world.work()
    assert f"Waiting for you: {says}" in kyrios_in_world("invoices", "show", ACCOUNT, "inv-0", COLUMNS="300").stdout
    steps = {one["step"]: one for one in json.loads(kyrios_in_world("connections", "steps", ACCOUNT, "--json").stdout)}
    assert not steps["taxes"]["done"]
    (missing,) = steps["taxes"]["missing"]
    assert missing.startswith(says)
    assert missing.endswith("Only invoices that use it wait.")
    assert steps["watch"]["done"], "nothing holds all the others back"
    changed_back = {"TaxType": "OUTPUT2", "Status": "ACTIVE", "TaxComponents": _FIFTEEN}
    world.control.post(place, json=changed_back).raise_for_status()
    world.engine.projector.catch_up()
    out = kyrios_in_world("connections", "refresh", ACCOUNT).stdout
    assert "1 invoice that waited goes to Xero now." in out
    steps = {one["step"]: one for one in json.loads(kyrios_in_world("connections", "steps", ACCOUNT, "--json").stdout)}
    assert all(one["done"] for one in steps.values())


_FIFTEEN: Final = [{"Name": "GST", "Rate": 15, "IsCompound": False}]


@pytest.mark.article("R21")
def test_check_again_names_what_does_not_qualify(world: World, kyrios_in_world: Kyrios) -> None:
    place = f"/organisations/{organisation_id()}/accounts"
    world.control.post(place, json={"AccountID": SALES, "Status": "ARCHIVED"}).raise_for_status()
    out = kyrios_in_world("connections", "refresh", ACCOUNT).stdout
    assert "200 Sales is archived or gone. Restore it or choose another." in out
    found = json.loads(kyrios_in_world("connections", "refresh", ACCOUNT, "--json").stdout)
    assert (found["released"], [cause["code"] for cause in found["drifted"]]) == (0, ["account_archived"])


def test_an_account_that_was_never_connected_is_refused(kyrios_in_world: Kyrios) -> None:
    assert "not connected" in kyrios_in_world("connections", "refresh", "nobody", code=2).stderr


def test_suggestions_come_with_their_reasons(kyrios_in_world: Kyrios) -> None:
    out = kyrios_in_world("taxes", "suggest", ACCOUNT, "--json").stdout
    found = {row["tax_set"]: row for row in json.loads(out)}
    assert found["gst@15"]["suggested"] == "OUTPUT2"
    assert "has exactly the same taxes" in found["gst@15"]["reason"]
    shown = kyrios_in_world("taxes", "suggest", ACCOUNT, COLUMNS="200").stdout
    assert "OUTPUT2" in shown
