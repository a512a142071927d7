"""The commands about what Xero says: check again, and see which rates might stand for the tax sets."""

import json

import pytest

from tests.services.cli.conftest import Kyrios
from tests.world import ACCOUNT, World, organisation_id

SALES = "7d9e2c41-8f36-4b75-a1d8-0c53e6f9b200"


def test_check_again_says_that_everything_qualifies(kyrios_in_world: Kyrios) -> None:
    out = kyrios_in_world("connections", "refresh", ACCOUNT).stdout
    assert "Everything chosen qualifies." in out
    assert "0 invoices that waited for it are queued." in out


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
