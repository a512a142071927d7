"""`contacts read`, `contacts feed`, `changes`, and what `status` says of the import."""

import json

from tests.services.cli.conftest import Kyrios
from tests.services.contacts.customers import NORTHGATE, edit
from tests.world import ACCOUNT, World, example_invoices, organisation_id


def test_contacts_are_read_fed_and_shown(world: World, kyrios_in_world: Kyrios) -> None:
    kyrios = kyrios_in_world
    world.engine.projector.catch_up()
    assert "contacts: 0 in use, 0 no longer; not read completely yet" in kyrios("status", ACCOUNT).stdout
    first = kyrios("contacts", "read", ACCOUNT)
    assert f"Contacts of {ACCOUNT}: 27 in use, 1 no longer; last read 20" in first.stdout
    assert "; next reading 20" in first.stdout
    assert first.stderr == "page 1: 28 contacts read\n"
    lines = [json.loads(line) for line in kyrios("contacts", "feed", ACCOUNT, "--json").stdout.splitlines()]
    assert [line["seq"] for line in lines[:-1]] == list(range(1, 28))
    assert lines[-1] == {"next_cursor": 27, "more": False, "organisation_id": organisation_id()}
    edit(world, ContactID=NORTHGATE, Name="Northgate [b]Wines[/b]", ContactStatus="ARCHIVED")
    found = json.loads(kyrios("connections", "refresh", ACCOUNT, "--json").stdout)
    assert (found["contacts"]["in_use"], found["contacts"]["no_longer_in_use"]) == (26, 2)
    shown = kyrios("contacts", "feed", ACCOUNT, "--after", "27").stdout
    assert "28  " in shown
    assert "Northgate [b]Wines[/b]" in shown
    assert shown.endswith("archived\nNext time: --after 28\n")
    assert "Nothing is new." in kyrios("contacts", "feed", ACCOUNT, "--after", "28").stdout
    assert "More: --after 5" in kyrios("contacts", "feed", ACCOUNT, "--limit", "5").stdout
    (status,) = json.loads(kyrios("status", ACCOUNT, "--json").stdout)["accounts"]
    assert status["contacts"]["in_use"] == 26


def test_a_person_waits_a_moment_for_calls_to_spare(world: World, kyrios_in_world: Kyrios) -> None:
    world.engine.projector.catch_up()
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.lane SET tokens = -300, refilled_at = app.now()")
    assert "27 in use" in kyrios_in_world("contacts", "read", ACCOUNT).stdout
    assert len(world.requests("GET", "/Contacts?page")) == 1


def test_what_cannot_be_read_is_said(world: World, kyrios_in_world: Kyrios) -> None:
    kyrios = kyrios_in_world
    assert "from 0 to 0, where this feed ends" in kyrios("contacts", "feed", ACCOUNT, "--after", "5", code=2).stderr
    assert "from 1 to 10000" in kyrios("contacts", "feed", ACCOUNT, "--limit", "0", code=2).stderr
    assert "no account nobody" in kyrios("contacts", "feed", "nobody", code=2).stderr
    assert "not connected to an organisation" in kyrios("contacts", "read", "nobody", code=2).stderr
    world.fault("http_429_minute", method="GET", path="/Contacts", retry_after=60)
    assert "goes on at 20" in kyrios("contacts", "read", ACCOUNT, code=2).stderr
    assert "goes on at 20" in kyrios("status", ACCOUNT).stdout


def test_changes_of_invoices_and_connection_are_followed(world: World, kyrios_in_world: Kyrios) -> None:
    kyrios = kyrios_in_world
    world.queue(example_invoices(2))
    world.work()
    world.engine.projector.catch_up()
    lines = [json.loads(line) for line in kyrios("changes", ACCOUNT, "--json").stdout.splitlines()]
    assert [line.get("of") for line in lines] == ["connection", "invoice", "invoice", None]
    assert lines[1]["words"] == "In Xero as T-0."
    end = lines[-1]
    assert (end["more"], end["next_cursor"], end["as_of"]) == (False, lines[-2]["cursor"], world.engine.store.head())
    assert f"Next time: --after {end['next_cursor']}" in kyrios("changes", ACCOUNT).stdout
    assert "Nothing is new." in kyrios("changes", ACCOUNT, "--after", end["next_cursor"]).stdout
    assert "More: --after" in kyrios("changes", ACCOUNT, "--limit", "1").stdout
    assert "the log ends at" in kyrios("changes", ACCOUNT, "--after", "999999", code=2).stderr
    assert "no account nobody" in kyrios("changes", "nobody", code=2).stderr
