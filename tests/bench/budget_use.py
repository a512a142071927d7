"""Xero's limit under a backlog: how much of it is used, with time scaled down and the simulator as witness."""

import threading
from datetime import datetime

from services.bootstrap import Parts
from services.running import working
from tests.bench.figures import Chapter, Figure
from tests.bench.ground import SEED, Ground
from tests.world import World, example_invoices

LIMIT = 60
"""Calls in a window, as in Xero's minute."""
WINDOW = 12.0
"""Seconds of a window: what is lost between windows weighs five times what it does at Xero."""
FULL_BATCH = 50


def measure(ground: Ground, windows: float, invoices: int) -> Chapter:
    """The share of the calls Xero allows that a backlog uses over so many windows, and what Xero had to complain of.

    Enough `invoices` are more than can be sent, so that there is a backlog to the end.
    """
    times = {"KYRIOS_XERO_LIMIT_WINDOW": f"{WINDOW:g}", "KYRIOS_XERO_CALLS_PER_MINUTE": str(LIMIT)}
    with ground.world(Parts(), SEED, **times) as world:
        limit(world, LIMIT, WINDOW)
        world.queue(example_invoices(invoices))
        calls = carry_for(world, windows * WINDOW)
        refused = broken_rules(world)
        at_once = world.control.get("/ledger/max_in_flight").json()["max_in_flight"]
    allowed = LIMIT * windows
    figures = [
        Figure(what="used of the calls Xero allows", value=100 * calls / allowed, unit="%", least=95),
        Figure(what="not refused for a limit", value=100 * (1 - refused / calls), unit="%", least=100),
        Figure(what="most calls in flight", value=at_once, unit="", most=4),
    ]
    remarks = [f"{calls} calls of {FULL_BATCH} invoices in {windows:g} windows of {WINDOW:g} s, {LIMIT} calls each"]
    return Chapter(title="Use of Xero's limit under a backlog", figures=figures, remarks=remarks)


def limit(world: World, calls: int, window: float) -> None:
    """Let Xero count from now on. What its answers said while it counted nothing is forgotten: it was of no window."""
    told = {"rate_limits": True, "per_minute": calls, "minute_seconds": window, "per_day": 1_000_000}
    world.control.post("/options", json=told).raise_for_status()
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.lane SET promised = NULL, window_over_at = NULL, promised_today = NULL, day_over_at = NULL,"
            " day_most = 0"
        )


def carry_for(world: World, seconds: float) -> int:
    """Carry a backlog; how many calls to create invoices arrived within so many seconds of the first."""
    engine = world.engine
    engine.ring = engine.doorbell.ring
    with working(engine):
        engine.ring(world.lane)
        threading.Event().wait(seconds)
    arrived = [datetime.fromisoformat(request["at"]) for request in world.requests("PUT", "/Invoices")]
    return sum((one - arrived[0]).total_seconds() <= seconds for one in arrived)


def broken_rules(world: World) -> int:
    """How many calls broke a limit, by Xero's ledger."""
    found = world.control.get("/ledger/violations").json()["violations"]
    return sum(one["rule"].endswith("_limit") for one in found)
