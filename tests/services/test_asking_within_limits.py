"""What a click asks of Xero comes out of the lane's budget like all else, and what Xero says of it is heard."""

from collections.abc import Callable

import pytest

from adapters.xero.errors import NoToken, OutcomeUnclear, RateLimited
from tests.services.dispatch.seen import lane, rests
from tests.world import ACCOUNT, OWNER, World, organisation_id

Click = Callable[[World], object]

CLICKS: list[Click] = [
    lambda world: world.engine.set_up.ledger_accounts(ACCOUNT),
    lambda world: world.engine.set_up.suggest_taxes(ACCOUNT),
    lambda world: world.engine.set_up.choose_organisation(ACCOUNT, organisation_id(), OWNER),
]


def has(world: World, change: str) -> None:
    """The lane is as it is in the middle of something."""
    with world.engine.store.cursor() as cursor:
        cursor.execute(f"UPDATE app.lane SET {change}")


def about_the_organisation(world: World) -> int:
    """How many calls the organisation's limits have counted."""
    return len(world.requests("GET", "/api.xro"))


@pytest.mark.parametrize("click", CLICKS)
def test_a_click_in_a_minute_that_is_used_up_is_refused_and_asks_nothing(world: World, click: Click) -> None:
    has(world, "promised = started, window_over_at = app.now() + interval '40 seconds'")
    asked = about_the_organisation(world)
    with pytest.raises(RateLimited, match="minute") as refused:
        click(world)
    assert refused.value.status is None, "it was we who kept the limit"
    assert about_the_organisation(world) == asked


@pytest.mark.parametrize("click", CLICKS)
def test_a_click_may_use_what_is_kept_of_the_day_and_is_counted(world: World, click: Click) -> None:
    has(world, "promised_today = started + 500, day_most = 5000, day_over_at = app.now() + interval '1 hour'")
    asked, before = about_the_organisation(world), lane(world)["started"]
    click(world)
    assert about_the_organisation(world) > asked
    assert lane(world)["started"] - before == about_the_organisation(world) - asked


def test_a_click_passes_a_rest_that_is_not_about_limits(world: World) -> None:
    has(world, "paused_until = app.now() + interval '5 minutes', paused_for = 'xero_unavailable', failures_in_row = 7")
    assert world.engine.set_up.ledger_accounts(ACCOUNT)
    assert lane(world)["failures_in_row"] == 7, "what it found out says nothing of sending"
    has(world, "paused_for = 'rate_limited'")
    with pytest.raises(RateLimited):
        world.engine.set_up.ledger_accounts(ACCOUNT)


@pytest.mark.parametrize("kind", ["http_429_minute", "http_429_day"])
def test_a_limit_met_by_a_click_rests_the_lane(world: World, kind: str) -> None:
    world.fault(kind, method="GET", path="/Accounts", retry_after=37)
    with rests(world, 37), pytest.raises(RateLimited):
        world.engine.set_up.ledger_accounts(ACCOUNT)


def test_what_a_click_hears_is_left_for_the_whole_app_holds_everybody_before_xero_does(world: World) -> None:
    left = {"rate_limits": True, "minute_seconds": 60, "app_per_minute": 30, "per_minute": 10_000}
    world.control.post("/options", json=left).raise_for_status()

    def ask_on() -> None:
        for _ in range(40):
            world.engine.set_up.ledger_accounts(ACCOUNT)

    with pytest.raises(RateLimited) as refused:
        ask_on()
    assert len(world.requests("GET", "/Accounts")) > 1
    assert refused.value.status is None, "it was we who kept the limit"
    assert world.control.get("/ledger/violations").json()["violations"] == []


def test_a_limit_of_the_whole_app_met_by_a_click_rests_no_lane_by_itself(world: World) -> None:
    world.fault("http_429_appminute", method="GET", path="/Accounts", retry_after=37)
    with pytest.raises(RateLimited):
        world.engine.set_up.ledger_accounts(ACCOUNT)
    assert lane(world)["paused_until"] is None
    with pytest.raises(RateLimited):
        world.engine.set_up.ledger_accounts(ACCOUNT)


def test_the_lane_hears_what_every_good_answer_to_a_read_says_is_left(world: World) -> None:
    has(world, "promised = NULL, promised_today = NULL")
    world.engine.set_up.ledger_accounts(ACCOUNT)
    kept = lane(world)
    assert (kept["promised"], kept["promised_today"]) != (None, None)
    has(world, "promised = NULL, promised_today = NULL")
    world.engine.contact_reader.read(world.lane)
    assert lane(world)["promised"] is not None


def test_a_click_for_which_there_is_no_token_uses_nothing_of_the_budget(world: World) -> None:
    has(world, "promised = started, window_over_at = app.now() - interval '1 second', promised_today = started + 3")
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.xero_grant SET access_expires_at = app.now()")
    world.fault("http_429_minute", method="POST", path="/connect/token")
    with pytest.raises(NoToken):
        world.engine.set_up.ledger_accounts(ACCOUNT)
    assert lane(world)["promised_today"] - lane(world)["started"] == 3
    assert world.engine.set_up.ledger_accounts(ACCOUNT), "another may go ahead at once"


def test_a_read_whose_answer_is_lost_leaves_what_was_promised(world: World) -> None:
    has(world, "promised = started + 7, window_over_at = app.now() + interval '1 minute'")
    promised = lane(world)["promised"]
    world.fault("answer_lost", method="GET", path="/Accounts")
    with pytest.raises(OutcomeUnclear):
        world.engine.set_up.ledger_accounts(ACCOUNT)
    assert lane(world)["promised"] == promised
