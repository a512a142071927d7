"""Kyrios says what it offers at any time: before anything is connected, while it is not, and once it is again."""

import json
from pathlib import Path
from typing import Final

import pytest

from domain import connection as connections
from domain.connection import TaxRatesDeclared
from domain.streams import connection_id
from services.proof.verify import verify
from tests.services.cli.conftest import Kyrios
from tests.world import ACCOUNT, EXAMPLES, OWNER, World

FRESH: Final = "fresh-account"
NEW: Final = {"name": "New tax", "taxes": [{"id": "new", "rate": "3"}]}


def offered(path: Path, *more: object) -> str:
    """A file with the example's tax sets that Xero has rates for, and more."""
    known = [one for one in json.loads((EXAMPLES / "taxes.json").read_bytes()) if one.get("xero_tax_type")]
    path.write_text(json.dumps([*known, *more]))
    return str(path)


def flat(said: str) -> str:
    return " ".join(said.split())


def mails(world: World) -> int:
    """How many were asked for that tell of a tax rate."""
    with world.engine.store.cursor() as cursor:
        row = cursor.execute("SELECT count(*) AS n FROM app.mail WHERE cause_code LIKE 'tax%'").fetchone()
    assert row is not None
    return int(row["n"])


@pytest.mark.article("R14")
@pytest.mark.parametrize("gate", ["all_active", "used_on_invoice"])
def test_a_tax_set_offered_while_disconnected_is_not_lost_and_told_with_the_reconnect(
    world: World, kyrios_in_world: Kyrios, tmp_path: Path, gate: str
) -> None:
    world.engine.alert_recipients.begin_with(ACCOUNT, "owner@example.com", OWNER)
    kyrios_in_world("connections", "disconnect", ACCOUNT, "--yes")
    kyrios_in_world("connections", "set", ACCOUNT, "tax.gate", gate, "--yes")
    said = kyrios_in_world("taxes", "declare", ACCOUNT, offered(tmp_path / "taxes.json", NEW)).stdout
    assert "still missing: New tax." in said
    assert mails(world) == 0, "there is no Xero to map it in"
    assert world.consent() == "resumed"
    known = world.engine.set_up.connection(ACCOUNT)
    assert known.gate_open is (gate == "used_on_invoice")
    assert [cause.code for cause in known.held_by] == ([] if known.gate_open else ["tax_mapping_incomplete"])
    assert mails(world) == (0 if known.gate_open else 1), "the steps tell it, and a mail what holds all back"
    assert "map New tax" in flat(kyrios_in_world("connections", "steps", ACCOUNT).stdout)


def test_a_setting_changed_while_disconnected_holds_once_connected_again(world: World, kyrios_in_world: Kyrios) -> None:
    kyrios_in_world("connections", "disconnect", ACCOUNT, "--yes")
    assert kyrios_in_world("connections", "set", ACCOUNT, "contact.poll", "1 h").stdout == "contact.poll is 1 h.\n"
    assert world.consent() == "resumed"
    assert world.engine.set_up.connection(ACCOUNT).setting("contact.poll") == "1 h"


@pytest.mark.article("R14")
def test_what_kyrios_offers_before_the_first_connect_is_what_the_owner_finds(
    world: World, kyrios_in_world: Kyrios, tmp_path: Path
) -> None:
    file = offered(tmp_path / "taxes.json", NEW)
    refused = kyrios_in_world("connections", "set", FRESH, "contact.poll", "1 h", code=2).stderr
    assert "not connected" in refused, "only Kyrios speaks of an account that nobody has connected"
    kyrios_in_world("taxes", "declare", FRESH, file)
    kyrios_in_world("taxes", "declare", FRESH, file)
    events = world.engine.store.events_of(connection_id(FRESH))
    assert [(type(event), event.originator_version) for event in events] == [(TaxRatesDeclared, 1)]
    world.engine.projector.catch_up()
    for command in (("status", FRESH), ("connections", "show", FRESH), ("connections", "settings", FRESH)):
        kyrios_in_world(*command)
    assert "not_connected" in kyrios_in_world("status", FRESH).stdout
    steps = flat(kyrios_in_world("connections", "steps", FRESH).stdout)
    assert "connect Xero" in steps
    assert "map New tax" in steps
    assert kyrios_in_world("connections", "disconnect", FRESH, "--yes").stdout == "It was not connected.\n"
    world.engine.inactivity.round()
    world.engine.references.round()
    world.work()
    assert verify(world.engine.read).clean
    assert world.consent(account=FRESH, user="another user") == "connected"
    kyrios_in_world("taxes", "declare", FRESH, offered(tmp_path / "more.json"))
    known = world.engine.store.load(connection_id(FRESH), connections.evolve)
    assert known is not None
    assert [one.name for one in known.declared or ()] != []
    assert (known.departures, known.waiting) == ((), ())
    (cause,) = known.held_by
    assert cause.facts == {"missing": "choose the organisation, choose accounts"}
    world.engine.projector.catch_up()
    assert verify(world.engine.read).clean
