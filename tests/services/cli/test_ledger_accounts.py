"""`connections accounts`: what is on offer, what is left out and why, the empty list, and the choice."""

import json
from typing import Any

import pytest

from domain import connection as connections
from tests.services.cli.conftest import Kyrios
from tests.world import ACCOUNT, World, example_invoices, organisation_id


def in_xero(world: World, code: str, **changes: Any) -> None:
    """Somebody edits an account in Xero."""
    place = f"/organisations/{organisation_id()}/accounts"
    world.control.post(place, json={"Code": code, **changes}).raise_for_status()


def held_by(world: World) -> list[str]:
    known = world.engine.store.load(world.lane, connections.evolve)
    assert known is not None
    return [cause.code for cause in known.held_by]


@pytest.mark.article("R11")
def test_ledger_accounts_are_listed_with_those_on_offer_first_and_a_reason_for_the_others(
    kyrios_in_world: Kyrios,
) -> None:
    out = kyrios_in_world("connections", "accounts", ACCOUNT).stdout.splitlines()
    assert [line.split()[0] for line in out[2:5]] == ["200", "260", "850"]
    assert any(line.startswith("400 ") and "Enable payments to this account" in line for line in out)
    listed = json.loads(kyrios_in_world("connections", "accounts", ACCOUNT, "--json").stdout)
    assert {one["code"] for one in listed if not one["not_offered"]} == {"200", "260", "850"}


@pytest.mark.article("R11")
def test_an_empty_list_says_what_to_do_in_xero_and_fills_once_it_is_done(world: World, kyrios_in_world: Kyrios) -> None:
    for code in ("200", "260", "850"):
        in_xero(world, code, EnablePaymentsToAccount=False)
    out = kyrios_in_world("connections", "accounts", ACCOUNT).stdout
    assert "On offer:" not in out
    assert "Xero lists 14 ledger accounts, but none that takes payments" in out
    assert f"kyrios-xero connections refresh {ACCOUNT}" in out
    in_xero(world, "200", EnablePaymentsToAccount=True)
    kyrios_in_world("connections", "refresh", ACCOUNT)
    lines = kyrios_in_world("connections", "accounts", ACCOUNT).stdout.splitlines()
    assert lines[0] == "On offer:"
    assert lines[2].split()[:2] == ["200", "Sales"]


@pytest.mark.article("R12")
def test_one_income_account_in_both_roles_is_chosen_with_a_warning(world: World, kyrios_in_world: Kyrios) -> None:
    done = kyrios_in_world("connections", "accounts", ACCOUNT, "--line", "200", "--payment", "200")
    assert done.stdout == "The accounts are chosen.\n"
    assert "Mind: 200 Sales is the default for lines and for payments." in done.stderr
    assert "cancels the income until the bank line is coded" in done.stderr
    done = kyrios_in_world("connections", "accounts", ACCOUNT, "--line", "200", "--payment", "850", "--also", "260")
    assert done.stderr == ""
    chosen = {
        one["code"]: one["chosen"]
        for one in json.loads(kyrios_in_world("connections", "accounts", ACCOUNT, "--json").stdout)
        if one["chosen"]
    }
    assert chosen == {"200": ["default for lines"], "260": ["also allowed"], "850": ["default for payments"]}


@pytest.mark.article("R11", "R21")
def test_lines_may_be_revenue_accounts_for_as_long_as_the_account_wishes(world: World, kyrios_in_world: Kyrios) -> None:
    choose = ("connections", "accounts", ACCOUNT, "--line", "270")
    assert "It does not take payments." in kyrios_in_world(*choose, code=2).stderr
    kyrios_in_world("connections", "set", ACCOUNT, "accounts.line", "revenue")
    kyrios_in_world(*choose)
    kyrios_in_world("connections", "accounts", ACCOUNT, "--line", "400", code=2)
    kyrios_in_world(*choose, "--payment", "270", code=2)
    world.queue(example_invoices(1))
    world.work()
    (invoice,) = world.in_xero()
    assert {line["AccountCode"] for line in invoice["LineItems"]} == {"270"}
    kyrios_in_world("connections", "set", ACCOUNT, "accounts.line", "payment_enabled")
    assert held_by(world) == ["account_not_payment_enabled"]
    in_xero(world, "270", EnablePaymentsToAccount=True)
    kyrios_in_world("connections", "refresh", ACCOUNT)
    assert held_by(world) == []
