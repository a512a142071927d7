"""`connections connect`: prints a link, waits for the browser, ends with what came of it; and choosing after it."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ports import own_port
from tests.services.cli.conftest import runner
from tests.services.cli.program import Running, running, variables_of
from tests.services.test_reconnect import ELSEWHERE, found_another_organisation
from tests.services.web.browser import Browser
from tests.world import ACCOUNT, World, organisation_id, simulated_xero, world_on


@pytest.fixture
def reachable(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world without a server, whose address for browsers is registered at Xero."""
    address = f"http://localhost:{own_port()}"
    with (
        simulated_xero(tmp_path, redirect_uris=(f"{address}/xero/callback",)) as xero,
        world_on(xero, database_url, tmp_path, KYRIOS_XERO_PUBLIC_URL=address) as world,
    ):
        yield world


def variables(world: World) -> dict[str, str]:
    """The environment of a process that serves browsers at the registered address."""
    return variables_of(world, KYRIOS_XERO_PUBLIC_URL=world.engine.settings.public_url)


def link_of(process: Running) -> str:
    """The link it prints."""
    return process.says("/xero/connect/").strip()


def agreed(world: World, process: Running, **more: Any) -> str:
    """Open the link in a browser and decide; all the command said until it ended well."""
    browser = Browser(world)
    browser.agree(link_of(process), **more)
    browser.close()
    assert process.ends() == 0
    return process.everything()


def test_an_account_is_connected_from_the_command_line_alone(reachable: World) -> None:
    kyrios = runner(variables(reachable))
    with running("connections", "connect", ACCOUNT, "--email", "owner@x.example", **variables(reachable)) as process:
        said = agreed(reachable, process)
    told = json.loads(kyrios("alerts", "recipients", ACCOUNT, "--json").stdout)
    assert [one["address"] for one in told] == ["owner@x.example"]
    assert "Choose whose books these are: kyrios-xero connections choose" in said
    assert organisation_id() in said
    assert "/xero/callback" not in said
    listed = json.loads(kyrios("connections", "organisations", ACCOUNT, "--json").stdout)
    assert [(one["organisation_id"], one["chosen"]) for one in listed] == [(organisation_id(), False)]
    before = json.loads(kyrios("connections", "show", ACCOUNT, "--json").stdout)
    assert (before["state"], before["organisation_id"]) == ("choosing", None)
    kyrios("connections", "choose", ACCOUNT, organisation_id())
    shown = json.loads(kyrios("connections", "show", ACCOUNT, "--json").stdout)
    assert (shown["state"], shown["currency"], shown["country"]) == ("setup_incomplete", "NZD", "NZ")
    assert (shown["plan"], shown["period_lock_date"]) == ("BUSINESS", "2026-08-15")
    assert shown["read_at"]
    said = kyrios("connections", "show", ACCOUNT).stdout
    assert "lock date" in said
    assert "2026-08-15" in said
    assert "held back: Set-up is not finished" in said


def test_reconnecting_goes_on_as_before_and_other_books_have_to_be_confirmed(reachable: World) -> None:
    world = reachable
    world.set_up()
    kyrios = runner(variables(world))
    kyrios("connections", "disconnect", ACCOUNT, "--yes")
    with running("connections", "connect", ACCOUNT, "--json", **variables(world)) as process:
        said = agreed(world, process)
    assert json.loads(said[said.index("{") :])["result"] == "resumed"
    assert "kyrios-xero alerts recipients" not in said, "JSON is not talked into"
    found_another_organisation(world)
    with running("connections", "connect", ACCOUNT, **variables(world)) as process:
        said = agreed(world, process, tenant_ids=[ELSEWHERE])
    assert "not for the organisation used so far. Nothing is sent, nor removed in Xero, until you choose" in said
    former = f"Harbour & Vine Studio ({organisation_id()})"
    assert f"So far this account used {former}. This consent reaches Harbour & Vine Catering." in said
    assert f"Nobody gets a mail when something needs a person: kyrios-xero alerts recipients {ACCOUNT}" in said
    assert ELSEWHERE in said
    refused = kyrios("connections", "choose", ACCOUNT, ELSEWHERE, code=2).stderr
    assert "do not carry over: the chosen ledger accounts, the tax mappings" in refused
    assert "--start-afresh" in refused
    world.engine.projector.catch_up()
    assert "other_organisation" in kyrios("status", ACCOUNT).stdout
    chosen = kyrios("connections", "choose", ACCOUNT, ELSEWHERE, "--start-afresh").stdout
    assert chosen.splitlines() == [
        f"Invoices of {ACCOUNT} go to Harbour & Vine Catering ({ELSEWHERE}).",
        "Invoices dated 2026-01-01 or later are synced, older ones wait (as it was set). Another day: "
        f"kyrios-xero connections set {ACCOUNT} sync_from DAY",
    ]


def test_denied_interrupted_or_in_the_way_it_ends_with_a_sentence_and_changes_nothing(reachable: World) -> None:
    with running("connections", "connect", ACCOUNT, **variables(reachable)) as process:
        browser = Browser(reachable)
        browser.agree(link_of(process), decision="deny")
        browser.close()
        assert process.ends() == 2
        assert "You did not allow access in Xero" in process.everything()
    with running("connections", "connect", ACCOUNT, **variables(reachable)) as process:
        link_of(process)
        process.tell(signal.SIGINT)
        assert process.ends() == 130
        assert process.says("Stopped.")
    with running("api", **variables(reachable)) as server:
        server.says("Browsers find us at")
        with running("connections", "connect", ACCOUNT, **variables(reachable)) as process:
            agreed(reachable, process)
        server.tell(signal.SIGTERM)
        assert server.ends() == 0
    elsewhere = variables(reachable) | {"KYRIOS_XERO_LISTEN": reachable.xero.api_url.removeprefix("http://")}
    stopped = runner(elsewhere)("connections", "connect", ACCOUNT, code=2)
    assert "Another program listens on" in stopped.stderr


def test_a_reconnect_says_what_came_to_be_missing_meanwhile(reachable: World, tmp_path: Path) -> None:
    world = reachable
    world.set_up()
    kyrios = runner(variables(world))
    kyrios("connections", "disconnect", ACCOUNT, "--yes")
    offered = tmp_path / "taxes.json"
    offered.write_text(json.dumps([{"name": "New tax", "taxes": [{"id": "new", "rate": "3"}]}]))
    kyrios("taxes", "declare", ACCOUNT, str(offered))
    with running("connections", "connect", ACCOUNT, **variables(world)) as process:
        said = agreed(world, process)
    assert "for the same organisation as before: invoices go there, unless something is still to be done" in said
    still = next(line for line in said.splitlines() if line.startswith("Still to do: "))
    assert "map New tax" in still
    assert still.endswith(f"How: kyrios-xero connections steps {ACCOUNT}")
    with running("connections", "connect", ACCOUNT, "--json", **variables(world)) as process:
        said = agreed(world, process)
    assert "map New tax" in json.loads(said[said.index("{") :])["to_do"]
