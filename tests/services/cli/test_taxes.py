"""`taxes`: tax sets are declared, suggested, confirmed, mapped and unmapped by commands; each says what it does."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from domain import connection as connections
from domain.connection import Connection, TaxMapped
from domain.invoice import Invoice
from tests.services.cli.conftest import Kyrios
from tests.services.cli.files import written
from tests.world import ACCOUNT, EXAMPLES, World, example_invoices, organisation_id

FIVE: Final = b'[{"name": "Five", "taxes": [{"id": "five", "rate": "5"}]}]'


def connection(world: World) -> Connection:
    known = world.engine.store.load(world.lane, connections.evolve)
    assert known is not None
    return known


def rows(kyrios: Kyrios, *arguments: str) -> dict[str, Any]:
    """What a command says of each tax set, by its key."""
    said = json.loads(kyrios("taxes", *arguments, "--json").stdout)
    return {one["tax_set"]: one for one in said["tax_sets"]}


def declare_one_more(world: World, tmp_path: Path, kyrios: Kyrios) -> str:
    """Declare the example's tax sets and one of a tax nobody has mapped; returns its key."""
    declared = [one for one in json.loads((EXAMPLES / "taxes.json").read_bytes()) if one.get("xero_tax_type")]
    declared.append({"name": "Freight 15%", "taxes": [{"id": "freight", "rate": "15"}]})
    file = written(tmp_path / "taxes.json", json.dumps(declared).encode())
    assert "still missing: Freight 15%." in kyrios("taxes", "declare", ACCOUNT, str(file)).stdout
    return "freight@15"


def in_xero(world: World, tax_type: str, *rates: str) -> None:
    """Somebody adds a rate of these components in Xero."""
    parts = [{"Name": f"Part {n}", "Rate": float(rate), "IsCompound": False} for n, rate in enumerate(rates)]
    rate = {"TaxType": tax_type, "Name": f"Rate {tax_type}", "Status": "ACTIVE", "TaxComponents": parts}
    world.control.post(f"/organisations/{organisation_id()}/tax_rates", json=rate).raise_for_status()


def taxes_step(kyrios: Kyrios) -> str:
    """The line of `steps` about taxes."""
    out = kyrios("connections", "steps", ACCOUNT, COLUMNS="400").stdout
    return next(line for line in out.splitlines() if line.split()[1:2] == ["taxes"])


REFUSALS: Final = [
    (("list", "nobody"), "Account nobody was never connected"),
    (("map", ACCOUNT, "gst"), "gst names no declared tax set; write TAX_SET=XERO_TAX_TYPE."),
    (("map", ACCOUNT, "gst@15="), "Declared: gst-zero@0, gst@15, "),
    (("map", ACCOUNT, "gst@15=NO"), "Xero has no tax rate NO; it has: INPUT2, NONE, OUTPUT2, TAX001, "),
    (("map", ACCOUNT, "gst@15=NONE"), "a tax is only ever mapped to a rate that charges the same."),
    (("map", ACCOUNT, "gst@15=OUTPUT2", "gst-zero@0=OUTPUT2"), "a tax is only ever mapped to a rate"),
    (("declare", ACCOUNT, "/no/such/file"), "/no/such/file: No such file"),
    (("unmap", ACCOUNT, "beer@7"), "Beer@7 has no Xero rate; mapped are: gst-zero@0, gst@15, "),
    (("unmap", ACCOUNT, "gst@15"), "Nobody answered; nothing was changed. Repeat it with --yes."),
]


def test_what_cannot_be_is_one_sentence_and_changes_nothing(world: World, kyrios_in_world: Kyrios) -> None:
    before = world.engine.store.head()
    for arguments, says in REFUSALS:
        said = kyrios_in_world("taxes", *arguments, code=2).stderr
        assert says.lower() in said.lower(), said
    assert world.engine.store.head() == before


def test_a_tax_set_without_a_tax_has_a_name_to_be_mapped_by(kyrios_in_world: Kyrios, tmp_path: Path) -> None:
    file = written(tmp_path / "taxes.json", b'[{"name": "Untaxed", "taxes": []}]')
    kyrios_in_world("taxes", "declare", ACCOUNT, str(file))
    assert rows(kyrios_in_world, "list", ACCOUNT)["none"]["status"] == "untaxed"
    assert rows(kyrios_in_world, "map", ACCOUNT, "none=NONE")["none"]["xero_rate"] == "NONE"


