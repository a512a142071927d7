"""The fire: which faults the calls of a trial suffer, and how likely. About three calls in ten go wrong."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final

import httpx

from tests.chaos.scale import LATEST_COMMIT

Faults = list[tuple[str, float, dict[str, Any]]]
Fire = Mapping[str, Faults]
"""For each method or path, the kinds of faults with the chance of each, met in this order, and what else they need."""

PATHS: Final = ("/Invoices", "/Payments", "/Contacts")

WRITES: Final[Faults] = [
    ("answer_lost", 0.05, {}),
    ("late_commit", 0.05, {"delay": LATEST_COMMIT}),
    ("reset", 0.03, {}),
    ("http_500_before", 0.02, {}),
    ("http_500_after", 0.04, {}),
    ("http_503", 0.01, {"retry_after": 2}),
    ("truncated_json", 0.03, {}),
    ("slow", 0.02, {"delay": 0.5}),
    ("hold", 0.02, {}),
    ("batch_400_after", 0.02, {}),
    ("http_429_minute", 0.02, {"retry_after": 2}),
    ("http_429_day", 0.01, {"retry_after": 3}),
    ("http_429_concurrent", 0.01, {"retry_after": 1}),
]
READS: Final[Faults] = [
    ("reset", 0.05, {}),
    ("http_500_before", 0.05, {}),
    ("http_503", 0.04, {"retry_after": 1}),
    ("truncated_json", 0.05, {}),
    ("answer_lost", 0.04, {}),
    ("slow", 0.03, {"delay": 0.5}),
    ("hold", 0.01, {}),
    ("http_429_minute", 0.02, {"retry_after": 2}),
    ("http_429_concurrent", 0.01, {"retry_after": 1}),
]
TOKENS: Final[Faults] = [("answer_lost", 0.1, {}), ("http_500_before", 0.1, {}), ("reset", 0.1, {})]

POISON: Final = "/poison/"
"""Xero refuses every request whole whose body holds this in a link."""

NEXT_FAULT_WITHIN: Final = 5

_BY_METHOD: Final = (("PUT", WRITES), ("POST", WRITES), ("GET", READS))

CALLS: Final[Fire] = {
    "POST /connect/token": TOKENS,
    **{f"{method} {path}": faults for method, faults in _BY_METHOD for path in PATHS},
}


def kindle(control: httpx.Client, random: Random, fire: Fire = CALLS) -> None:
    """Order the faults; they last until `quench`, but for the poison, which stays what it is."""
    _poison(control)
    for what, kinds in fire.items():
        method, path = what.split(" ")
        for kind, chance, more in kinds:
            order = {"kind": kind, "method": method, "path": path, "times": None, "chance": chance}
            control.post("/faults", json={**order, "seed": random.getrandbits(31), **more}).raise_for_status()


def await_next_fault(control: httpx.Client) -> None:
    """Return as soon as the likeliest fault that was ordered fires once more, or after a few seconds without it."""
    ordered = [fault for fault in control.get("/faults").json()["faults"] if fault["body_contains"] is None]
    likeliest = max(ordered, key=lambda fault: fault["chance"])
    asked = {"fault": likeliest["id"], "fired": likeliest["fired"] + 1, "timeout": NEXT_FAULT_WITHIN}
    control.get("/wait", params=asked).raise_for_status()


def quench(control: httpx.Client) -> dict[str, int]:
    """End all faults but the poison; how often each kind has fired."""
    fired: dict[str, int] = {}
    for fault in control.get("/faults").json()["faults"]:
        fired[fault["kind"]] = fired.get(fault["kind"], 0) + fault["fired"]
    control.delete("/faults").raise_for_status()
    _poison(control)
    return {kind: number for kind, number in sorted(fired.items()) if number}


def _poison(control: httpx.Client) -> None:
    order = {"kind": "batch_400", "method": "PUT", "path": "/Invoices", "times": None, "body_contains": POISON}
    control.post("/faults", json=order).raise_for_status()
