"""`connections` and `contacts`: an account is set up by commands; what is refused is refused whole."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from adapters.simulator.server import Simulator
from domain import connection as connections
from domain.connection import Connection
from tests.scenarios.table import in_books
from tests.services.cli.conftest import Kyrios, runner
from tests.services.cli.files import invoice_file, written
from tests.services.cli.program import variables_of
from tests.world import ACCOUNT, EXAMPLES, OWNER, World, declared_taxes, organisation_id, world_on

XERO_CONTACT = "11111111-1111-4111-8111-111111111111"
OTHER_CONTACT = "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def bare(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world whose account is not connected yet."""
    with world_on(xero, database_url, tmp_path) as world:
        yield world


MAPPED: Final = {
    "gst-zero@0": "ZERORATED",
    "gst@15": "OUTPUT2",
    "us-state@7.5+us-local@0.625": "TAX001",
    "gst@15+tourism-levy@2c": "TAX002",
    "gst@15+alcohol-levy@3.5": "TAX003",
}
"""The example's tax sets, each with the Xero rate it is mapped to."""


def mapping(chosen: dict[str, str]) -> list[str]:
    """The words that map these tax sets."""
    return [f"{key}={tax_type}" for key, tax_type in chosen.items()]


def connection(world: World) -> Connection | None:
    return world.engine.store.load(world.lane, connections.evolve)


@pytest.mark.article("R26")
@pytest.mark.parametrize(
    ("named", "zone", "says"),
    [
        ("NEWZEALANDSTANDARDTIME", ZoneInfo("Pacific/Auckland"), "the day of the first connect in its time zone"),
        ("", dt.UTC, "the day of the first connect by UTC, as its time zone is not known here"),
    ],
)
def test_choosing_says_from_which_day_on_and_why(bare: World, named: str, zone: dt.tzinfo, says: str) -> None:
    kyrios = runner(variables_of(bare))
    in_books(bare, "organisation", Timezone=named)
    bare.consent()
    known = connection(bare)
    assert known is not None
    assert known.first_connected_at is not None
    day = known.first_connected_at.astimezone(zone).date()
    said = kyrios("connections", "choose", ACCOUNT, organisation_id()).stdout
    assert f"Invoices dated {day} or later are synced, older ones wait ({says})." in said
    assert f"Another day: kyrios-xero connections set {ACCOUNT} sync_from DAY" in said
    kyrios("connections", "set", ACCOUNT, "sync_from", "2026-01-01", "--yes")
    shown = json.loads(kyrios("connections", "show", ACCOUNT, "--json").stdout)
    assert shown["sync_from"] == "2026-01-01"
    assert "(as it was set)" in kyrios("connections", "choose", ACCOUNT, organisation_id()).stdout


@pytest.mark.article("R27")
def test_an_account_is_set_up_by_commands_alone_and_its_invoices_arrive(bare: World, tmp_path: Path) -> None:
    kyrios = runner(variables_of(bare))
    bare.consent()
    out = kyrios("connections", "organisations", ACCOUNT).stdout
    assert organisation_id() in out
    assert "connections choose" in out
    kyrios("connections", "choose", ACCOUNT, organisation_id())
    kyrios("connections", "set", ACCOUNT, "sync_from", "2026-01-01")
    assert "The accounts are chosen." in kyrios("connections", "accounts", ACCOUNT, "--line", "200").stdout
    file = str(EXAMPLES / "taxes.json")
    out = kyrios("taxes", "declare", ACCOUNT, file).stdout
    assert "0 of 5 tax sets mapped; still missing: " in out
    out = kyrios("taxes", "map", ACCOUNT, *mapping(MAPPED), "--json").stdout
    assert {one["tax_set"]: one["xero_rate"] for one in json.loads(out)["tax_sets"]} == MAPPED
    links = str(EXAMPLES / "contacts.ndjson")
    assert (
        kyrios("contacts", "link", ACCOUNT, "--file", links).stdout
        == "16 contacts linked, 0 linked like this already.\n"
    )
    assert (
        kyrios("contacts", "link", ACCOUNT, "--file", links).stdout
        == "0 contacts linked, 16 linked like this already.\n"
    )
    kyrios("invoices", "import", str(invoice_file(tmp_path / "a", 3)))
    bare.work()
    assert len(bare.in_xero()) == 3
    assert kyrios("connections", "disconnect", ACCOUNT, "--yes").stdout == "Disconnected; your choices are kept.\n"
    assert kyrios("connections", "disconnect", ACCOUNT).stdout == "It was not connected.\n"


REFUSALS: Final = [
    (("choose", ACCOUNT, "nowhere"), "Xero does not list organisation nowhere for this consent; it lists: "),
    (("choose", "nobody", "nowhere"), "Account nobody was never connected to Xero; connect it first."),
    (("accounts", "nobody"), "Account nobody was never connected to Xero; connect it first."),
    (("accounts", ACCOUNT, "--line", "999"), "Xero has no ledger account 999; offered are: "),
    (("accounts", ACCOUNT, "--line", "800"), "Ledger account 800 Accounts Payable cannot be used: "),
    (("accounts", ACCOUNT, "--payment", ""), "A ledger account is named by its code"),
    (("set", ACCOUNT, "colour", "red"), "name: there is no setting 'colour'; there are: sync_from, accounts.line, "),
    (("set", ACCOUNT, "sync_from", "yesterday"), "value: sync_from is a date such as 2026-04-01."),
    (("set", "nobody", "sync_from", "2026-01-01"), "Xero is not connected. Connect it in Settings."),
    (("connect", "no account"), "account: must be 1 to 64 of the characters"),
    (("organisations", "nobody"), "Account nobody was never connected to Xero; connect it first."),
    (("show", "nobody"), "Account nobody was never connected to Xero; connect it first."),
]