@pytest.mark.article("R13", "R14")
def test_what_is_unambiguous_is_shown_and_then_mapped_together(
    world: World, kyrios_in_world: Kyrios, tmp_path: Path
) -> None:
    new = declare_one_more(world, tmp_path, kyrios_in_world)
    refused = kyrios_in_world("taxes", "confirm", ACCOUNT, stdin=b"n\n", code=2)
    assert "OUTPUT2 (" in refused.stderr
    assert "Nothing was changed." in refused.stderr
    assert not connection(world).gate_open
    said = kyrios_in_world("taxes", "confirm", ACCOUNT, stdin=b"y\n")
    assert "Map 1 tax set like this?" in said.stderr
    assert "5 of 5 tax sets mapped." in said.stdout
    assert connection(world).mappings[new].tax_type == "OUTPUT2"
    assert connection(world).gate_open
    head = world.engine.store.head()
    kyrios_in_world("taxes", "confirm", ACCOUNT)
    assert world.engine.store.head() == head


@pytest.mark.article("R14", "R22")
def test_a_mapping_that_is_taken_back_says_what_it_holds_back_and_holds_it_back(
    world: World, kyrios_in_world: Kyrios
) -> None:
    said = kyrios_in_world("taxes", "unmap", ACCOUNT, "gst@15", stdin=b"y\n")
    assert f"nothing of {ACCOUNT} is sent" in said.stderr
    assert "still missing: GST" in said.stdout
    world.queue(example_invoices(1))
    world.work()
    assert world.in_xero() == []
    kyrios_in_world("taxes", "map", ACCOUNT, "gst@15=OUTPUT2")
    world.work()
    assert len(world.in_xero()) == 1
    kyrios_in_world("connections", "set", ACCOUNT, "tax.gate", "used_on_invoice")
    said = kyrios_in_world("taxes", "unmap", ACCOUNT, "gst@15", stdin=b"y\n")
    assert "will wait until it has a rate again; all others are sent" in said.stderr
    world.queue(example_invoices(1, start=1))
    world.work()
    waiting: Invoice = world.invoice("inv-1")
    assert [cause.code for cause in waiting.causes] == ["tax_set_unmapped"]
    head = world.engine.store.head()
    for_all = ("connections", "set", ACCOUNT, "tax.gate", "all_active")
    refused = kyrios_in_world(*for_all, stdin=b"n\n", code=2).stderr
    assert f"With this nothing of {ACCOUNT} is sent: A Kyrios tax set has no Xero rate yet. Map GST" in refused
    assert f"kyrios-xero taxes confirm {ACCOUNT}" in refused
    assert world.engine.store.head() == head
    kyrios_in_world(*for_all, stdin=b"y\n")
    assert not connection(world).gate_open


@pytest.mark.article("R24")
def test_a_rate_that_changed_in_xero_is_shown_as_it_was_mapped_and_as_it_is_now(
    world: World, kyrios_in_world: Kyrios
) -> None:
    place = f"/organisations/{organisation_id()}/tax_rates"
    changed = {"TaxType": "OUTPUT2", "TaxComponents": [{"Name": "GST", "Rate": 17.5, "IsCompound": False}]}
    world.control.post(place, json=changed).raise_for_status()
    kyrios_in_world("connections", "refresh", ACCOUNT)
    one = rows(kyrios_in_world, "list", ACCOUNT)["gst@15"]
    assert (one["status"], one["as_mapped"][0]["rate"], one["now"]["components"][0]["rate"]) == (
        "drifted",
        "15",
        "17.5",
    )
    out = kyrios_in_world("taxes", "list", ACCOUNT).stdout
    assert "is 15% here but 17.5% in Xero" in out
    assert "4 of 4 tax sets mapped; with a rate that no longer fits: GST 15%." in out
    said = json.loads(kyrios_in_world("taxes", "list", ACCOUNT, "--json").stdout)
    assert said["completeness"]["drifted"] == ["GST 15%"]
    assert taxes_step(kyrios_in_world).endswith(f"kyrios-xero taxes suggest {ACCOUNT}"), "no rate fits; it says why"
    in_xero(world, "TAX020", "10", "5")
    kyrios_in_world("connections", "refresh", ACCOUNT)
    command = f"kyrios-xero taxes map {ACCOUNT} gst@15=TAX020 --because REASON"
    assert taxes_step(kyrios_in_world).endswith(command)
    assert command in kyrios_in_world("taxes", "list", ACCOUNT).stdout
    in_xero(world, "TAX021", "15")
    kyrios_in_world("connections", "refresh", ACCOUNT)
    assert taxes_step(kyrios_in_world).endswith(f"kyrios-xero taxes confirm {ACCOUNT}")
    out = kyrios_in_world("taxes", "confirm", ACCOUNT, "--yes").stdout
    assert out.endswith("4 of 4 tax sets mapped.\n")


