"""Days on the demo's stage: engine, worker process, ticker and simulated Xero go by clocks moved together."""

from datetime import date, timedelta

import pytest

from domain.connection import AccessRemoved, Disconnected, InactivityWarned
from domain.event import Event
from domain.inactivity import DAY
from domain.streams import connection_id
from services.demo.breaking_off import BreakingOff
from services.demo.days import walk
from services.demo.simulated_owner import ACCOUNT, OWNER, set_up_account
from services.demo.stage import Stage, set_stage
from services.settings import load_settings
from tests.services.cli.program import open_home
from tests.world import EXAMPLES


def told(stage: Stage, kind: type[Event]) -> list[Event]:
    """The events of one type."""
    return [e for e in stage.engine.store.events_of(connection_id(ACCOUNT)) if isinstance(e, kind)]


def begin_a_day(stage: Stage) -> None:
    """Put the clocks a little after the next midnight: no day ends by itself while others are walked through."""
    now = stage.engine.store.now()
    stage.move_clocks(now.replace(hour=0, minute=5) + timedelta(days=1) - now)


@pytest.mark.article("R16")
def test_a_walk_through_quiet_days_ends_a_connection_for_all_processes() -> None:
    days: list[date] = []
    with open_home() as home, BreakingOff() as breaking_off:
        settings = load_settings({"KYRIOS_XERO_HOME": str(home)})
        with set_stage(settings, EXAMPLES, breaking_off) as stage:
            begin_a_day(stage)
            set_up_account(stage.engine, stage.xero.control_url, EXAMPLES)
            stage.engine.set_up.change_setting(ACCOUNT, "inactivity.days", "14", OWNER)
            stage.worker.start()
            began = stage.engine.store.now()
            walk(stage.engine, stage.xero.control_url, 15, days.append)
            stage.until(lambda: bool(told(stage, AccessRemoved)))
            assert [days[0], days[-1]] == [began.date() + DAY, began.date() + 15 * DAY]
            assert len(told(stage, InactivityWarned)) == 2
            (cut,) = told(stage, Disconnected)
            assert isinstance(cut, Disconnected)
            assert cut.reason == "inactivity"
            (removed,) = told(stage, AccessRemoved)
            assert isinstance(removed, AccessRemoved)
            assert removed.in_xero == "removed"
