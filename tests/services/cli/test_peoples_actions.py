"""`invoices retry`, `dismiss`, `restore`, `reviewed`, `void`: one by name, many by what they have in common."""

import json
from typing import Any

import pytest

from tests.services.cli.conftest import Kyrios
from tests.services.test_releaser import billed_to
from tests.world import ACCOUNT, OWNER, World, example_invoices


@pytest.fixture
def waiting(world: World) -> World:
    """Three invoices wait for their customer, one is in Xero."""
    world.engine.set_up.change_setting(ACCOUNT, "contact.create", "off", OWNER)
    world.queue([*billed_to("cus-a", 3), *example_invoices(1, start=3)])
    world.work()
    return world


def statuses(world: World) -> list[str]:
    return [world.invoice(f"inv-{number}").status for number in range(4)]


def told(kyrios: Kyrios, *arguments: str, code: int = 0) -> Any:
    return json.loads(kyrios("invoices", *arguments, "--json", code=code).stdout)


def test_one_is_left_out_shown_with_its_reason_and_brought_back(waiting: World, kyrios_in_world: Kyrios) -> None:
    leave = ("invoices", "dismiss", ACCOUNT, "T-0", "--reason", "Entered by hand")
    assert kyrios_in_world(*leave, "--dry-run").stdout == "T-0 would be left out.\n"
    assert statuses(waiting)[0] == "blocked"
    assert kyrios_in_world(*leave).stdout == "T-0 is left out.\n"
    assert kyrios_in_world(*leave).stdout == "T-0 is left out already.\n"
    shown = kyrios_in_world("invoices", "show", ACCOUNT, "inv-0").stdout
    assert "dismissed: Left out by the owner on " in shown
    assert ": Entered by hand.\n" in shown
    assert "Next: You can bring it back." in shown
    listed = kyrios_in_world("invoices", "list", ACCOUNT).stdout
    assert "dismissed  Left out by the owner on " in listed
    assert ": Entered by hand.\n" in listed
    refused = kyrios_in_world("invoices", "retry", ACCOUNT, "inv-0", code=2)
    assert refused.stderr == "Invoice inv-0 is left out; bring it back instead.\n"
    unsaid = kyrios_in_world("invoices", "restore", ACCOUNT, "inv-0", code=2)
    assert unsaid.stderr == "Say why: --reason TEXT.\n"
    assert kyrios_in_world("invoices", "restore", ACCOUNT, "inv-0", "--reason", "Sorry").stdout == (
        "inv-0 is brought back.\n"
    )
    assert "Brought back by a person: Sorry." in kyrios_in_world("invoices", "show", ACCOUNT, "inv-0").stdout


def test_many_are_shown_asked_for_and_done(waiting: World, kyrios_in_world: Kyrios) -> None:
    head = waiting.engine.store.head()
    by_cause = ("invoices", "retry", ACCOUNT, "--cause", "contact_missing")
    out = kyrios_in_world(*by_cause, "--dry-run").stdout
    assert "This is what would be done; nothing was changed." in out
    assert [line.split() for line in out.splitlines()[2:3]] == [["done", "queued", "again", "3"]]
    assert all(f"inv-{number}" in out for number in range(3))
    refused = kyrios_in_world(*by_cause, stdin=b"n\n", code=2)
    assert "3 invoices to be queued again. Do it? [y/N] Nothing was changed." in refused.stderr
    assert waiting.engine.store.head() == head
    assert "Nobody answered; nothing was changed." in kyrios_in_world(*by_cause, stdin=b"", code=2).stderr
    report = told(kyrios_in_world, *by_cause[1:], "--yes")
    assert report["counts"] == [{"result": "done", "why": "queued again", "invoices": 3}]
    assert statuses(waiting) == ["queued"] * 3 + ["synced"]


