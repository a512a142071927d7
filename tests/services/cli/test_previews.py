"""`invoices preview`: what would be sent, or what is in the way."""

import json
from pathlib import Path

import msgspec

from tests.services.cli.conftest import Kyrios
from tests.world import ACCOUNT, EXAMPLES, OWNER, World, example_invoices


def test_the_fragment_its_hash_and_its_totals_are_shown(world: World, kyrios_in_world: Kyrios) -> None:
    world.queue(example_invoices(1))
    out = kyrios_in_world("invoices", "preview", ACCOUNT, "T-0").stdout
    assert out.startswith("T-0 (inv-0), revision 1: NZD 414.00\nqueued: We have this invoice and it is ready.")
    assert "This would be created in Xero:\n{" in out
    assert "Total in Xero: NZD 414.00, tax 54.00\n" in out
    shown = json.loads(kyrios_in_world("invoices", "preview", ACCOUNT, "inv-0", "--json").stdout)
    assert f"Hash of its exact bytes (--json has them): {shown['preview']['fragment_hash']}\n" in out
    key = world.engine.account_keys.get(ACCOUNT)
    assert key.hmac(shown["preview"]["fragment"].encode()) == shown["preview"]["fragment_hash"]
    assert shown["explanation"]["status"] == "queued"


def test_what_is_in_the_way_is_named_with_who_acts(world: World, kyrios_in_world: Kyrios) -> None:
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.queue(example_invoices(1))
    out = kyrios_in_world("invoices", "preview", ACCOUNT, "inv-0").stdout
    assert "In the way:\n" in out
    assert "not_connected  Xero is not connected. Connect it in Settings.  owner\n" in out


def test_an_invoice_in_a_file_is_shown_and_not_taken_on(world: World, kyrios_in_world: Kyrios, tmp_path: Path) -> None:
    one, file = (EXAMPLES / "invoices.ndjson").read_bytes().splitlines()[0], tmp_path / "one.json"
    file.write_bytes(one)
    head = world.engine.store.head()
    of_file = ("invoices", "preview", ACCOUNT, "--file", str(file))
    assert "This would be created in Xero:" in kyrios_in_world(*of_file).stdout
    assert world.engine.store.head() == head
    file.write_bytes(msgspec.json.encode(msgspec.json.decode(one) | {"currency": "never"}))
    assert "currency: must be" in kyrios_in_world(*of_file, code=2).stderr
    file.write_bytes(msgspec.json.encode(msgspec.json.decode(one) | {"account_id": "other"}))
    assert "is one of account other" in kyrios_in_world(*of_file, code=2).stderr


def test_which_invoice_is_meant_must_be_said(world: World, kyrios_in_world: Kyrios) -> None:
    assert "Name an invoice" in kyrios_in_world("invoices", "preview", ACCOUNT, code=2).stderr
    assert (
        "no invoice with the id or the number nobody"
        in kyrios_in_world("invoices", "preview", ACCOUNT, "nobody", code=2).stderr
    )
