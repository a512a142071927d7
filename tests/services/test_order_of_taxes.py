"""The order in which Kyrios lists the taxes of a line says nothing: it is the same tax set with the same Xero rate."""

import json
from typing import Any

import msgspec
import pytest

from domain import connection as connections
from domain.refusals import InvalidInput
from domain.tax import DeclaredTaxSet, TaxSet
from services.intake import IssuedInvoice, read_invoice
from services.proof.verify import verify
from services.tax_sets_file import read_tax_sets
from tests.world import ACCOUNT, BACKEND, EXAMPLES, OWNER, World

LEVY = "gst@15+tourism-levy@2c"


def invoice_with_a_levy(invoice_id: str, *, turned: bool) -> IssuedInvoice:
    """An example invoice with a line of two taxes, which are the other way round if `turned`."""
    issued = (json.loads(line) for line in (EXAMPLES / "invoices.ndjson").read_bytes().splitlines())
    one: dict[str, Any] = next(one for one in issued if one["invoice_id"] == "inv-0102")
    for line in one["lines"]:
        line["taxes"] = line["taxes"][:: -1 if turned else 1]
    one.pop("payments", None)
    mine = {"invoice_id": invoice_id, "number": invoice_id, "url": f"https://kyrios.example/{invoice_id}"}
    return read_invoice(json.dumps(one | mine).encode(), default_account_id=ACCOUNT)


@pytest.mark.article("R13")
def test_the_same_taxes_the_other_way_round_go_with_the_same_rate(world: World) -> None:
    engine = world.engine
    world.queue([invoice_with_a_levy("inv-a", turned=False), invoice_with_a_levy("inv-b", turned=True)])
    world.work()
    assert [world.invoice(one).status for one in ("inv-a", "inv-b")] == ["synced", "synced"]
    first, second = world.in_xero()
    assert [line["TaxType"] for line in first["LineItems"]] == [line["TaxType"] for line in second["LineItems"]]
    assert (first["TotalTax"], first["Total"]) == (second["TotalTax"], second["Total"])
    listed = [
        list(line.tax_set.components) for line in world.invoice("inv-b").document.lines if line.tax_set.components
    ]
    assert [one.tax_id for one in max(listed, key=len)] != ["gst", "tourism-levy"], "the log keeps what Kyrios said"
    head = engine.store.head()
    world.queue([invoice_with_a_levy("inv-a", turned=True)])
    assert engine.store.head() == head, "the same invoice again is no news"
    engine.projector.catch_up()
    assert verify(engine.read).clean


@pytest.mark.article("R13")
def test_a_declaration_the_other_way_round_is_no_news_and_takes_the_same_mapping(world: World) -> None:
    engine, known = world.engine, world.engine.store.load(world.lane, connections.evolve)
    assert known is not None
    assert known.declared is not None
    head = engine.store.head()
    engine.set_up.declare_taxes(ACCOUNT, [turned(one) for one in known.declared], BACKEND)
    assert engine.store.head() == head
    engine.set_up.declare_taxes(ACCOUNT, [named(turned(one)) for one in known.declared], BACKEND)
    assert engine.set_up.connection(ACCOUNT).gate_open
    (levy,) = (one for one in engine.set_up.tax_standings(ACCOUNT) if one.one.tax_set.key == LEVY)
    assert (levy.one.name, levy.status) == ("GST with tourism levy on top, too", "mapped")
    engine.set_up.unmap_tax(ACCOUNT, levy.one.tax_set, OWNER)
    assert LEVY not in engine.set_up.connection(ACCOUNT).mappings
    engine.projector.catch_up()
    assert verify(engine.read).clean


def turned(one: DeclaredTaxSet) -> DeclaredTaxSet:
    return msgspec.structs.replace(one, tax_set=TaxSet(one.tax_set.components[::-1]))


def named(one: DeclaredTaxSet) -> DeclaredTaxSet:
    return msgspec.structs.replace(one, name=f"{one.name}, too")


def test_a_file_that_declares_the_same_taxes_in_two_orders_is_refused() -> None:
    taxes = [{"id": "gst", "rate": "15"}, {"id": "levy", "rate": "2", "compound": True}]
    with pytest.raises(InvalidInput, match="is the same tax set as /0"):
        read_tax_sets(json.dumps([{"name": "A", "taxes": taxes}, {"name": "B", "taxes": taxes[::-1]}]).encode())
