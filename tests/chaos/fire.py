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
UNFOUND_LINK: Final = "/unfound/"
"""No request is answered whose body holds this in a link."""
UNFOUND_NUMBER: Final = "UNFOUND-"
"""Xero breaks on every search for a number that begins like this."""

NEXT_FAULT_WITHIN: Final = 5
OFFLINE: Final = "http_503_organisation_offline"
NOTICED_WITHIN: Final = 20
BACK_IN: Final = 2
"""Seconds after which an organisation that is offline is to be asked again, by its own word."""

_BY_METHOD: Final = (("PUT", WRITES), ("POST", WRITES), ("GET", READS))

CALLS: Final[Fire] = {
    "POST /connect/token": TOKENS,
    **{f"{method} {path}": faults for method, faults in _BY_METHOD for path in PATHS},
}


def kindle(control: httpx.Client, random: Random, fire: Fire = CALLS) -> None:
    """Order the faults; they last until `quench`, but for the poisons, which stay what they are."""
    _poison(control)
    _hide(control)
    for what, kinds in fire.items():
        method, path = what.split(" ")
        for kind, chance, more in kinds:
            order = {"kind": kind, "method": method, "path": path, "times": None, "chance": chance}
            control.post("/faults", json={**order, "seed": random.getrandbits(31), **more}).raise_for_status()


def await_next_fault(control: httpx.Client) -> None:
    """Return as soon as the likeliest fault that was ordered fires once more, or after a few seconds without it."""
    ordered = [fault for fault in control.get("/faults").json()["faults"] if fault["chance"] < 1]
    likeliest = max(ordered, key=lambda fault: fault["chance"])
    asked = {"fault": likeliest["id"], "fired": likeliest["fired"] + 1, "timeout": NEXT_FAULT_WITHIN}
    control.get("/wait", params=asked).raise_for_status()


def quench(control: httpx.Client) -> dict[str, int]:
    """End all faults but the poisons; how often each kind has fired."""
    fired: dict[str, int] = {}
    for fault in control.get("/faults").json()["faults"]:
        fired[fault["kind"]] = fired.get(fault["kind"], 0) + fault["fired"]
    cure(control)
    _hide(control)
    return {kind: number for kind, number in sorted(fired.items()) if number}


def cure(control: httpx.Client) -> None:
    """Xero finds again what it broke on; what it refuses it goes on refusing."""
    control.delete("/faults").raise_for_status()
    _poison(control)


def take_offline(control: httpx.Client, tenant_id: str) -> int:
    """This organisation is offline at Xero, until the fault with this number is forgotten."""
    order = {"kind": OFFLINE, "tenant_id": tenant_id, "times": None, "retry_after": BACK_IN}
    ordered = control.post("/faults", json=order).raise_for_status()
    return int(ordered.json()["id"])


def bring_back(control: httpx.Client, fault: int) -> int:
    """End an organisation's time offline once somebody has noticed it; how often it was met."""
    asked: dict[str, int] = {"fault": fault, "fired": 1, "timeout": NOTICED_WITHIN}
    met = int(control.get("/wait", params=asked).raise_for_status().json()["count"])
    control.delete("/faults", params={"fault": fault}).raise_for_status()
    return met


def _hide(control: httpx.Client) -> None:
    """What is sent gets no answer, and what is searched for breaks the search."""
    lost = {"kind": "answer_lost", "method": "PUT", "path": "/Invoices", "body_contains": UNFOUND_LINK}
    broken = {"kind": "http_500_before", "method": "GET", "path": "/Invoices", "query_contains": UNFOUND_NUMBER}
    for order in (lost, broken):
        control.post("/faults", json=order | {"times": None}).raise_for_status()


def _poison(control: httpx.Client) -> None:
    order = {"kind": "batch_400", "method": "PUT", "path": "/Invoices", "times": None, "body_contains": POISON}
    control.post("/faults", json=order).raise_for_status()
