"""The checkers of recovery and of calls at once, on made-up evidence: what they notice, what they excuse."""

import datetime as dt
from typing import Final
from uuid import UUID, uuid4

import msgspec

from services.proof.verify import Verified
from tests.chaos.evidence import Evidence, Row
from tests.chaos.recovery import recoveries, recovers, recovers_soon
from tests.chaos.strikes import STOP_DATABASE, Strike
from tests.chaos.watch import Claim, Move, Rest, Seen
from tests.chaos.xero_checks import limits_kept, most_of_ours

LANE = UUID(int=1)
BEGAN = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
WORKERS = ("worker 1", "worker 2")


def at(seconds: float) -> dt.datetime:
    """So many seconds after it began."""
    return BEGAN + dt.timedelta(seconds=seconds)


def strike(kind: str, struck: float, repaired: float, *members: str) -> Strike:
    """A strike, with its times in seconds after it began."""
    return Strike(kind=kind, members=members, struck=at(struck).timestamp(), repaired=at(repaired).timestamp())


def claim(member: str, began: float, ended: float | None, entry_id: int = 1) -> Claim:
    """A claim of one entry."""
    return Claim(
        entry_id=entry_id,
        connection_id=LANE,
        token=uuid4(),
        member=member,
        at=at(began),
        ended_at=None if ended is None else at(ended),
    )


def evidence(*strikes: Strike, **known: object) -> Evidence:
    """Evidence of these strikes, and of what else is known."""
    return msgspec.structs.replace(NOTHING, strikes=strikes, **known)


CLEAN: Final = Verified(position=0, head=0, events=0, streams=0, open_entries=0, conservation=(), found=0, findings=())
NOTHING: Final = Evidence(
    organisations=(), planned=(), disconnected=(), workers=WORKERS, invoices=[], payments=[], contacts=[], requests=[],
    violations=[], max_in_flight={}, events=[], notification_ids=[], recorded_at=[],
    seen=Seen(claims=(), rests=(), moves=()), lanes={}, outbox=[], deliveries={}, sends={}, checkpoints={}, head=0,
    verified=CLEAN, strikes=(), mails=[], rested=True, silent=(), stood_still=(),
)  # fmt: skip


def test_a_killed_worker_has_recovered_when_what_it_held_is_taken_up_and_not_when_another_is_busy() -> None:
    claims = [claim("worker 1", 0, 6), claim("worker 2", 2.1, 3, entry_id=2), claim("worker 2", 9, 10)]
    found = evidence(strike("kill a worker", 1, 2, "worker 1"), seen=Seen(claims=claims, rests=(), moves=()))
    assert recoveries(found).waits == [7.0]
    assert list(recovers_soon(found)) == []


def test_what_is_never_taken_up_again_is_a_breach_and_a_repair_with_nothing_due_is_counted() -> None:
    held, idle = strike("kill a worker", 1, 2, "worker 1"), strike("freeze a worker", 1, 5, "worker 2")
    found = evidence(held, idle, seen=Seen(claims=[claim("worker 1", 0, None)], rests=(), moves=()))
    (breach,) = recovers(found)
    assert breach.loss == "stuck"
    assert recoveries(found).nothing_due == 1


def test_nobody_waits_for_a_lane_that_rests_or_while_nobody_is_there_but_else_eleven_seconds_are_too_long() -> None:
    claims = [claim("worker 1", 0, 6), claim("worker 2", 15, 16)]
    first = strike("kill a worker", 1, 2, "worker 1")
    rest = Rest(connection_id=LANE, at=at(3), until=at(5))
    asleep = Seen(claims=claims, rests=[rest], moves=())
    assert [breach.loss for breach in recovers_soon(evidence(first, seen=asleep))] == ["wrong"]
    away = strike(STOP_DATABASE, 8, 9)
    both = [strike("freeze a worker", 10, 12, "worker 1"), strike("kill a worker", 11, 13, "worker 2")]
    found = evidence(first, away, *both, seen=asleep)
    assert recoveries(found).waits[-1] == 13 - 2 - 1 - 1
    assert list(recovers_soon(found)) == []


def test_a_ticker_has_recovered_when_its_projection_has_read_what_was_in_the_log() -> None:
    moves = [Move(projection="status", position=position, at=at(when)) for position, when in ((1, 0), (2, 3), (3, 4.5))]
    log = {"notification_ids": [1, 2, 3], "recorded_at": [at(0), at(1), at(1)], "events": []}
    seen = {"seen": Seen(claims=(), rests=(), moves=moves)}
    found = evidence(strike("kill a ticker", 1, 2, "ticker 1"), **log, **seen)
    assert recoveries(found).waits == [2.5]
    behind = evidence(strike("kill a ticker", 1, 5, "ticker 1"), **log | {"notification_ids": [1, 2, 4]}, **seen)
    assert len(list(recovers(behind))) == 1


def call(key: UUID | None, began: float, done: float, fault: str | None = None) -> Row:
    """A call in the journal."""
    return {
        "tenant_id": "books",
        "at": at(began).isoformat(),
        "done_at": at(done).isoformat(),
        "idempotency_key": None if key is None else str(key),
        "fault": fault,
    }


def test_five_calls_at_once_are_one_too_many_unless_nobody_waits_for_one_of_them() -> None:
    keys = [UUID(int=number) for number in range(5)]
    delivery = {"lease_until": at(3), "finished_at": at(2)}
    leased = dict.fromkeys(keys, delivery)
    calls = [call(key, 0, 2) for key in keys]
    known = {"requests": calls, "max_in_flight": {"books": 5}}
    assert [breach.loss for breach in limits_kept(evidence(**known, deliveries=leased))] == ["wrong"]
    for over in ({"lease_until": at(0), "finished_at": None}, {"lease_until": at(3), "finished_at": at(0)}):
        assert list(limits_kept(evidence(**known, deliveries=leased | {keys[0]: over}))) == []
    late = [call(keys[0], 0, 2, "late_commit"), call(None, -1.5, 2), *calls[1:]]
    assert most_of_ours(evidence(requests=late, deliveries=leased), "books") == 4
