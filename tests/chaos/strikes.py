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
KILL_BROKER: Final = "kill the broker"
STOP_DATABASE: Final = "stop the database at once"
MOST_AT_ONCE: Final = 8
LANES: Final = 100

KINDS: Final[Mapping[str, int]] = {
    "kill a worker": 6,
    "kill a ticker": 3,
    "kill all workers": 1,
    "freeze a worker": 2,
    STOP_DATABASE: 1,
    KILL_BROKER: 1,
    "expire all tokens": 1,
}
"""Each kind with its weight; in a trial that is long enough each happens at least once."""


Row = dict[str, Any]


class Strike(msgspec.Struct, kw_only=True):
    """One strike: on which members, when it hit and was repaired (Unix time), and whether work was due then."""

    kind: str
    members: tuple[str, ...] = ()
    struck: float = 0.0
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
        there = topology.broker is not None
        self._asked = kinds
        self._kinds = {kind: weight for kind, weight in kinds.items() if there or kind != KILL_BROKER}
        self._frozen_for = frozen_for
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

    @property
    def not_tried(self) -> list[str]:
        """The kinds that were asked for and not carried out."""
        carried_out = {strike.kind for strike in self.done}
        return [kind for kind in self._asked if kind not in carried_out]

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
        return lambda: self._carry_out(Strike(kind=kind), act, taken)

    def _carry_out(self, strike: Strike, act: Callable[[Strike], object], taken: Sequence[str]) -> None:
        try:
            strike.struck = time.time()
            act(strike)
            strike.repaired, strike.work_was_due = time.time(), self._work_is_due()
            self.done.append(strike)
        finally:
            for name in taken:
                self._busy[name].release()

    def _act(self, kind: str) -> tuple[list[str], Callable[[Strike], object]]:
        """Whom a strike of this kind hits, and how; it returns when the harm is repaired."""
        topology = self._topology
        match kind:
            case "kill all workers":
                workers = topology.of("worker")
                return [worker.name for worker in workers], lambda strike: _kill(strike, workers)
            case "kill a worker" | "kill a ticker":
                member = self._random.choice(topology.of("ticker" if kind == "kill a ticker" else "worker"))
                return [member.name], lambda strike: _kill(strike, [member])
            case "freeze a worker" | "freeze a worker after a fault":
                member = self._random.choice(topology.of("worker"))
                return [member.name], lambda strike: self._freeze(strike, member)
            case _ if kind == STOP_DATABASE:
                return [DATABASE], lambda _: topology.database.restart_at_once()
            case _ if kind == KILL_BROKER:
                return [BROKER], lambda _: self._kill_broker()
            case _:
                return [], lambda _: topology.simulator.control.post("/expire_tokens").raise_for_status()

    def _freeze(self, strike: Strike, member: Member) -> None:
        if strike.kind.endswith("fault"):
            await_next_fault(self._topology.simulator.control)
        member.send(signal.SIGSTOP)
        strike.members, strike.struck = (member.name,), time.time()
        self._pause.wait(self._random.uniform(*self._frozen_for))
        member.send(signal.SIGCONT)

    def _kill_broker(self) -> None:
        broker = self._topology.broker
        assert broker is not None, "this strike is only drawn where there is one"
        broker.kill()
        broker.start()

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


def _kill(strike: Strike, members: Sequence[Member]) -> None:
    for member in members:
        member.kill()
    strike.members, strike.struck = tuple(member.name for member in members), time.time()
    for member in members:
        member.start()
    for member in members:
        member.wait_until_it_works()


def _now(cursor: psycopg.Cursor[Row]) -> datetime:
    row = cursor.execute("SELECT app.now() AS now").fetchone()
    assert row is not None
    now: datetime = row["now"]
    return now
