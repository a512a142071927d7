"""Strikes: what is done to the processes of a trial. Which, on whom and when is drawn by the seed."""

import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from random import Random
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg

from adapters.event_store import lane_calls, lanes, whole_app
from domain.budget import Budget
from tests.chaos.fire import await_next_fault
from tests.chaos.scale import LEASE
from tests.chaos.topology import Member, Topology

DATABASE: Final = "the database"
BROKER: Final = "the broker"
MOST_AT_ONCE: Final = 8
LANES: Final = 100

KINDS: Final[Mapping[str, int]] = {
    "kill a worker": 6,
    "kill a ticker": 3,
    "kill all workers": 1,
    "freeze a worker": 2,
    "stop the database at once": 1,
    "kill the broker": 1,
    "expire all tokens": 1,
}
"""Each kind with its weight; in a trial that is long enough each happens at least once."""


Row = dict[str, Any]


class Strike(msgspec.Struct, kw_only=True):
    """One strike: when it was repaired (Unix time), and whether work was due then."""

    kind: str
    repaired: float = 0.0
    work_was_due: bool = False


class Strikes:
    """Strikes a topology until the time is up, and remembers what it did.

    Strikes overlap: a worker dies while the database restarts. Only what is struck already is left alone until it is
    repaired.
    """

    def __init__(
        self,
        topology: Topology,
        random: Random,
        budget: Budget,
        kinds: Mapping[str, int] = KINDS,
        frozen_for: tuple[float, float] = (1.1 * LEASE, 2 * LEASE),
    ) -> None:
        self._topology, self._random, self._budget = topology, random, budget
        self._kinds, self._frozen_for = kinds, frozen_for
        self._busy: dict[str, threading.Lock] = {name: threading.Lock() for name in (DATABASE, BROKER)}
        self._busy |= {member.name: threading.Lock() for member in topology.members}
        self._pause = threading.Event()
        self.done: list[Strike] = []

    def rage(self, seconds: float) -> None:
        """Strike now and then for so long, and until there was one of each kind; repair all of it."""
        ends, first = time.monotonic() + seconds, self._one_of_each()
        with ThreadPoolExecutor(MOST_AT_ONCE, "strike") as hands:
            struck = []
            while first or (self._kinds and time.monotonic() < ends):
                # Nobody is waited for: this is how time passes between two strikes.
                self._pause.wait(self._random.uniform(*self._topology.size.strike_every))
                strike = self._drawn(first[-1] if first else None)
                if strike is not None:
                    struck.append(hands.submit(strike))
                    del first[-1:]
            self._pause.wait(max(0.0, ends - time.monotonic()))
            for one in struck:
                one.result()

    def _one_of_each(self) -> list[str]:
        kinds = list(self._kinds)
        self._random.shuffle(kinds)
        return kinds

    def _drawn(self, kind: str | None) -> Callable[[], None] | None:
        """A strike, ready to be carried out; None if its victim is being struck already."""
        kind = kind or self._random.choices(list(self._kinds), list(self._kinds.values()))[0]
        victims, act = self._act(kind)
        taken = [name for name in victims if self._busy[name].acquire(blocking=False)]
        if len(taken) < len(victims):
            for name in taken:
                self._busy[name].release()
            return None
        return lambda: self._carry_out(kind, act, taken)

    def _carry_out(self, kind: str, act: Callable[[], object], taken: Sequence[str]) -> None:
        try:
            act()
            self.done.append(Strike(kind=kind, repaired=time.time(), work_was_due=self._work_is_due()))
        finally:
            for name in taken:
                self._busy[name].release()

    def _act(self, kind: str) -> tuple[list[str], Callable[[], object]]:
        """Whom a strike of this kind hits, and how; it returns when the harm is repaired."""
        topology = self._topology
        match kind:
            case "kill all workers":
                return [worker.name for worker in topology.of("worker")], lambda: _kill(topology.of("worker"))
            case "kill a worker" | "kill a ticker":
                member = self._random.choice(topology.of("ticker" if kind == "kill a ticker" else "worker"))
                return [member.name], lambda: _kill([member])
            case "freeze a worker" | "freeze a worker after a fault":
                member = self._random.choice(topology.of("worker"))
                return [member.name], lambda: self._freeze(member, kind.endswith("fault"))
            case "stop the database at once":
                return [DATABASE], topology.database.restart_at_once
            case "kill the broker":
                return [BROKER], self._kill_broker
            case _:
                return [], lambda: topology.simulator.control.post("/expire_tokens").raise_for_status()

    def _freeze(self, member: Member, after_a_fault: bool) -> None:
        if after_a_fault:
            await_next_fault(self._topology.simulator.control)
        member.send(signal.SIGSTOP)
        self._pause.wait(self._random.uniform(*self._frozen_for))
        member.send(signal.SIGCONT)

    def _kill_broker(self) -> None:
        if self._topology.broker is not None:
            self._topology.broker.kill()
            self._topology.broker.start()

    def _work_is_due(self) -> bool:
        try:
            with psycopg.connect(self._topology.database.url, row_factory=psycopg.rows.dict_row) as connection:
                cursor = connection.cursor()
                together = whole_app.read(cursor) | {"now": _now(cursor)}
                return any(self._may_go(cursor, lane, together) for lane in lanes.due(cursor, LANES))
        except psycopg.Error:
            return False

    def _may_go(self, cursor: psycopg.Cursor[Row], lane: UUID, together: Row) -> bool:
        row = lanes.read(cursor, lane)
        return row is not None and lane_calls.waits_for(row, together, together["now"], self._budget) is None


def _kill(members: Sequence[Member]) -> None:
    for member in members:
        member.kill()
    for member in members:
        member.start()
    for member in members:
        member.wait_until_it_works()


def _now(cursor: psycopg.Cursor[Row]) -> datetime:
    row = cursor.execute("SELECT app.now() AS now").fetchone()
    assert row is not None
    now: datetime = row["now"]
    return now
