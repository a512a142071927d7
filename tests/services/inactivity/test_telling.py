"""What people are told of the clock: the countdown, that it runs out, and that it holds."""

import json
from datetime import datetime
from typing import Any

import pytest

from domain.inactivity import DAY
from tests.services.cli.conftest import Kyrios, runner
from tests.services.cli.program import variables_of
from tests.services.inactivity.days import jump, last_activity, live, look
from tests.world import ACCOUNT, World


@pytest.fixture
def kyrios(quiet: World) -> Kyrios:
    """The program, by the clock of the test."""
    return runner(variables_of(quiet) | {"KYRIOS_XERO_CLOCK": "virtual"})


def told(kyrios: Kyrios) -> dict[str, Any]:
    """The account's status as JSON."""
    (account,) = json.loads(kyrios("status", ACCOUNT, "--json").stdout)["accounts"]
    found: dict[str, Any] = account
    return found


def date(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def test_a_connection_counts_down_expires_and_has_ended(quiet: World, kyrios: Kyrios) -> None:
    since = last_activity(quiet)
    status = told(kyrios)
    assert (status["status"], status["quiet"]["quiet_days"], status["quiet"]["expiring"]) == ("active", 0, False)
    countdown = f"Last activity {date(since)}; without any, we disconnect on {date(since + 60 * DAY)}."
    assert status["quiet"]["words"] == countdown
    assert countdown in " ".join(kyrios("status", COLUMNS="200").stdout.split())
    live(quiet, 48)
    status = told(kyrios)
    assert (status["status"], status["gate_open"]) == ("expiring", True)
    assert status["quiet"]["words"] == (
        f"Quiet for 48 days. We disconnect on {date(since + 60 * DAY)} unless something is synced before, or you "
        "change a set-up step or reconnect."
    )
    assert status["quiet"]["held_until"] is None
    live(quiet, 13)
    status = told(kyrios)
    assert (status["status"], status["quiet"]) == ("disconnected", None)


@pytest.mark.article("R23")
def test_while_the_clock_holds_it_says_so_where_it_matters(quiet: World, kyrios: Kyrios) -> None:
    jump(quiet, 7 * DAY)
    look(quiet)
    status = told(kyrios)
    assert status["quiet"]["held_until"] is not None
    assert "days are not held against you" not in status["quiet"]["words"], "nobody is near their end"
    jump(quiet, 55 * DAY)
    status = told(kyrios)
    held_until = datetime.fromisoformat(status["quiet"]["held_until"])
    assert datetime.fromisoformat(status["quiet"]["disconnect_at"]) == held_until
    assert status["quiet"]["words"] == (
        f"Quiet for 62 days. We disconnect on {date(held_until)} unless something is synced before, or you change a "
        "set-up step or reconnect. We were away ourselves, or our clock was moved, so the days are not held against "
        f"you: nobody is disconnected for being quiet before {held_until:%Y-%m-%d %H:%M} UTC."
    )
