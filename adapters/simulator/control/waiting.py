"""Waiting to be told instead of sleeping: until a fault fired, until so many calls were handled."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from adapters.simulator.faults.script import concerns
from adapters.simulator.ledger.documents import Document
from adapters.simulator.world import World

LONGEST = 60.0  # seconds


def wait(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """``fault=ID&fired=N`` or ``fault=ID&completed=N`` or ``requests=N[&method=][&path=]``; ``timeout`` seconds.

    Answers ``{"reached": bool, "count": n}``: false after the timeout.
    """
    count, wanted = _counter(world, asked)
    ends = time.monotonic() + min(float(asked.get("timeout", "10")), LONGEST)
    news = world.journal.news()
    while (reached := count()) < wanted and not world.stopping.is_set() and (left := ends - time.monotonic()) > 0:
        news = world.journal.news_after(news, left)
    return {"reached": reached >= wanted, "count": reached}


def _counter(world: World, asked: Mapping[str, str]) -> tuple[Callable[[], int], int]:
    if "fault" in asked:
        fault = world.faults.find(int(asked["fault"]))
        if fault is None:
            raise LookupError(f"there is no fault {asked['fault']}")
        if "completed" in asked:
            return (lambda: fault.completed), int(asked["completed"])
        return (lambda: fault.fired), int(asked.get("fired", "1"))
    if "requests" in asked:
        method, path = asked.get("method", "").upper(), asked.get("path", "/")
        return (lambda: _handled(world, method, path)), int(asked["requests"])
    raise ValueError("say what to wait for: fault=ID&fired=N, fault=ID&completed=N or requests=N")


def _handled(world: World, method: str, path: str) -> int:
    return sum(
        row["processed_status"] is not None and method in ("", row["method"]) and concerns(row["path"], path)
        for row in world.journal.requests()
    )
