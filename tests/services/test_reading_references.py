"""When reference data are read, how often, and how much of the budget that takes."""

import pytest

from adapters.xero.errors import RateLimited
from domain.refusals import NotPossible
from tests.crash.books import read_deliveries
from tests.services.dispatch.seen import lane
from tests.services.test_references import age, blocked_for, connection, in_xero, invoices, reads
from tests.world import ACCOUNT, World, example_invoices, organisation_id


def test_what_is_fresh_is_not_read_again_before_sending(world: World) -> None:
    before = reads(world)
    world.queue(example_invoices(2))
    world.engine.look_at(world.lane)
    assert reads(world) == before


@pytest.mark.article("R21")
def test_what_is_an_hour_old_is_read_before_anything_is_sent(world: World) -> None:
    in_xero(world, "tax_rates", TaxType="OUTPUT2", Status="ARCHIVED")
    age(world, 1.1)
    refill(world)
    world.queue(example_invoices(1))
    world.engine.look_at(world.lane)
    assert blocked_for(world) == ["tax_rate_unavailable"]
    assert world.requests("PUT", "/Invoices") == []


def refill(world: World, tokens: float = 3.0) -> None:
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.lane SET tokens = %s, refilled_at = app.now()", (tokens,))


@pytest.mark.article("R21")
def test_a_quiet_connection_is_read_once_a_day_and_one_where_something_waits_every_hour(world: World) -> None:
    watch = world.engine.references
    assert watch.round() == 0
    age(world, 1.1)
    assert world.engine.references.round() == 0
    world.queue(example_invoices(1))
    assert world.engine.references.round() == 1
    world.work()
    age(world, 24.1)
    assert world.engine.references.round() == 1


def test_an_invoice_that_waits_for_xero_has_its_connection_read_every_hour(world: World) -> None:
    world.queue(invoices(1, currency="EUR"))
    world.work()
    world.engine.projector.catch_up()
    in_xero(world, "currencies", Code="EUR")
    age(world, 1.1)
    assert world.engine.references.round() == 1
    world.work()
    assert world.invoice("inv-0").status == "synced"


def test_reading_takes_no_more_calls_than_the_lane_has(world: World) -> None:
    age(world, 1.1)
    world.queue(example_invoices(1))
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.lane SET promised = started, window_over_at = app.now() + interval '1 minute'")
    before = reads(world)
    assert world.engine.references.round() == 0
    assert reads(world) == before


def test_trouble_is_left_alone_for_a_while_and_sending_goes_on(world: World) -> None:
    age(world, 1.1)
    world.fault("http_503", path="/Organisation", times=None)
    world.queue(example_invoices(1))
    before = reads(world)
    world.engine.look_at(world.lane)
    assert world.engine.references.round() == 0
    assert reads(world) == before + 1
    world.work()
    assert world.invoice("inv-0").status == "synced"


def test_a_limit_pauses_the_lane(world: World) -> None:
    age(world, 1.1)
    world.fault("http_429_minute", method="GET", retry_after=30)
    world.queue(example_invoices(1))
    world.engine.references.round()
    assert lane(world)["paused_for"] == "rate_limited"


def test_a_removed_connection_is_noticed_and_left_alone(world: World) -> None:
    world.control.delete(f"/organisations/{organisation_id()}/connection").raise_for_status()
    age(world, 24.1)
    assert world.engine.references.round() == 0
    assert connection(world).disconnected_for == "removed_in_xero"
    assert world.engine.references.round() == 0


def test_what_can_be_read_is_acted_upon_though_something_else_cannot(world: World) -> None:
    in_xero(world, "tax_rates", TaxType="OUTPUT2", Status="ARCHIVED")
    world.fault("http_503", path="/Currencies", times=None)
    with pytest.raises(Exception, match="server_error"):
        world.engine.references.refresh(ACCOUNT)
    assert list(connection(world).drifted) == ["gst@15"]


def test_nobody_checks_again_what_was_never_connected(world: World) -> None:
    with pytest.raises(NotPossible, match="not connected"):
        world.engine.references.refresh("unknown")


def test_what_a_person_asks_for_is_taken_from_the_budget_and_leaves_no_place_taken(world: World) -> None:
    before = lane(world)["started"]
    world.engine.references.refresh(ACCOUNT)
    assert lane(world)["started"] == before + 5
    assert [one for one in read_deliveries(world) if one["purpose"] == "read"] == []


def test_a_person_who_asks_for_more_than_xero_allows_hears_so_and_nothing_is_asked(world: World) -> None:
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.lane SET promised = started, window_over_at = app.now() + interval '40 seconds'")
    asked = len(world.requests("GET", "/"))
    with pytest.raises(RateLimited, match="minute") as refused:
        world.engine.references.refresh(ACCOUNT)
    assert refused.value.retry_after is not None
    assert 38 < refused.value.retry_after <= 40
    assert len(world.requests("GET", "/")) == asked


# ── taxes of other components ───────────────────────────────────────────────────────────────────────────────────────
