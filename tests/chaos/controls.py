"""Negative controls: members whose engine lacks one defence, and the fire and the strikes that find it out.

Each is caught by the same checkers that judge the whole engine, or the checkers are worth nothing. Where the window is
small, the control lingers in it, as a slow machine would.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import reduce
from typing import Any, Final
from uuid import uuid4

import msgspec
from sqlalchemy import Connection

from adapters.xero.answers import Answer
from adapters.xero.calls import Call
from adapters.xero.session import BeforeSend, XeroSession, nothing
from projections import checkpoints
from services.bootstrap import Parts
from services.bootstrap.parts import REAL_PARTS
from services.dispatch.lane_work import Timing
from services.mailing.mailer import Mailer
from services.mailing.ready import Ready
from services.projector import Projector
from tests.chaos.fire import CALLS, PATHS, Fire
from tests.chaos.killer import DiesOfKillers
from tests.chaos.scale import LATEST_COMMIT, LEASE, QUIET, Scale
from tests.crash.undefended import RecordsWithoutGuard, SendsAgainWithoutLookingUp, SplitsWithoutLookingUp

LINGERS: Final = 0.4
BEYOND_REPAIR: Final = LEASE + QUIET + 2.0
"""Seconds after which others have carried on what a frozen worker held."""
SMALL: Final = Scale(
    organisations=1,
    invoices=120,
    seconds=15.0,
    patience=45.0,
    workers=2,
    tickers=1,
    broker=False,
    unique_numbers=False,
    planted=0,
)

FREEZING: Final = msgspec.structs.replace(SMALL, seconds=35.0, strike_every=(0.1, 0.5))
"""Only what is frozen for longer than a repair takes comes too late."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """What is missing, how a member is built without it, what a trial does to find out, and who must notice."""

    missing: str = "nothing"
    parts: Parts = field(default_factory=Parts)
    timing: Callable[[Timing], Timing] = lambda timing: timing
    projector: type[Projector] = Projector
    fire: Fire = field(default_factory=lambda: CALLS)
    strikes: Mapping[str, int] = field(default_factory=dict)
    frozen_for: tuple[float, float] = (1.1 * LEASE, 2 * LEASE)
    scale: Scale = SMALL
    noticed_by: tuple[str, ...] = ()


class LingersWithAnswer(XeroSession):
    """Has an answer in hand for a while before it is recorded."""

    def _ask(self, call: Call, before_send: BeforeSend = nothing) -> Answer:
        try:
            return super()._ask(call, before_send)
        finally:
            _linger(call)


class Unfenced(XeroSession):
    """Sends however old its lease is, and is slow to begin."""

    def _ask(self, call: Call, before_send: BeforeSend = nothing) -> Answer:
        _linger(call)
        return super()._ask(call)


class MovesFirst(Projector):
    """Moves its checkpoint in a transaction of its own, and writes the rows afterwards."""

    def _move(self, connection: Connection, old: int, new: int) -> None:
        with self._engine.begin() as apart:
            checkpoints.move(apart, old, new)
        threading.Event().wait(LINGERS)


class NeverSends(Mailer):
    """Takes a mail for sent as soon as it is written."""

    def send(self, ready: Ready) -> None:
        """Record it, and leave it at that."""
        self.record_taken(ready)


class WritesAnew(Mailer):
    """Writes every mail anew under another Message-ID, also one that may have arrived."""

    def send(self, ready: Ready) -> None:
        """Send it as if it had never been sent."""
        anew = f"<{uuid4()}@kyrios.example>"
        content = ready.content.replace(ready.message_id.encode(), anew.encode())
        super().send(msgspec.structs.replace(ready, content=content, message_id=anew))


def _linger(call: Call) -> None:
    if call.method == "PUT":
        threading.Event().wait(LINGERS)


def _without_quiet(timing: Timing) -> Timing:
    return msgspec.structs.replace(timing, quiet=0.0)


def _writes(kind: str, chance: float, **more: object) -> Fire:
    return {f"PUT {path}": [(kind, chance, dict(more))] for path in PATHS}


WHOLE: Final = Control(parts=Parts(claim=DiesOfKillers))

CONTROLS: Final[dict[str, Control]] = {
    "no-look-up": Control(
        missing="an unknown outcome is sent again without a look-up",
        parts=Parts(record=SendsAgainWithoutLookingUp),
        fire=_writes("answer_lost", 0.3),
        noticed_by=("in Xero once", "new keys have reasons"),
    ),
    "no-quiet-period": Control(
        missing="an unknown outcome is looked up at once",
        timing=_without_quiet,
        fire=_writes("late_commit", 0.3, delay=LATEST_COMMIT),
        noticed_by=("in Xero once",),
    ),
    "no-lease-guard": Control(
        missing="a result is recorded whoever owns the entries",
        parts=Parts(
            recorder=f"{RecordsWithoutGuard.__module__}:{RecordsWithoutGuard.__qualname__}", session=LingersWithAnswer
        ),
        fire=_writes("http_429_minute", 0.5, retry_after=1),
        strikes={"freeze a worker after a fault": 1},
        frozen_for=(BEYOND_REPAIR, BEYOND_REPAIR + 1),
        scale=FREEZING,
        noticed_by=("new keys have reasons",),
    ),
    "no-fence": Control(
        missing="a request is sent however old its lease is",
        parts=Parts(session=Unfenced),
        fire={},
        strikes={"freeze a worker": 1},
        frozen_for=(BEYOND_REPAIR, BEYOND_REPAIR + 1),
        scale=FREEZING,
        noticed_by=("nothing sent after its lease",),
    ),
    "split-without-look-up": Control(
        missing="a request that was refused whole is split and sent again without a look-up",
        parts=Parts(record=SplitsWithoutLookingUp),
        fire=_writes("batch_400_after", 0.3),
        noticed_by=("in Xero once", "new keys have reasons"),
    ),
    "mails-never-sent": Control(
        missing="a mail is recorded as sent before it is",
        parts=Parts(mailer=NeverSends),
        fire={},
        noticed_by=("who must act is told", "mails are recorded"),
    ),
    "mails-written-anew": Control(
        missing="a mail that may have arrived is sent again under another Message-ID",
        parts=Parts(mailer=WritesAnew),
        fire={},
        noticed_by=("mails are recorded",),
    ),
    "checkpoint-outside": Control(
        missing="the projector moves its checkpoint outside the transaction of its rows",
        projector=MovesFirst,
        fire={},
        strikes={"kill a ticker": 1},
        noticed_by=("projections are a replay",),
    ),
}


def control_of(name: str) -> Control:
    """The control of this name, or the whole engine; `a+b` lacks both defences, and different checkers notice them."""
    if not name:
        return WHOLE
    return reduce(_both, [CONTROLS[one] for one in name.split("+")])


def _both(one: Control, other: Control) -> Control:
    assert not {*one.noticed_by} & {*other.noticed_by}, "nobody could tell whose breach it is"
    return Control(
        missing=f"{one.missing}, and {other.missing}",
        parts=Parts(**(_other_than(REAL_PARTS, one.parts) | _other_than(REAL_PARTS, other.parts))),
        timing=lambda timing: other.timing(one.timing(timing)),
        projector=one.projector if one.projector is not Projector else other.projector,
        fire={**one.fire, **other.fire},
        strikes={**one.strikes, **other.strikes},
        frozen_for=max(one.frozen_for, other.frozen_for),
        scale=max(one.scale, other.scale, key=lambda scale: scale.seconds),
        noticed_by=(*one.noticed_by, *other.noticed_by),
    )


def _other_than(usual: Parts, parts: Parts) -> dict[str, Any]:
    return {one.name: got for one in fields(parts) if (got := getattr(parts, one.name)) != getattr(usual, one.name)}
