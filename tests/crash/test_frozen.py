"""C12: a process is frozen past its lease and thawed when its work is another's. What it still does is harmless."""

import threading
import time

import pytest

from tests.crash.books import assert_in_xero_once, finish
from tests.crash.conftest import LEASE, StartChild
from tests.world import World, example_invoices

pytestmark = pytest.mark.crash

COUNT = 5
SHORT = {"KYRIOS_XERO_READ_TIMEOUT": "1", "KYRIOS_XERO_LEASE": "2"}


def test_a_process_thawed_before_its_fence_sends_nothing(world: World, child: StartChild) -> None:
    world.queue(example_invoices(COUNT))
    frozen = child("before_fence", **SHORT)
    frozen.wait_at("before_fence")
    claimed = time.monotonic()
    frozen.freeze()
    finish(world)
    threading.Event().wait(max(0.0, claimed + 1.1 - time.monotonic()))  # the fence goes by a real clock
    frozen.go_on()
    frozen.thaw()
    assert frozen.said() == "done"
    assert len(world.requests("PUT", "/Invoices")) == 1
    assert_in_xero_once(world, COUNT)


def test_a_process_thawed_between_fence_and_wire_is_refused_by_the_unique_number(
    world: World, child: StartChild
) -> None:
    world.queue(example_invoices(COUNT))
    frozen = child("after_fence")
    frozen.wait_at("after_fence")
    frozen.freeze()
    finish(world)
    frozen.go_on()
    frozen.thaw()
    assert frozen.said() == "done"
    assert len(world.requests("PUT", "/Invoices")) == 2
    assert_in_xero_once(world, COUNT)


def test_a_process_thawed_with_its_answer_in_hand_changes_nothing(world: World, child: StartChild) -> None:
    world.queue(example_invoices(COUNT))
    frozen = child("with_answer")
    frozen.wait_at("with_answer")
    frozen.freeze()
    finish(world)
    before = world.outbox(), world.engine.store.head()
    frozen.go_on()
    frozen.thaw()
    assert frozen.said() == "done"
    assert (world.outbox(), world.engine.store.head()) == before
    assert len(world.requests("PUT", "/Invoices")) == 1
    assert_in_xero_once(world, COUNT)


def test_a_late_send_that_arrives_before_the_new_one_is_adopted(world: World, child: StartChild) -> None:
    """Its number is taken when the invoice is sent again: Xero is searched, and the invoice found to be ours."""
    world.queue(example_invoices(COUNT))
    frozen = child("after_fence")
    frozen.wait_at("after_fence")
    frozen.freeze()
    world.later(LEASE + 0.1)
    world.engine.sweeper.sweep()
    world.later(3.1)
    assert world.engine.dispatcher.look_at(world.lane), "looked up, and absent"
    frozen.go_on()
    frozen.thaw()
    frozen.wait_at("after_fence")  # its late send has arrived and its result was dropped; it sends again as new owner
    assert len(world.in_xero()) == COUNT
    frozen.go_on()
    assert frozen.said() == "done"
    assert_in_xero_once(world, COUNT)
    assert len(world.requests("PUT", "/Invoices")) == 2
    assert len(world.requests("GET", "/Invoices")) == 2
