"""A process dies while invoices are updated or voided in Xero: no change is lost, and none undoes a later one."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from domain.document import Totals
from services.intake import IssuedInvoice
from tests.changes import assert_clean, kinds, revise, revised, synced, void
from tests.crash.books import assert_invariants, finish, live
from tests.crash.conftest import StartChild
from tests.world import World, example_invoices, world_on

pytestmark = pytest.mark.crash

COUNT = 4


def third() -> IssuedInvoice:
    """Revision 3 of inv-0: 3 x 100.00, without tax for 300.00 as its amounts bear none."""
    (one,) = example_invoices(1)
    (line,) = one.document.lines
    totals = Totals(sub_total=Decimal("300.00"), total_tax=Decimal("0.00"), total=Decimal("300.00"))
    lines = (msgspec.structs.replace(line, unit_amount=Decimal("100.00")),)
    return revised(revision=3, lines=lines, line_amounts="no_tax", totals=totals)


def update_all(world: World) -> None:
    """Kyrios revises every invoice."""
    assert revise(world, *(revised(number) for number in range(COUNT))) == ["accepted"] * COUNT


def void_all(world: World) -> None:
    """Kyrios voids every invoice."""
    assert all(void(world, f"inv-{number}") for number in range(COUNT))


def assert_updated(world: World) -> None:
    """Xero holds the revision of every invoice."""
    assert {one["Total"] for one in world.in_xero()} == {230.0}
    assert {world.invoice(f"inv-{n}").synced_revision for n in range(COUNT)} == {2}


def assert_voided(world: World) -> None:
    """Every invoice is voided in Xero."""
    assert {one["Status"] for one in world.in_xero()} == {"VOIDED"}
    assert {world.invoice(f"inv-{n}").status for n in range(COUNT)} == {"voided"}


Step = Callable[[World], None]
CHANGES = pytest.mark.parametrize(
    ("change", "expected"), [(update_all, assert_updated), (void_all, assert_voided)], ids=["update", "void"]
)


def states(world: World) -> set[str]:
    """The states of the entries that change something."""
    return {state for kind, state in kinds(world) if kind != "create_invoice"}


def assert_repaired(world: World, expected: Step) -> None:
    """All is done, every invoice is in Xero once, and all records agree."""
    finish(world)
    expected(world)
    assert len(world.in_xero()) == COUNT
    assert states(world) == {"DONE"}
    assert_invariants(world)
    assert_clean(world)


@CHANGES
@pytest.mark.parametrize("point", ["inside_claim", "after_claim", "before_change"])
def test_a_death_before_a_change_was_sent_loses_nothing(
    world: World, child: StartChild, change: Step, expected: Step, point: str
) -> None:
    synced(world, COUNT)
    change(world)
    dying = child(point)
    dying.wait_at(point)
    dying.kill()
    assert states(world) == {"PENDING" if point == "inside_claim" else "LEASED"}
    assert_repaired(world, expected)


@CHANGES
def test_a_death_after_xero_made_the_change_is_looked_up_and_adopted(
    world: World, child: StartChild, change: Step, expected: Step
) -> None:
    synced(world, COUNT)
    fault = world.fault("hold", method="POST", path="/Invoices")
    change(world)
    dying = child("nowhere")
    world.wait_for_fault(fault, fired=1)
    dying.kill()
    assert states(world) == {"LEASED"}
    assert_repaired(world, expected)
    assert {entry["attempts"] for entry in world.outbox()} == {1}


@CHANGES
@pytest.mark.parametrize("point", ["change_answered", "before_commit", "after_commit"])
def test_a_death_with_xeros_answer_in_hand_changes_nothing_twice(
    world: World, child: StartChild, change: Step, expected: Step, point: str
) -> None:
    synced(world, COUNT)
    change(world)
    dying = child(point)
    dying.wait_at(point)
    dying.kill()
    assert states(world) == {"DONE" if point == "after_commit" else "LEASED"}
    assert_repaired(world, expected)
    assert len(world.requests("POST", "/Invoices")) == 1


@CHANGES
@pytest.mark.parametrize("point", ["before_change_search", "after_change_search", "before_commit"])
@pytest.mark.parametrize("arrived", [True, False])
def test_a_death_while_a_change_is_looked_up_is_looked_up_again(
    world: World, child: StartChild, change: Step, expected: Step, point: str, arrived: bool
) -> None:
    synced(world, COUNT)
    world.fault("answer_lost" if arrived else "reset", method="POST", path="/Invoices")
    change(world)
    world.work()
    assert states(world) == {"AMBIGUOUS"}
    world.later(3.1)
    dying = child(point)
    dying.wait_at(point)
    dying.kill()
    assert states(world) == {"AMBIGUOUS"}
    assert_repaired(world, expected)


def test_a_death_while_an_invoice_is_created_leaves_its_revision_and_its_void_to_follow(
    world: World, child: StartChild
) -> None:
    fault = world.fault("hold", method="PUT", path="/Invoices")
    world.queue(example_invoices(COUNT))
    dying = child("nowhere")
    world.wait_for_fault(fault, fired=1)
    update_all(world)
    assert void(world, "inv-0")
    dying.kill()
    finish(world)
    totals = {one["InvoiceNumber"]: (one["Status"], one["Total"]) for one in world.in_xero()}
    assert totals == {"T-0": ("VOIDED", 414.0)} | {f"T-{n}": ("AUTHORISED", 230.0) for n in range(1, COUNT)}
    assert live(world) == []
    assert_invariants(world)
    assert_clean(world)


# ── negative control ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("quiet", "total"), [(3.0, 300.0), (0.0, 230.0)])
def test_a_late_update_undoes_a_later_revision_if_it_is_looked_up_at_once(
    world: World, quiet: float, total: float
) -> None:
    """Revision 2 (230.00) is still on its way into Xero's books when revision 3 (300.00) is taken on."""
    synced(world)
    late = world.fault("late_commit", method="POST", path="/Invoices", delay=1.0)
    revise(world, revised())
    with world_on(world.xero, world.engine.database_url, Path(world.engine.settings.home)) as other:
        other.engine.timing = msgspec.structs.replace(other.engine.timing, quiet=quiet)
        assert other.engine.dispatcher.look_at(other.lane)
        revise(world, third())
        other.work()
        world.wait_for_fault(late, completed=1)
        finish(other)
    assert world.invoice("inv-0").synced_revision == 3
    assert world.in_xero()[0]["Total"] == total
