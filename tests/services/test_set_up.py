"""Setting a connected account up: each step once or again, refusals with reasons, and what opens the gate."""

import pytest

from domain.refusals import NotPossible
from domain.tax import DeclaredTaxSet, TaxComponent, TaxSet
from tests.examples import GST
from tests.services.connection_seen import gate, names
from tests.world import (
    ACCOUNT,
    BACKEND,
    OWNER,
    World,
    declared_taxes,
    example_invoices,
    organisation_id,
)

RATE_15 = GST.components[0].rate

# ── organisation and accounts ───────────────────────────────────────────────────────────────────────────────────────


def test_an_organisation_xero_does_not_list_is_refused_with_those_it_lists(fresh: World) -> None:
    fresh.consent()
    before = names(fresh)
    with pytest.raises(NotPossible, match=f"does not list organisation other.*{organisation_id()}"):
        fresh.engine.set_up.choose_organisation(ACCOUNT, "other", OWNER)
    assert names(fresh) == before


def test_no_step_comes_before_the_one_it_stands_on(fresh: World) -> None:
    set_up = fresh.engine.set_up
    for step in (set_up.organisations, set_up.ledger_accounts, set_up.tax_rates):
        with pytest.raises(NotPossible, match="was never connected"):
            step(ACCOUNT)
    fresh.consent()
    with pytest.raises(NotPossible, match="no organisation is chosen yet"):
        set_up.ledger_accounts(ACCOUNT)


def test_each_account_that_is_not_offered_says_why(fresh: World) -> None:
    fresh.connect()
    listed = fresh.engine.set_up.offered_accounts(ACCOUNT)
    assert {one.account.code for one in listed if one.offered} == {"200", "260", "850"}
    left_out = [one for one in listed if not one.offered]
    assert len(left_out) == 11
    assert all(reason.reason and reason.fix for one in left_out for reason in one.not_for_lines)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("205", "cannot be used"),
        ("400", "cannot be used"),
        ("610", "cannot be used"),
        ("999", "offered are: .*200 Sales"),
    ],
)
def test_an_account_that_is_not_offered_cannot_be_chosen(fresh: World, chosen: str, words: str) -> None:
    fresh.connect()
    before = names(fresh)
    for line, also in ((chosen, []), ("200", [chosen])):
        with pytest.raises(NotPossible, match=words):
            fresh.engine.set_up.choose_accounts(ACCOUNT, line=line, payment=None, also=also, actor=OWNER)
    assert names(fresh) == before


def test_a_rate_xero_does_not_have_cannot_be_mapped(fresh: World) -> None:
    fresh.connect()
    (declared, _), *_ = declared_taxes()
    with pytest.raises(NotPossible, match=r"has no tax rate OUTPUT9; it has: .*OUTPUT2"):
        fresh.engine.set_up.map_tax(ACCOUNT, declared.tax_set, "OUTPUT9", OWNER)


# ── the gate ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.article("R27")
def test_the_last_step_opens_the_gate_and_none_before_it(fresh: World) -> None:
    fresh.connect()
    set_up = fresh.engine.set_up
    set_up.choose_accounts(ACCOUNT, line="200", payment=None, also=[], actor=OWNER)
    set_up.declare_taxes(ACCOUNT, [one for one, _ in declared_taxes()], BACKEND)
    *first, (last, tax_type) = declared_taxes()
    for one, its_type in first:
        set_up.map_tax(ACCOUNT, one.tax_set, its_type, OWNER)
        assert gate(fresh) == "closed"
    set_up.map_tax(ACCOUNT, last.tax_set, tax_type, OWNER)
    assert gate(fresh) == "open"


def test_every_step_may_be_repeated_and_then_says_nothing(world: World) -> None:
    before = names(world)
    set_up = world.engine.set_up
    set_up.choose_organisation(ACCOUNT, organisation_id(), OWNER)
    set_up.choose_accounts(ACCOUNT, line="200", payment=None, also=["260"], actor=OWNER)
    set_up.declare_taxes(ACCOUNT, [one for one, _ in declared_taxes()], BACKEND)
    for one, tax_type in declared_taxes():
        set_up.map_tax(ACCOUNT, one.tax_set, tax_type, OWNER)
    set_up.change_setting(ACCOUNT, "sync_from", "2026-01-01", OWNER)
    assert names(world) == before


@pytest.mark.article("R14")
def test_a_newly_declared_tax_closes_the_gate_until_it_is_mapped(world: World) -> None:
    declared = [one for one, _ in declared_taxes()]
    new = DeclaredTaxSet(tax_set=TaxSet((TaxComponent(tax_id="new", rate=RATE_15),)), name="New 15%")
    world.engine.set_up.declare_taxes(ACCOUNT, [*declared, new], BACKEND)
    assert gate(world) == "closed"
    world.queue(example_invoices(2))
    world.work()
    assert world.requests("PUT", "/Invoices") == []
    assert {entry["state"] for entry in world.outbox()} == {"PENDING"}
    assert {entry["attempts"] for entry in world.outbox()} == {0}
    world.engine.set_up.map_tax(ACCOUNT, new.tax_set, "OUTPUT2", OWNER)
    assert gate(world) == "open"
    world.work()
    assert len(world.in_xero()) == 2


def test_disconnecting_closes_the_gate_keeps_the_queue_and_can_be_repeated(world: World) -> None:
    world.queue(example_invoices(2))
    assert world.engine.set_up.disconnect(ACCOUNT, OWNER) is True
    assert world.engine.set_up.disconnect(ACCOUNT, OWNER) is False
    with pytest.raises(NotPossible, match="is disconnected from Xero; connect it again first"):
        world.engine.set_up.offered_accounts(ACCOUNT)
    assert gate(world) == "closed"
    world.work()
    assert world.in_xero() == []
    waiting = [entry["state"] for entry in world.outbox() if entry["kind"] == "create_invoice"]
    assert waiting == ["PENDING", "PENDING"]


def test_reconnecting_the_same_organisation_resumes_where_it_stopped(world: World) -> None:
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.queue(example_invoices(3))
    world.consent()
    assert gate(world) == "open"
    world.work()
    assert len(world.in_xero()) == 3
    assert {world.invoice(f"inv-{n}").status for n in range(3)} == {"synced"}


def test_each_step_that_changes_something_rings(fresh: World) -> None:
    fresh.connect()
    before = len(fresh.rung)
    fresh.engine.set_up.change_setting(ACCOUNT, "sync_from", "2026-02-01", OWNER)
    fresh.engine.set_up.change_setting(ACCOUNT, "sync_from", "2026-02-01", OWNER)
    assert fresh.rung[before:] == [fresh.lane]
