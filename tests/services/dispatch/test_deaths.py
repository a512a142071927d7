"""Deaths are counted of whoever is alone by itself: what was shared with others, or survived since, is not held against
anybody. A worker that is given work and never reports back is one that died.
"""

from typing import Any

from domain.poison import DEATHS_ALONE, DEATHS_BEFORE_PARTING
from tests.payments import entered, paid_invoices, take_payments
from tests.services.dispatch.seen import states
from tests.world import ACCOUNT, OWNER, World, example_invoices

LEASE_AND_QUIET = 30.0
KILLER = 3


def die_with(world: World, *numbers: int) -> bool:
    """Do what there is to do, but for a worker that dies with what it is to send if one of these is in it."""
    dispatcher = world.engine.dispatcher
    work = dispatcher._claim.to_send(world.lane) or dispatcher._claim.to_look_up(world.lane)
    if work is None:
        return False
    carried = {f"T-{number}".encode() for number in numbers}
    if work.body is None or not any(b'"' + number + b'"' in work.body for number in carried):
        dispatcher._carry_out(work)
        return True
    world.later(LEASE_AND_QUIET)
    assert dispatcher.recover(world.lane) == len(work.items)
    return True


def live(world: World) -> list[dict[str, Any]]:
    """The entries that have not ended."""
    return [entry for entry in world.outbox() if entry["closed_at"] is None]


def test_one_that_was_parted_from_a_killer_survives_as_many_chances_as_any_other(world: World) -> None:
    world.queue(example_invoices(4))
    for _ in range(200):
        alone = len({entry["grp"] for entry in live(world)}) == len(live(world)) == 2
        if alone and all(entry["state"] == "PENDING" for entry in live(world)):
            break
        if not die_with(world, KILLER):
            world.later(LEASE_AND_QUIET)
    innocent, killer = live(world)
    assert {entry["deaths"] for entry in (innocent, killer)} == {DEATHS_BEFORE_PARTING + 1}
    assert {entry["deaths_alone"] for entry in (innocent, killer)} == {0}, "each begins anew"
    for _ in range(200):
        unlucky = live(world)[0]["id"] == innocent["id"] and live(world)[0]["deaths_alone"] < DEATHS_ALONE - 1
        if not die_with(world, KILLER, *([KILLER - 1] if unlucky else [])):
            world.later(LEASE_AND_QUIET)
        if not live(world):
            break
    assert states(world) == ["DONE"] * 3 + ["REJECTED"]
    assert [cause.code for cause in world.invoice("inv-3").causes] == ["internal_error"]


def test_an_answer_to_what_was_sent_ends_the_count_and_one_to_a_search_does_not(world: World) -> None:
    world.queue(example_invoices(1))
    counts = []
    for fault in (None, None, "http_500_before", None):
        if fault:
            world.fault(fault, method="PUT", path="/Invoices")
        assert die_with(world, *([] if fault else [0]))
        counts += [entry["deaths_alone"] for entry in live(world)]
        world.later(LEASE_AND_QUIET)
        assert die_with(world), "it is searched for, and not there"
        counts += [entry["deaths_alone"] for entry in live(world)]
        world.later(LEASE_AND_QUIET)
    assert counts == [1, 1, 2, 2, 0, 0, 1, 1]
    world.work()
    assert states(world) == ["DONE"]


def test_a_payment_that_kills_whoever_searches_for_it_ends_as_not_known_and_is_not_sent_blindly(world: World) -> None:
    take_payments(world)
    world.fault("answer_lost", method="PUT", path="/Payments")
    world.queue(paid_invoices(1, "100.00"))
    world.work()
    assert searches_until_ended(world) == DEATHS_ALONE
    assert [review.code for review in world.invoice("inv-0").reviews] == ["outcome_unresolved"]
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    world.work()
    assert world.invoice("inv-0").reviews == ()
    assert entered(world) == {"pay-0-0": 1}
    assert len(world.requests("PUT", "/Payments")) == 1


def searches_until_ended(world: World) -> int:
    """Let every worker die that searches, until nothing is searched for any more; how many died."""
    dispatcher, deaths = world.engine.dispatcher, 0
    while any(entry["state"] == "AMBIGUOUS" for entry in world.outbox()):
        world.later(LEASE_AND_QUIET)
        if dispatcher._claim.to_look_up(world.lane) is not None:
            world.later(LEASE_AND_QUIET)
            deaths += dispatcher.recover(world.lane)
    return deaths