@pytest.mark.article("R13", "R24")
def test_where_a_person_has_to_pick_every_command_names_the_one_that_does_it(
    world: World, kyrios_in_world: Kyrios
) -> None:
    kyrios_in_world("taxes", "unmap", ACCOUNT, "gst@15", "--yes")
    in_xero(world, "TAX020", "15")
    kyrios_in_world("connections", "refresh", ACCOUNT)
    first, second = (f"kyrios-xero taxes map {ACCOUNT} gst@15={one}" for one in ("OUTPUT2", "TAX020"))
    for arguments in (("taxes", "suggest"), ("taxes", "list"), ("taxes", "confirm"), ("connections", "steps")):
        lines = kyrios_in_world(*arguments, ACCOUNT, COLUMNS="250").stdout.splitlines()
        place = next(number for number, line in enumerate(lines) if line.endswith(f"  {first}"))
        assert lines[place + 1].endswith(f"  or {second}"), lines
    suggested = json.loads(kyrios_in_world("taxes", "suggest", ACCOUNT, "--json").stdout)
    one = next(one for one in suggested if one["tax_set"] == "gst@15")
    assert (one["suggested"], one["among"], one["of_other_taxes"]) == ("none", ["OUTPUT2", "TAX020"], False)
    kyrios_in_world(*first.split()[1:])
    assert connection(world).gate_open
    assert "taxes map" not in kyrios_in_world("taxes", "list", ACCOUNT).stdout


def test_of_taxes_to_map_all_are_done_or_none(world: World, kyrios_in_world: Kyrios, tmp_path: Path) -> None:
    new = declare_one_more(world, tmp_path, kyrios_in_world)
    before = world.engine.store.head()
    kyrios_in_world("taxes", "map", ACCOUNT, f"{new}=OUTPUT2", "gst-zero@0=OUTPUT2", code=2)
    assert world.engine.store.head() == before


@pytest.mark.article("R13")
def test_other_taxes_at_an_equal_rate_are_mapped_with_a_reason_and_another_rate_never(
    world: World, kyrios_in_world: Kyrios, tmp_path: Path
) -> None:
    split = b'[{"name": "Split", "taxes": [{"id": "a", "rate": "10"}, {"id": "b", "rate": "5"}]}]'
    kyrios_in_world("taxes", "declare", ACCOUNT, str(written(tmp_path / "taxes.json", split)))
    pair, reason = "a@10+b@5=OUTPUT2", "Agreed with the accountant"
    assert "give a reason" in kyrios_in_world("taxes", "map", ACCOUNT, pair, code=2).stderr
    wrong = kyrios_in_world("taxes", "map", ACCOUNT, "a@10+b@5=TAX001", "--because", reason, code=2).stderr
    assert "only ever mapped to a rate that charges the same" in wrong
    assert rows(kyrios_in_world, "map", ACCOUNT, pair, "--because", reason)["a@10+b@5"]["xero_rate"] == "OUTPUT2"
    events = world.engine.store.events_of(world.lane)
    (kept,) = [e.override_reason_ref for e in events if isinstance(e, TaxMapped) and e.override_reason_ref]
    assert world.engine.answer_words(kept, ACCOUNT) == reason


