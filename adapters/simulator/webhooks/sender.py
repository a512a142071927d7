"""The sender of webhooks: probes who wants them, tells what changed, tries again, and gives up after a day.

Kept in memory alone: what an app missed while this Xero was down, it finds out by asking.
"""

import secrets
import threading
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.simulator.clock import VirtualClock
from adapters.simulator.ledger.documents import Document, encode
from adapters.simulator.webhooks.posting import Posted, post, signature_of

AT_ONCE = 50
RETRY_EVERY_MS = 15 * 60 * 1_000
GIVES_UP_AFTER_MS = 24 * 3_600 * 1_000
LOOKS_EVERY = 0.05
"""Seconds of real time between two looks at the clock, which may be moved by hand."""


@dataclass
class Parcel:
    """Events that go together; `tries` so far, the first at `since_ms`, the next not before `due_ms`."""

    body: bytes
    since_ms: int
    due_ms: int
    tries: int = 0


@dataclass
class Subscription:
    """Who is told, and how it goes: ``ok``, ``intent_to_receive`` (the probe failed) or ``disabled``."""

    url: str
    key: str = field(repr=False)
    status: str = "intent_to_receive"
    reason: str = ""
    sent: int = 0
    failed: int = 0


class WebhookSender:
    """Tells one app. Everything that changed since it subscribed is remembered, to be replayed."""

    def __init__(self, clock: VirtualClock, stopping: threading.Event) -> None:
        self._clock, self._stopping = clock, stopping
        self._changed = threading.Condition()
        self._subscription: Subscription | None = None
        self._events: list[Document] = []
        self._waiting: list[Parcel] = []
        self._untold: list[Document] = []
        self._busy = False
        self._thread: threading.Thread | None = None

    def subscribe(self, url: str, key: str) -> Subscription:
        """Probe this address as Xero does before it sends anything, and send from now on if it passes."""
        subscription = Subscription(url, key)
        subscription.reason = _probe(url, key)
        subscription.status = "intent_to_receive" if subscription.reason else "ok"
        with self._changed:
            self._subscription, self._waiting, self._untold = subscription, [], []
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="simulator webhooks", daemon=True)
                self._thread.start()
        return subscription

    def note(self, tenant_id: str, category: str, kind: str, resource_id: str) -> None:
        """Something changed: CREATE or UPDATE of a CONTACT or an INVOICE."""
        with self._changed:
            if self._subscription is None:
                return
            event = {
                "resourceUrl": f"https://api.xero.com/api.xro/2.0/{category.title()}s/{resource_id}",
                "resourceId": resource_id,
                "eventDateUtc": self._clock.now().replace(tzinfo=None).isoformat(timespec="milliseconds"),
                "eventType": kind,
                "eventCategory": category,
                "tenantId": tenant_id,
                "tenantType": "ORGANISATION",
            }
            self._events.append(event)
            self._untold.append(event)
            self._changed.notify_all()

    def replay(self, times: int, *, backwards: bool) -> int:
        """Tell everything of the last 31 days again, so often, the newest first if asked; returns how many events."""
        with self._changed:
            oldest = (self._clock.now() - timedelta(days=31)).replace(tzinfo=None).isoformat()
            kept = [event for event in self._events if event["eventDateUtc"] >= oldest]
            again = (kept[::-1] if backwards else kept) * times
            self._untold += again
            self._changed.notify_all()
            return len(again)

    def standing(self, timeout: float = 0.0) -> Document:
        """Where it stands, once nothing is on its way any more or so many seconds have gone."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._busy or self._untold or self._due()), timeout)
            told = self._subscription
            if told is None:
                return {"status": "none", "events": len(self._events)}
            shown = {"url": told.url, "status": told.status, "reason": told.reason}
            return shown | {
                "sent": told.sent, "failed": told.failed, "waiting": len(self._waiting), "events": len(self._events)
            }  # fmt: skip

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._untold or self._due(), LOOKS_EVERY)
                self._pack()
                parcel, told = self._due(), self._subscription
                if parcel is None or told is None:
                    continue
                self._busy = True
            posted = post(told.url, parcel.body, signature_of(parcel.body, told.key))
            with self._changed:
                self._busy = False
                if told is self._subscription:
                    self._settle(told, parcel, posted)
                self._changed.notify_all()

    def _pack(self) -> None:
        """Put what was not told yet into parcels; an app that is not listening gets none."""
        now = self._clock.now_ms()
        if self._subscription is not None and self._subscription.status == "ok":
            for start in range(0, len(self._untold), AT_ONCE):
                self._waiting.append(Parcel(_body(self._untold[start : start + AT_ONCE], start), now, now))
        self._untold = []

    def _due(self) -> Parcel | None:
        now = self._clock.now_ms()
        ready = self._subscription is not None and self._subscription.status == "ok"
        return next((parcel for parcel in self._waiting if ready and parcel.due_ms <= now), None)

    def _settle(self, told: Subscription, parcel: Parcel, posted: Posted) -> None:
        if posted.status == 200 and not posted.wrong:
            told.sent += 1
            self._waiting.remove(parcel)
            return
        told.failed, told.reason = told.failed + 1, posted.wrong or f"answered {posted.status}"
        now = self._clock.now_ms()
        parcel.tries += 1
        # Again at once, then every 15 minutes for a day (Xero's page on webhooks).
        parcel.due_ms = now if parcel.tries == 1 else now + RETRY_EVERY_MS
        if now - parcel.since_ms >= GIVES_UP_AFTER_MS:
            told.status, self._waiting = "disabled", []


def _probe(url: str, key: str) -> str:
    """What is wrong with this address; empty if it takes right signatures and refuses wrong ones, bare and in time.

    XERO-UNVERIFIED XU-23: how many are sent, and that a wrong one differs by a single character.
    """
    entropy = "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(20))
    body = f'{{"events":[],"firstEventSequence": 0,"lastEventSequence": 0, "entropy": "{entropy}"}}'.encode()
    right = signature_of(body, key)
    other = "B" if right[0] == "A" else "A"
    for signature, wanted in ((right, 200), (other + right[1:], 401), (right[:-1], 401), (right, 200)):
        posted = post(url, body, signature)
        if posted.wrong or posted.status != wanted:
            return posted.wrong or f"answered {posted.status} where {wanted} was right"
    return ""


def _body(events: list[Document], first: int) -> bytes:
    entropy = secrets.token_hex(10).upper()
    numbers = {"firstEventSequence": first + 1, "lastEventSequence": first + len(events)}
    return encode({"events": events, **numbers, "entropy": entropy})