def test_what_refuses_is_told_and_stops_no_other(waiting: World, kyrios_in_world: Kyrios) -> None:
    names = ("inv-0", "inv-3", "nobody")
    out = kyrios_in_world("invoices", "dismiss", ACCOUNT, *names, "--reason", "Not theirs", code=1).stdout
    table = [line.split() for line in out.splitlines()]
    assert ["done", "left", "out", "1"] in table
    assert "inv-3    T-3     refused  is synced; it cannot be left out any more" in out
    assert f"refused  account {ACCOUNT} has no invoice with the id or the number nobody" in out
    assert statuses(waiting) == ["dismissed", "blocked", "blocked", "synced"]


def test_what_is_not_there_is_counted_in_a_whole_sentence(waiting: World, kyrios_in_world: Kyrios) -> None:
    report = json.loads(kyrios_in_world("invoices", "void", ACCOUNT, "nope", "none", "--yes", "--json", code=1).stdout)
    why = f"account {ACCOUNT} has no invoice with the id or the number asked for"
    assert report["counts"] == [{"result": "refused", "why": why, "invoices": 2}]
    assert report["invoices"][0]["why"] == f"account {ACCOUNT} has no invoice with the id or the number nope"


def test_nothing_that_fits_is_no_fault(waiting: World, kyrios_in_world: Kyrios) -> None:
    assert kyrios_in_world("invoices", "retry", ACCOUNT, "--all-failed").stdout == (
        "No invoice fits; nothing is to be done.\n"
    )
    assert told(kyrios_in_world, "restore", ACCOUNT, "--to", "2030-01-01", "--reason", "Sorry")["invoices"] == []
    reviewed = kyrios_in_world("invoices", "reviewed", ACCOUNT, "inv-3", "--reason", "All is well").stdout
    assert reviewed == "inv-3 is not waiting for a look.\n"
    assert statuses(waiting) == ["blocked"] * 3 + ["synced"]


def test_many_are_voided_by_name(waiting: World, kyrios_in_world: Kyrios) -> None:
    would = told(kyrios_in_world, "void", ACCOUNT, "inv-0", "inv-3", "--dry-run")
    assert (would["dry_run"], [one["result"] for one in would["invoices"]]) == (True, ["done", "done"])
    assert statuses(waiting) == ["blocked"] * 3 + ["synced"]
    refused = kyrios_in_world("invoices", "void", ACCOUNT, "inv-0", "inv-3", stdin=b"n\n", code=2)
    assert "2 invoices to be voided, which cannot be undone. Do it? [y/N] Nothing was changed." in refused.stderr
    nobody = kyrios_in_world("invoices", "void", ACCOUNT, "inv-0", "--json", stdin=b"", code=2)
    assert (nobody.stdout, "Repeat it with --yes." in nobody.stderr) == ("", True)
    assert statuses(waiting) == ["blocked"] * 3 + ["synced"]
    assert "voided" in kyrios_in_world("invoices", "void", ACCOUNT, "inv-0", "inv-3", "--yes").stdout
    assert statuses(waiting) == ["voided", "blocked", "blocked", "voided"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("retry", ACCOUNT), "Say which invoices are meant: name them, or give --cause, --from or --to."),
        (("retry", ACCOUNT, "inv-0", "--cause", "contact_missing"), "not both"),
        (("retry", ACCOUNT, "--cause", "contact_missing", "--all-failed"), "not both"),
        (("retry", ACCOUNT, "--cause", "nonsense"), "There is no cause 'nonsense'"),
        (("retry", ACCOUNT, "--cause", "not_connected"), "not_connected is written on no invoice"),
        (("retry", ACCOUNT, "--from", "yesterday"), "yesterday is no date such as 2026-04-01"),
        (("dismiss", ACCOUNT, "inv-0"), "Say why: --reason TEXT."),
        (("reviewed", ACCOUNT, "inv-0"), "Say why: --reason TEXT."),
        (("dismiss", ACCOUNT, "inv-0", "--reason", "x" * 501), "a reason is 1 to 500 printable characters"),
        (("void", ACCOUNT, "nobody"), f"Account {ACCOUNT} has no invoice with the id or the number nobody."),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    world: World, kyrios_in_world: Kyrios, arguments: tuple[str, ...], says: str
) -> None:
    refused = kyrios_in_world("invoices", *arguments, code=2)
    assert says.lower() in refused.stderr.lower()
