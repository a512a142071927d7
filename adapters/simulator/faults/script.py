"""The list of faults to come: which request each hits, and how often it has."""

import random
import threading
from typing import Annotated, Literal
from urllib.parse import unquote, unquote_plus, urlsplit

import msgspec

from adapters.simulator.accounting.routes import ROOT
from adapters.simulator.ledger.documents import Document
from adapters.simulator.wire.exchange import Request

Kind = Literal[
    "answer_lost",
    "late_commit",
    "reset",
    "http_500_before",
    "http_500_after",
    "http_413",
    "http_503",
    "http_503_maintenance",
    "http_503_organisation_offline",
    "http_429_minute",
    "http_429_day",
    "http_429_concurrent",
    "http_429_appminute",
    "truncated_json",
    "slow",
    "hold",
    "batch_400",
    "batch_400_after",
    "summarised",
    "token_expired",
]


class FaultOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is ordered: skip so many matching requests, then hit so many (``times`` null: all of them)."""

    kind: Kind
    method: str | None = None
    path: str | None = None
    """``/Invoices`` also stands for what lies below it; the Accounting API's prefix may be left out."""
    body_contains: str | None = None
    """Part of the request's body; with ``times`` null, what can never be sent as long as this is in it."""
    query_contains: str | None = None
    """Part of the request's query, as it was before it was written into an address: what can never be asked for."""
    tenant_id: str | None = None
    """Only requests about this organisation."""
    times: Annotated[int, msgspec.Meta(ge=1)] | None = 1
    skip: Annotated[int, msgspec.Meta(ge=0)] = 0
    chance: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    """How likely it hits a request that it could hit; ``seed`` fixes the order of hits and misses."""
    seed: int = 0
    delay: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 0.0
    """Seconds of real time: before a late commit, or before a slow answer."""
    retry_after: int | str | None = None
    """Seconds in the Retry-After header of a 429 or a 503; a text goes into the header as it is."""


class Fault:
    """An order and what became of it. ``fired``: it did its harm; ``completed``: its effect is on disk as well."""

    def __init__(self, fault_id: int, order: FaultOrder) -> None:
        self.id = fault_id
        self.order = order
        self.seen = 0
        self.matched = 0
        self.fired = 0
        self.completed = 0
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._dice = random.Random(order.seed)

    def meets(self) -> bool:
        """Whether it hits the request before it, which it is told of once. One caller at a time."""
        self.seen += 1
        exhausted = self.order.times is not None and self.matched >= self.order.times
        if self.seen <= self.order.skip or exhausted or self._dice.random() >= self.order.chance:
            return False
        self.matched += 1
        return True

    def count(self, fired: int = 0, completed: int = 0) -> None:
        """Several requests may suffer the same fault at once."""
        with self._lock:
            self.fired += fired
            self.completed += completed

    def shown(self) -> Document:
        """As the control surface lists it."""
        counts = {"seen": self.seen, "matched": self.matched, "fired": self.fired, "completed": self.completed}
        return {"id": self.id, **msgspec.to_builtins(self.order), **counts}


class FaultScript:
    """Faults in the order they were given; the first that wants a request gets it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._last_id = 0

    def order(self, order: FaultOrder) -> Fault:
        """Put a fault at the end of the list."""
        with self._lock:
            self._last_id += 1
            self._faults.append(Fault(self._last_id, order))
            return self._faults[-1]

    def take(self, request: Request) -> Fault | None:
        """The fault this request is to suffer."""
        with self._lock:
            for fault in self._faults:
                if _wants(fault.order, request) and fault.meets():
                    return fault
        return None

    def find(self, fault_id: int) -> Fault | None:
        """A fault by its id."""
        with self._lock:
            return next((fault for fault in self._faults if fault.id == fault_id), None)

    def listed(self) -> list[Fault]:
        """All faults."""
        with self._lock:
            return list(self._faults)

    def clear(self, fault_id: int | None = None) -> None:
        """Forget one fault, or all of them, and release what they hold."""
        with self._lock:
            faults = [fault for fault in self._faults if fault_id in (None, fault.id)]
            self._faults = [fault for fault in self._faults if fault not in faults]
        for fault in faults:
            fault.released.set()


def concerns(target: str, path: str) -> bool:
    """True when a request target is this path or lies below it, in any case, with or without the API's prefix."""
    sought = "/" + path.lower().removeprefix(ROOT).strip("/")
    found = unquote(urlsplit(target).path).lower().removeprefix(ROOT).rstrip("/")
    return sought == "/" or found == sought or found.startswith(sought + "/")


def _wants(order: FaultOrder, request: Request) -> bool:
    return (
        (order.method is None or order.method.upper() == request.method)
        and (order.path is None or concerns(request.target, order.path))
        and (order.body_contains is None or order.body_contains.encode() in request.body)
        and (order.query_contains is None or order.query_contains in unquote_plus(urlsplit(request.target).query))
        and (order.tenant_id is None or order.tenant_id.lower() == request.headers.get("xero-tenant-id", "").lower())
    )
