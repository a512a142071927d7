"""Calls of a lane overlap: one that began before Xero failed others says nothing against what they have told since."""

from contextlib import nullcontext

import pytest

from adapters.xero.errors import OutcomeUnclear
from services.bootstrap import Parts
from tests.services.dispatch.other_engine import beside, once_while_sending
from tests.services.dispatch.seen import lane, rests
from tests.world import World, example_invoices

SLOW = 50
FAILURES = 5


def others_fail(world: World, failures: int) -> None:
    """While one request is under way, so many others of its lane fail; none of them is searched for yet."""
    world.fault("http_500_before", method="PUT", path="/Invoices", times=failures)
    for number in range(failures):
        world.queue(example_invoices(1, start=SLOW + number))
        world.later(3)
        with world.engine.store.cursor() as cursor:
            later = "app.now() + interval '100 seconds'"
            cursor.execute(f"UPDATE app.delivery SET lease_until = {later} WHERE finished_at IS NULL")
            cursor.execute(f"UPDATE app.outbox SET lease_until = {later} WHERE state = 'LEASED'")
            cursor.execute(f"UPDATE app.outbox SET due_at = {later} WHERE state = 'AMBIGUOUS'")
        assert world.engine.dispatcher.look_at(world.lane)


@pytest.mark.parametrize("failures", [FAILURES - 1, FAILURES])
@pytest.mark.parametrize("well", [True, False])
def test_a_slow_call_neither_lowers_what_is_counted_nor_ends_a_rest_however_it_ends(
    world: World, well: bool, failures: int
) -> None:
    def meanwhile() -> None:
        others_fail(world, failures)
        assert lane(world)["failures_in_row"] == failures
        if not well:
            raise OutcomeUnclear("timeout")

    counted = failures if well else FAILURES
    with beside(world, Parts(session=once_while_sending(meanwhile))) as slow:
        world.queue(example_invoices(SLOW))
        # Nor does it make a rest longer.
        with rests(world, 30) if counted == FAILURES else nullcontext():
            assert slow.engine.dispatcher.look_at(world.lane)
    assert lane(world)["failures_in_row"] == counted
    if counted < FAILURES:
        assert lane(world)["paused_until"] is None
        return
    world.queue(example_invoices(20, start=100))
    world.later(31)
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.outbox SET due_at = app.now() + interval '100 seconds' WHERE state = 'AMBIGUOUS'")
    probe = world.engine.dispatcher._claim.to_send(world.lane)
    assert probe is not None
    assert len(probe.items) == 1
