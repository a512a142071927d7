"""`connections accounts`: what is on offer, what is left out and why, the empty list, and the choice."""

import json
from typing import Any, Final

import pytest

from domain import connection as connections
from tests.services.cli.conftest import Kyrios
from tests.world import ACCOUNT, World, example_invoices, organisation_id

NO_CODE: Final = "00000000-0000-4000-8000-00000000aaaa"


def in_xero(world: World, code: str, **changes: Any) -> None:
    """Somebody edits an account in Xero."""
    place = f"/organisations/{organisation_id()}/accounts"
    world.control.post(place, json={"Code": code, **changes}).raise_for_status()


def chosen(kyrios: Kyrios) -> dict[str, list[str]]:
    """The roles of every account that has one, by its code or, where it has none, by its name."""
    listed = json.loads(kyrios("connections", "accounts", ACCOUNT, "--json").stdout)
    return {one["code"] or one["name"]: one["chosen"] for one in listed if one["chosen"]}


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
    back = ("connections", "set", ACCOUNT, "accounts.line", "payment_enabled")
    head = world.engine.store.head()
    asked = kyrios_in_world(*back, code=2).stderr
    assert f"With this nothing of {ACCOUNT} is sent: 270 Interest Income does not take payments. Tick " in asked
    assert "Set accounts.line to payment_enabled all the same?" in asked
    assert world.engine.store.head() == head
    said = kyrios_in_world(*back, "--yes").stdout
    assert said.startswith("accounts.line is payment_enabled.\nWith this nothing of ")
    assert "in Xero, or choose another." in said
    assert f"Another account: kyrios-xero connections accounts {ACCOUNT} --line ACCOUNT" in said
    assert f"Set it back: kyrios-xero connections set {ACCOUNT} accounts.line revenue" in said
    assert held_by(world) == ["account_not_payment_enabled"]
    in_xero(world, "270", EnablePaymentsToAccount=True)
    kyrios_in_world("connections", "refresh", ACCOUNT)
    assert held_by(world) == []


def test_what_is_not_named_stays_chosen_and_steps_name_an_account_for_payments_that_lacks(
    world: World, kyrios_in_world: Kyrios
) -> None:
    def step() -> str:
        out = kyrios_in_world("connections", "steps", ACCOUNT, COLUMNS="200").stdout
        row = next(line for line in out.splitlines() if " accounts " in line)
        assert ("All is set up" in out) == (row.split()[2:] == ["done"]), out
        return row

    lacks = "choose the account for payments (only paid invoices wait)"
    assert lacks in step()
    assert world.engine.set_up.connection(ACCOUNT).gate_open
    kyrios_in_world("connections", "accounts", ACCOUNT, "--payment", "850")
    whole = {"200": ["default for lines"], "260": ["also allowed"], "850": ["default for payments"]}
    assert (chosen(kyrios_in_world), lacks in step()) == (whole, False)
    kyrios_in_world("connections", "accounts", ACCOUNT, "--line", "200")
    assert (chosen(kyrios_in_world), lacks in step()) == (whole, False)
    kyrios_in_world("connections", "accounts", ACCOUNT, "--also", "850")
    both = whole | {"850": ["default for payments", "also allowed"]}
    assert chosen(kyrios_in_world) == both
    drop = ("connections", "accounts", ACCOUNT, "--no-payment", "--no-also", "--also", "850")
    head = world.engine.store.head()
    refused = kyrios_in_world(*drop, stdin=b"n\n", code=2).stderr
    assert "Paid invoices will wait until an account for payments is chosen" in refused
    assert "Invoices with a line on 260 Other Revenue will wait until it is allowed again." in refused
    assert world.engine.store.head() == head
    kyrios_in_world(*drop, "--yes")
    assert (chosen(kyrios_in_world), lacks in step()) == ({"200": ["default for lines"], "850": ["also allowed"]}, True)
    kyrios_in_world("connections", "set", ACCOUNT, "payments.record", "off")
    assert lacks not in step()
    kyrios_in_world("connections", "accounts", ACCOUNT, "--payment", "850")
    assert kyrios_in_world("connections", "accounts", ACCOUNT, "--no-payment").stderr == "", "nothing relies on it"


def test_an_empty_name_chooses_nothing_though_an_account_has_no_code(world: World, kyrios_in_world: Kyrios) -> None:
    new = {"AccountID": NO_CODE, "Name": "No code", "Type": "REVENUE", "Class": "REVENUE", "Status": "ACTIVE"}
    place = f"/organisations/{organisation_id()}/accounts"
    posted = new | {"TaxType": "NONE", "EnablePaymentsToAccount": True}
    world.control.post(place, json=posted).raise_for_status()
    head = world.engine.store.head()
    for options in (
        ("--line", ""),
        ("--line", " "),
        ("--payment", ""),
        ("--also", ""),
        ("--line", "260", "--also", ""),
    ):
        said = kyrios_in_world("connections", "accounts", ACCOUNT, *options, code=2).stderr
        assert "is named by its code, or by its id in Xero; this name is empty." in said
    both = kyrios_in_world("connections", "accounts", ACCOUNT, "--payment", "850", "--no-payment", code=2).stderr
    assert both == "Give either --payment or --no-payment.\n"
    assert world.engine.store.head() == head
    kyrios_in_world("connections", "accounts", ACCOUNT, "--line", NO_CODE)
    assert chosen(kyrios_in_world)["No code"] == ["default for lines"]
