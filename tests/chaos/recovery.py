"""Recovery: how long after each repair what was struck goes on, and that all of it does.

A worker is known by the requests it held: each must be taken up again, whoever does it; that another worker is busy
elsewhere proves nothing. A ticker is known by the events nobody had read. What strikes all workers alike is known by
the next call of any of them. While a lane rests, as Xero or a person asked it to, nobody waits for it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final
from uuid import UUID

import msgspec

from domain.connection import GateClosed, GateOpened
from tests.chaos.breach import Breach, stuck, wrong
from tests.chaos.evidence import Evidence, moment
from tests.chaos.scale import QUIET, RECOVERY
from tests.chaos.strikes import STOP_DATABASE, Strike
from tests.chaos.watch import Claim

Span = tuple[float, float]
"""From when until when, in Unix time."""

FOR_ALL: Final = ("kill all workers", STOP_DATABASE, "kill the broker", "expire all tokens")


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What went on after a repair, so many seconds later; None: it never did."""

    kind: str
    what: str
    seconds: float | None
    within: float = RECOVERY


class Recoveries(msgspec.Struct, frozen=True, kw_only=True):
    """All of a trial; and the repairs after which nothing was due that could have shown them."""

    found: Sequence[Recovery]
    nothing_due: int

    @property
    def waits(self) -> list[float]:
        """The seconds of those that went on."""
        return sorted(one.seconds for one in self.found if one.seconds is not None)


def recoveries(evidence: Evidence) -> Recoveries:
    """What every strike of a trial came to."""
    each = [list(_after(strike, evidence)) for strike in evidence.strikes]
    return Recoveries(found=[one for found in each for one in found], nothing_due=sum(1 for found in each if not found))


def recovers(evidence: Evidence) -> Iterator[Breach]:
    """Whatever was struck goes on, and so does sending as a whole."""
    for one in [*recoveries(evidence).found, *_next_calls(evidence)]:
        if one.seconds is None:
            yield stuck(f"{one.what} never went on after {one.kind!r}")


def recovers_soon(evidence: Evidence) -> Iterator[Breach]:
    """In 99 of 100 cases the next call follows a repair within the lease and five seconds, and so does what was struck.

    A request that was held is left alone for the quiet period, too, before it is searched for.
    """
    for found in (recoveries(evidence).found, [*_next_calls(evidence)]):
        late = [one for one in found if one.seconds is not None and one.seconds > one.within]
        if 100 * len(late) >= len(found):
            for one in late:
                yield wrong(f"{one.what} went on {one.seconds:.1f} s after {one.kind!r}, not in {one.within:g} s")


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent do not exceed; 0 if there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def _after(strike: Strike, evidence: Evidence) -> Iterator[Recovery]:
    if strike.kind == "kill a ticker":
        yield from _of_ticker(strike, evidence)
    elif strike.members:
        yield from _of_workers(strike, evidence)
    if strike.kind in FOR_ALL and strike.work_was_due:
        yield _next_call(strike, evidence)


def _next_calls(evidence: Evidence) -> Iterator[Recovery]:
    """One for each repair after which something was due, whoever was struck: to the next call of anybody."""
    yield from (_next_call(strike, evidence) for strike in evidence.strikes if strike.work_was_due)


def _next_call(strike: Strike, evidence: Evidence) -> Recovery:
    arrivals = (moment(request["at"]).timestamp() for request in evidence.requests)
    following = min((at for at in arrivals if at >= strike.repaired), default=None)
    waited = None if following is None else following - strike.repaired
    return Recovery(kind=strike.kind, what="all sending", seconds=waited)


def _of_workers(strike: Strike, evidence: Evidence) -> Iterator[Recovery]:
    """One for each request that a struck worker had in hand: to the first claim of one of its entries."""
    closed = {entry["id"]: entry["closed_at"] for entry in evidence.outbox}
    for held in _held(strike, evidence):
        again = [
            claim.at.timestamp()
            for claim in evidence.seen.claims
            if claim.entry_id in {one.entry_id for one in held} and claim.at.timestamp() > strike.struck
        ]
        ends = [closed[one.entry_id].timestamp() for one in held if closed.get(one.entry_id) is not None]
        at = min([*again, *ends], default=None)
        waited = None if at is None else _awake(evidence, held[0].connection_id, (strike.repaired, at))
        what = f"a request of {held[0].member}"
        yield Recovery(kind=strike.kind, what=what, seconds=waited, within=RECOVERY + QUIET)


def _held(strike: Strike, evidence: Evidence) -> list[list[Claim]]:
    held: defaultdict[UUID, list[Claim]] = defaultdict(list)
    for claim in evidence.seen.claims:
        over = claim.ended_at is not None and claim.ended_at.timestamp() <= strike.struck
        if claim.member in strike.members and claim.at.timestamp() <= strike.struck and not over:
            held[claim.token].append(claim)
    return list(held.values())


def _of_ticker(strike: Strike, evidence: Evidence) -> Iterator[Recovery]:
    """One for each projection that had not read what was in the log when the ticker was back."""
    logged = zip(evidence.notification_ids, evidence.recorded_at, strict=True)
    head = max((number for number, at in logged if at.timestamp() <= strike.repaired), default=0)
    for projection in sorted({move.projection for move in evidence.seen.moves}):
        moves = [(one.at.timestamp(), one.position) for one in evidence.seen.moves if one.projection == projection]
        if max((position for at, position in moves if at <= strike.repaired), default=0) >= head:
            continue
        there = min((at for at, position in moves if position >= head and at > strike.repaired), default=None)
        waited = None if there is None else there - strike.repaired
        yield Recovery(kind=strike.kind, what=f"projection {projection}", seconds=waited)


def _awake(evidence: Evidence, lane: UUID, span: Span) -> float:
    """The seconds of a span in which a lane did not rest, its gate was open, and there was somebody to serve it."""
    began, until = span
    asleep, known = 0.0, began
    rests = [*_rests(evidence, lane), *_rests(evidence, None), *_shut(evidence, lane), *_nobody_there(evidence)]
    for start, end in sorted(rests):
        start, end = max(start, known), min(end, until)
        if end > start:
            asleep, known = asleep + end - start, end
    return max(0.0, until - began - asleep)


def _rests(evidence: Evidence, lane: UUID | None) -> Iterator[Span]:
    of = [rest for rest in evidence.seen.rests if rest.connection_id == lane]
    for rest, changed in zip_longest(of, [rest.at for rest in of[1:]]):
        if rest.until is not None:
            yield rest.at.timestamp(), min(rest.until, changed or rest.until).timestamp()


def _nobody_there(evidence: Evidence) -> Iterator[Span]:
    """While the database was away, or every worker was struck, one after the other or all at once."""
    for strike in evidence.strikes:
        if strike.kind == STOP_DATABASE:
            yield strike.struck, strike.repaired
    down = [
        (at, change)
        for strike in evidence.strikes
        for at, change in ((strike.struck, 1), (strike.repaired, -1))
        for name in strike.members
        if name in evidence.workers
    ]
    missing, since = 0, 0.0
    for at, change in sorted(down):
        if missing == len(evidence.workers):
            yield since, at
        missing, since = missing + change, at


def _shut(evidence: Evidence, lane: UUID) -> Iterator[Span]:
    since: dt.datetime | None = None
    for event, at in zip(evidence.events, evidence.recorded_at, strict=True):
        if event.originator_id != lane:
            continue
        if isinstance(event, GateClosed):
            since = since or at
        if isinstance(event, GateOpened) and since is not None:
            yield since.timestamp(), at.timestamp()
            since = None