def test_what_cannot_be_is_one_sentence_and_changes_nothing(world: World, kyrios_in_world: Kyrios) -> None:
    before = world.engine.store.head()
    for arguments, says in REFUSALS:
        assert says in kyrios_in_world("connections", *arguments, code=2).stderr
    assert world.engine.store.head() == before


BAD_LINKS: Final = [
    (b"", "holds no link, such as"),
    (b"\xff\xfe", "Line 1 of"),
    (b'{"contact_id": "a"}', "is no link, such as"),
    (b'{"contact_id": "a", "xero_contact_id": "b"}', "Line 1: 'b' is no Xero ContactID, such as"),
    (b'{"contact_id": " ", "xero_contact_id": "%s"}' % XERO_CONTACT.encode(), "Line 1: the Kyrios contact's id is"),
    (
        b'{"contact_id": "a", "xero_contact_id": "%s"}\n\n{"contact_id": "a", "xero_contact_id": "%s"}'
        % (XERO_CONTACT.encode(), OTHER_CONTACT.encode()),
        "Line 3: contact a is linked to another Xero contact on an earlier line.",
    ),
]


def test_a_file_of_links_with_a_fault_links_nothing(world: World, kyrios_in_world: Kyrios, tmp_path: Path) -> None:
    before = world.engine.store.head()
    good = b'\n{"contact_id": "z", "xero_contact_id": "%s"}' % XERO_CONTACT.encode()
    for content, says in BAD_LINKS:
        file = written(tmp_path / "links", content + good if content else b"")
        assert says in kyrios_in_world("contacts", "link", ACCOUNT, "--file", str(file), code=2).stderr
    assert world.engine.store.head() == before


def test_either_one_contact_is_linked_or_a_file(kyrios: Kyrios) -> None:
    for arguments in ((), ("a",), ("a", XERO_CONTACT, "--file", "x"), ("a", "--file", "x")):
        result = kyrios("contacts", "link", ACCOUNT, *arguments, code=2)
        assert result.stderr == "Give either a contact and its Xero contact, or --file.\n"


def test_one_contact_is_linked_by_its_ids(kyrios_in_world: Kyrios) -> None:
    out = kyrios_in_world("contacts", "link", ACCOUNT, "cus-new", XERO_CONTACT.upper()).stdout
    assert out == "1 contact linked, 0 linked like this already.\n"
    assert "Xero ContactID" in kyrios_in_world("contacts", "link", ACCOUNT, "cus-new", "nobody", code=2).stderr


@pytest.mark.article("R27")
def test_the_steps_of_set_up_say_what_is_missing_and_how_to_go_on(bare: World) -> None:
    kyrios = runner(variables_of(bare))
    shown = json.loads(kyrios("connections", "steps", ACCOUNT, "--json").stdout)
    assert [(one["step"], one["done"]) for one in shown] == [
        (step, False) for step in ("connect", "organisation", "accounts", "taxes", "watch")
    ]
    bare.connect()
    out = kyrios("connections", "steps", ACCOUNT, COLUMNS="200").stdout
    row = next(line for line in out.splitlines() if "choose the account for lines" in line)
    assert row.endswith(f"kyrios-xero connections accounts {ACCOUNT}")
    row = next(line for line in out.splitlines() if "Kyrios has to name its taxes" in line and " taxes " in line)
    assert row.endswith(f"kyrios-xero taxes declare {ACCOUNT} FILE")
    bare.engine.set_up.declare_taxes(ACCOUNT, [declared_taxes()[0][0]], OWNER)
    row = next(
        line for line in kyrios("connections", "steps", ACCOUNT, COLUMNS="200").stdout.splitlines() if " map " in line
    )
    assert row.endswith(f"kyrios-xero taxes confirm {ACCOUNT}")
    for options in (("--payment", "850"), ("--also", "260"), ("--no-also",)):
        assert "Give --line as well" in kyrios("connections", "accounts", ACCOUNT, *options, code=2).stderr
    bare.set_up_rest()
    bare.engine.set_up.choose_accounts(ACCOUNT, line="200", payment="850", also=["260"], actor=OWNER)
    out = kyrios("connections", "steps", ACCOUNT, COLUMNS="200").stdout
    assert [line.split()[1:3] for line in out.splitlines()[1:6]] == [
        [step, "done"] for step in ("connect", "organisation", "accounts", "taxes", "watch")
    ]
    known = connection(bare)
    assert known is not None
    nobody = "Nobody gets a mail when something needs a person"
    assert out.splitlines()[6:] == [
        f"All is set up: invoices dated {known.sync_from} or later go to Xero by themselves.",
        "",
        f"{nobody}: kyrios-xero alerts recipients {ACCOUNT} --add ADDRESS",
    ]
    bare.engine.set_up.disconnect(ACCOUNT, OWNER)
    out = kyrios("connections", "steps", ACCOUNT, COLUMNS="200").stdout
    assert [line.split()[1:3] for line in out.splitlines()[2:5]] == [
        [step, "done"] for step in ("organisation", "accounts", "taxes")
    ], "what was chosen is kept, and reconnecting goes on there"