@pytest.mark.article("R13")
def test_the_reason_for_other_taxes_is_read_wherever_the_mapping_is_and_may_be_corrected(
    world: World, kyrios_in_world: Kyrios, tmp_path: Path
) -> None:
    in_xero(world, "TAX777", "10", "5")
    first, corrected = ("gst@15=TAX777", "--because", "Our accountant wants it"), "The tax office wants it"
    assert "gst@15" in rows(kyrios_in_world, "map", ACCOUNT, *first)
    for how in ("--taxes", "--connection"):
        for form in ((), ("--json",)):
            assert "Our accountant wants it" in kyrios_in_world("replay", ACCOUNT, how, *form).stdout
    listed = kyrios_in_world("taxes", "list", ACCOUNT).stdout
    assert "mapped, of other taxes" in next(line for line in listed.splitlines() if line.startswith("gst@15"))
    assert "GST 15% is mapped to TAX777 for a reason: Our accountant wants it\n" in listed
    assert listed.count("of other taxes") == 1, "the others are of the same"
    one = rows(kyrios_in_world, "list", ACCOUNT)["gst@15"]
    assert (one["status"], one["of_other_taxes"], one["reason"]) == ("mapped", True, "Our accountant wants it")
    version, head = connection(world).mapping_version, world.engine.store.head()
    kyrios_in_world("taxes", "map", ACCOUNT, *first)
    assert world.engine.store.head() == head, "the same for the same reason is no news"
    assert (
        f"for a reason: {corrected}\n"
        in kyrios_in_world("taxes", "map", ACCOUNT, "gst@15=TAX777", "--because", corrected).stdout
    )
    assert connection(world).mapping_version == version + 1
    told = kyrios_in_world("replay", ACCOUNT, "--taxes").stdout
    assert "with a reason: Our accountant wants it." in told
    assert f"with a reason: {corrected}." in told
    until = kyrios_in_world("replay", ACCOUNT, "--taxes", "--until", str(head)).stdout
    assert corrected not in until
    file = tmp_path / "history.ndjson"
    kyrios_in_world("audit", "export", ACCOUNT, "--to", str(file))
    assert b"accountant" not in file.read_bytes()
    assert file.read_bytes().count(b'"sealed":{"reason":"[sealed]"}') == 2


def test_a_reason_that_none_of_the_rates_needs_is_refused_and_a_tax_set_is_named_once(
    world: World, kyrios_in_world: Kyrios
) -> None:
    head = world.engine.store.head()
    unneeded = kyrios_in_world("taxes", "map", ACCOUNT, "gst@15=OUTPUT2", "--because", "So be it", code=2).stderr
    assert unneeded.startswith("A reason is kept where a rate of other taxes is taken, and none of these is;")
    for rates in (("NONE", "ZERORATED", "NONE"), ("NONE", "NONE")):
        pairs = [f"gst-zero@0={rate}" for rate in rates]
        twice = kyrios_in_world("taxes", "map", ACCOUNT, *pairs, code=2).stderr
        assert twice == "gst-zero@0 is named more than once; a tax set stands for one Xero rate.\n"
    assert world.engine.store.head() == head


def test_a_tax_set_that_is_offered_no_longer_keeps_its_name(
    world: World, kyrios_in_world: Kyrios, tmp_path: Path
) -> None:
    kyrios_in_world("taxes", "declare", ACCOUNT, str(written(tmp_path / "taxes.json", FIVE)))
    former = rows(kyrios_in_world, "list", ACCOUNT)["gst@15"]
    assert (former["name"], former["declared"]) == ("GST 15%", False)
    assert "GST 15% (offered no longer)" in kyrios_in_world("taxes", "list", ACCOUNT, COLUMNS="250").stdout


def test_confirming_says_when_nothing_is_left_or_nothing_fits(
    world: World, kyrios_in_world: Kyrios, tmp_path: Path
) -> None:
    assert kyrios_in_world("taxes", "confirm", ACCOUNT).stdout.startswith("Nothing is left to confirm.\n")
    kyrios_in_world("taxes", "declare", ACCOUNT, str(written(tmp_path / "taxes.json", FIVE)))
    said = kyrios_in_world("taxes", "confirm", ACCOUNT).stdout
    assert said.startswith("No rate fits one of them beyond doubt; what might, and why: kyrios-xero taxes suggest")
