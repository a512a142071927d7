"""What one lane's call means for all lanes: the app's limit at Xero, and the breaker that parks everybody.

Each step is a transaction of its own, after the call was recorded. Nothing is written while all is well.
"""

import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

from adapters.event_store import lane_breaker, whole_app
from adapters.event_store.store import EventStore
from adapters.xero.errors import RateLimited, XeroError
from domain.breaker import LATELY, Evidence, all_rest, pause_of_all
from domain.budget import RATE_LIMITED, Budget
from domain.retry import rest_after_limit
from services.dispatch.app_window import AppWindow

LOG: Final = logging.getLogger(__name__)
WORTH_KEEPING: Final = 2
"""The app's calls left are kept once there are fewer than so many times the reserve."""


class AllLanes:
    """Hears what came of calls, as far as it concerns everybody."""

    def __init__(
        self,
        store: EventStore,
        budget: Budget,
        chance: Callable[[], float],
        look_again: Callable[[UUID, float], object],
    ) -> None:
        self._store, self._budget, self._chance, self._look_again = store, budget, chance, look_again
        self._window = AppWindow(budget.window)

    def answered(self, probe: UUID | None, app_left: int | None) -> None:
        """A call was answered: if it is the `probe` that went ahead for all, all begin again."""
        self._heard(app_left)
        if probe is not None:
            self._probed(probe, "answers")

    def failed(self, connection_id: UUID, probe: UUID | None, error: XeroError, evidence: Evidence) -> None:
        """A call of this lane failed, and `evidence` is what that tells of Xero."""
        self._heard(error.rates.app_left)
        if isinstance(error, RateLimited) and error.kind == "app":
            with self._store.cursor() as cursor:
                whole_app.pause(cursor, rest_after_limit("app", error.retry_after), RATE_LIMITED)
        if probe is not None:
            self._probed(probe, evidence)
        elif evidence == "away":
            self._perhaps_rest(connection_id)

    def given_back(self, probe: UUID | None) -> None:
        """Nothing was sent: if it would have gone ahead for all, another may at once."""
        if probe is not None:
            self._probed(probe, "none")

    def _heard(self, app_left: int | None) -> None:
        if app_left is None:
            return
        lasted = self._window.lasted(app_left)
        if app_left < WORTH_KEEPING * self._budget.app_reserve:
            with self._store.cursor() as cursor:
                whole_app.heard(cursor, app_left, lasted)

    def _probed(self, probe: UUID, evidence: Evidence) -> None:
        match evidence:
            case "away":
                with self._store.cursor() as cursor:
                    whole_app.probe_failed(cursor, probe, pause_of_all(whole_app.failed_probes(cursor) + 1))
            case "none":
                with self._store.cursor() as cursor:
                    whole_app.give_probe_back(cursor, probe)
            case "served" | "answers":
                self._begin_again(probe)

    def _perhaps_rest(self, connection_id: UUID) -> None:
        with self._store.cursor() as cursor:
            if not lane_breaker.is_open(cursor, connection_id):
                return
            opened, lately = lane_breaker.open_of_lately(cursor, LATELY)
            if all_rest(opened, lately) and whole_app.rest(cursor, pause_of_all(0)):
                LOG.warning("Xero fails %d of %d connections served lately: all rest", opened, lately)

    def _begin_again(self, probe: UUID) -> None:
        with self._store.cursor() as cursor:
            began = whole_app.begin_again(cursor, probe)
        if began:
            with self._store.cursor() as cursor:
                moments = lane_breaker.begin_again(cursor, self._chance)
            LOG.warning("Xero answers again: %d resting connections begin again", len(moments))
            for connection_id, seconds in moments.items():
                self._look_again(connection_id, seconds)
