"""Idempotency keys: six minutes from the first call, the answer cached when it is complete.

Xero's idempotency page: keys belong to the app, are looked at after the rate limits, and remember errors too.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from adapters.simulator import errors
from adapters.simulator.clock import VirtualClock
from adapters.simulator.ledger.database import Ledger
from adapters.simulator.options import Behaviour
from adapters.simulator.wire.exchange import Request, Response

METHODS = ("POST", "PUT", "PATCH")
LONGEST = 128


@dataclass(slots=True)
class _Turn:
    """Callers of one key that run or wait."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    callers: int = 0


class IdempotencyKeys:
    """Answers a keyed request once and repeats that answer byte for byte."""

    def __init__(self, ledger: Ledger, clock: VirtualClock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._turns: dict[str, _Turn] = {}
        self._turns_lock = threading.Lock()

    def answer(
        self,
        request: Request,
        tenant_id: str,
        behaviour: Behaviour,
        pause: Callable[[], None],
        act: Callable[[], Response],
    ) -> Response:
        """Act and remember in one transaction, or replay. ``pause`` runs before acting, while the key is taken.

        Raises errors.Refusal when the key is too long or belongs to another request.
        """
        key = request.headers.get("idempotency-key") if request.method in METHODS else None
        if not key:
            pause()
            with self._ledger.transaction():
                return act()
        if len(key) > LONGEST:
            raise errors.Refusal(errors.overlong_key(), "idempotency_key_too_long", f"{len(key)} characters")
        # XERO-UNVERIFIED XU-08: whether another tenant makes it another request.
        fingerprint = _fingerprint(request, tenant_id if behaviour.key_is_bound_to_tenant else "")
        # XERO-UNVERIFIED XU-07: whether concurrent repeats wait for the first answer.
        with self._turn(key) if behaviour.serialises_same_key else nullcontext():
            first_ms = self._clock.now_ms()
            cached = self._cached(key, fingerprint, behaviour)
            if cached is not None:
                return cached
            pause()
            with self._ledger.transaction():
                response = act()
                # XERO-UNVERIFIED XU-06: whether refusals are replayed; internal errors are, as documented.
                if response.status != 400 or behaviour.replays_validation_400:
                    self._remember(key, fingerprint, first_ms, response)
            return response

    def _cached(self, key: str, fingerprint: str, behaviour: Behaviour) -> Response | None:
        with self._ledger.reading() as db:
            row = db.execute("SELECT * FROM idempotency WHERE key = ?", (key,)).fetchone()
        if row is None or row["first_ms"] + behaviour.key_life_seconds * 1000 <= self._clock.now_ms():
            return None
        if row["fingerprint"] != fingerprint:
            raise errors.Refusal(errors.reused_key(key), "idempotency_key_reused", key)
        return Response(row["status"], row["body"], row["content_type"])

    def _remember(self, key: str, fingerprint: str, first_ms: int, response: Response) -> None:
        with self._ledger.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?)",
                (key, fingerprint, first_ms, response.status, response.content_type, response.body),
            )

    @contextmanager
    def _turn(self, key: str) -> Iterator[None]:
        with self._turns_lock:
            turn = self._turns.setdefault(key, _Turn())
            turn.callers += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._turns_lock:
                turn.callers -= 1
                if not turn.callers:
                    del self._turns[key]


def _fingerprint(request: Request, tenant_id: str) -> str:
    parts = (request.method.encode(), request.target.encode(), tenant_id.encode(), request.body)
    return hashlib.sha256(b"\n".join(parts)).hexdigest()
