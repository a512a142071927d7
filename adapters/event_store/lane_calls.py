"""The SQL of table `lane` about its calls: may one start now, how many were started, what answers promise."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Cursor

from adapters.event_store import lane_breaker
from adapters.event_store.lanes import REMOVAL_DUE
from adapters.event_store.outbox import PASSES_GATE
from adapters.event_store.writes import Heard
from domain.budget import (
    A_NEW_DAY,
    DAY_ASKED_AGAIN,
    DAY_RESERVE,
    LIMITS,
    Budget,
    Go,
    Known,
    Taken,
    Use,
    Wait,
    level_after,
    level_after_call,
    may_start,
    promised_by,
)

Row = dict[str, Any]


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """A lane that may start call number `call` now, beside `in_flight` others; `take` it from the budget if it goes.

    Behind a closed gate (`gate_open` False), only what passes it may go.
    `failures_in_row`: many make the call a probe. `unclear_due` says that a look-up is due; it goes before anything
    new, however long the queue. `level` is that of the guard bucket. `for_all` says that all lanes rest and this call
    would go ahead for all of them. `claims_died` says that workers died while they claimed for this lane. `taken` is
    what the call takes from the budget. `books` is the organisation whose limits count it.
    """

    connection_id: UUID
    account_id: str
    call: int
    in_flight: int
    failures_in_row: int
    now: datetime
    level: float
    go: Go
    taken: Taken
    books: str | None = None
    gate_open: bool = True
    unclear_due: bool = False
    for_all: bool = False
    claims_died: bool = False
    use: Use = "send"


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A lane that may start no call now. `look_again` in seconds, None if something else will ring for it."""

    look_again: float | None = None
    cause: str = ""


def admit(
    curs: Cursor[Row], connection_id: UUID, budget: Budget, use: Use = "send", *, whatever_gate: bool = False
) -> Admission | Held:
    """Lock the lane and say whether a call may start: gate open (or `whatever_gate`), not paused, within the budget.

    What passes a closed gate is admitted through one, within the same budget.

    Two statements, because the second must see what the transactions the first one waited for have committed.
    """
    curs.execute(
        f"""
        SELECT l.*, l.gate = 'open' OR {REMOVAL_DUE} AS passes
        FROM app.lane l WHERE l.connection_id = %s FOR UPDATE
        """,
        (connection_id,),
    )
    lane = curs.fetchone()
    if lane is None or not (lane["passes"] or whatever_gate):
        return Held()
    curs.execute(
        f"""
        SELECT app.now() AS now, w.*,
               (SELECT count(*) FROM app.delivery WHERE connection_id = %(lane)s
                AND finished_at IS NULL AND lease_until > app.now()) AS in_flight,
               EXISTS (SELECT FROM app.outbox o WHERE o.connection_id = %(lane)s AND o.state = 'AMBIGUOUS'
                       AND o.due_at <= app.now() AND o.lease_token IS NULL
                       AND (o.organisation_id IS NULL OR o.organisation_id = %(books)s)
                       AND (%(gate_open)s OR {PASSES_GATE})) AS unclear_due,
               EXISTS (SELECT FROM app.claim_begun WHERE connection_id = %(lane)s) AS claims_died
        FROM app.whole_app w
        """,
        {"lane": connection_id, "books": lane["organisation_id"], "gate_open": lane["gate"] == "open"},
    )
    row = curs.fetchone()
    assert row is not None, "the one row of whole_app is there from the first migration"
    now = row["now"]
    rests = (_resting(lane, now), _resting(row, now))
    held = next((one for one in rests if one is not None and not _asked_in_spite_of(one, use)), None)
    if held is not None:
        return held
    known = _known(lane, row, now, budget)
    match may_start(known, budget, use):
        case Wait() as wait:
            return Held(look_again=wait.seconds, cause=wait.cause)
        case Go() as go:
            return Admission(
                connection_id=connection_id,
                account_id=lane["account_id"],
                call=known.started + 1,
                in_flight=known.in_flight,
                failures_in_row=lane["failures_in_row"],
                now=now,
                level=known.level,
                go=go,
                taken=_taken(known, go, budget),
                books=lane["organisation_id"],
                gate_open=lane["gate"] == "open",
                unclear_due=row["unclear_due"],
                for_all=row["resting"],
                claims_died=row["claims_died"],
                use=use,
            )


def take(curs: Cursor[Row], admission: Admission, budget: Budget) -> None:
    """Start the admitted call, in the transaction that admitted it.

    A call that asks whether a new day has begun keeps others from asking for a window: its worker may die.
    """
    curs.execute(
        """
        UPDATE app.lane SET started = %(call)s, tokens = %(tokens)s, refilled_at = %(now)s, served_at = app.now(),
               promised = CASE WHEN NOT %(ahead)s THEN promised ELSE %(call)s END,
               window_over_at = CASE WHEN %(ahead)s THEN app.now() + %(window)s * interval '1 second'
                                ELSE window_over_at END,
               day_over_at = CASE WHEN %(ahead_today)s THEN app.now() + %(window)s * interval '1 second'
                             ELSE day_over_at END
        WHERE connection_id = %(lane)s
        """,
        {
            "lane": admission.connection_id,
            "call": admission.call,
            "tokens": level_after_call(admission.level, budget),
            "now": admission.now,
            "ahead": admission.go.ahead,
            "ahead_today": admission.go.ahead_today,
            "window": budget.window,
        },
    )


_PROMISED: Final = """
    CASE WHEN %(min_left)s::bigint IS NOT NULL
         THEN least(greatest(promised, %(first)s::bigint + %(min_left)s::bigint), started + %(min_left)s::bigint)
         WHEN %(silent)s THEN NULL ELSE promised END"""
_PROMISED_TODAY: Final = _PROMISED.replace("min_left", "day_left").replace("promised", "promised_today")
_DAY_MOST: Final = f"""
    CASE WHEN %(day_left)s::int - (promised_today - %(call)s::bigint) > {A_NEW_DAY} THEN %(day_left)s::int + 1
         ELSE greatest(day_most, %(day_left)s::int + 1) END"""
_ONLY_RESERVE_LEFT: Final = f"""
    %(day_left)s::int IS NOT NULL
    AND ({_PROMISED_TODAY}) - started <= ({_DAY_MOST}) / {DAY_RESERVE}
"""
_ITS_OWN: Final = "connection_id = %(lane)s AND organisation_id IS NOT DISTINCT FROM %(books)s"
"""SQL: whether what is heard is about the organisation that the lane leads to by now."""


def heard(curs: Cursor[Row], said: Heard) -> None:
    """Keep what an answer promised and what it told the breaker; pause if it asks for that.

    What is left once our answer was counted is never more than it says: others may have used the rest.
    One call an hour asks whether a new day has begun, counted from the answer that says there is nothing left but the
    reserve; while such an answer is missing, another call asks a window later. The cause of the longest pause is told.
    """
    if said.returned is not None:
        _give_back(curs, said, said.returned)
    if said.evidence == "away":
        lane_breaker.failed(curs, said.connection_id, said.call)
    curs.execute(
        f"""
        UPDATE app.lane SET failures_in_row = CASE WHEN %(served)s AND %(call)s::bigint > newest_at_failure THEN 0
                                 ELSE failures_in_row END,
               promised = {_PROMISED},
               window_over_at = CASE WHEN %(limit)s::text = 'minute'
                                THEN app.now() + %(pause)s::float8 * interval '1 second'
                                WHEN promised IS DISTINCT FROM ({_PROMISED})
                                THEN app.now() + %(window)s * interval '1 second' ELSE window_over_at END,
               promised_today = {_PROMISED_TODAY},
               day_over_at = CASE WHEN %(limit)s::text = 'day'
                             THEN app.now() + %(pause)s::float8 * interval '1 second'
                             WHEN promised_today IS DISTINCT FROM ({_PROMISED_TODAY}) OR {_ONLY_RESERVE_LEFT}
                             THEN app.now() + %(day)s * interval '1 second'
                             WHEN %(unheard_today)s AND day_over_at IS NOT NULL
                             THEN least(day_over_at, app.now() + %(window)s * interval '1 second')
                             ELSE day_over_at END,
               day_most = {_DAY_MOST},
               paused_until = CASE WHEN %(pause)s::float8 IS NULL THEN paused_until
                              ELSE greatest(paused_until, app.now() + %(pause)s::float8 * interval '1 second') END,
               paused_for = CASE WHEN %(pause)s::float8 IS NULL
                              OR paused_until > app.now() + %(pause)s::float8 * interval '1 second' THEN paused_for
                            ELSE %(pause_for)s END
        WHERE {_ITS_OWN}
        """,
        {
            "lane": said.connection_id,
            "books": said.books,
            "first": promised_by(said.call, said.in_flight, 0),
            "min_left": said.min_left,
            "day_left": said.day_left,
            "silent": said.silent,
            "unheard_today": said.day_left is None and not said.silent and said.returned is None,
            "window": said.window,
            "day": DAY_ASKED_AGAIN,
            "served": said.evidence == "served",
            "call": said.call,
            "limit": said.limit,
            "pause": said.pause,
            "pause_for": said.pause_for,
        },
    )


def _give_back(curs: Cursor[Row], said: Heard, taken: Taken) -> None:
    """The call never went out: what it took from the budget is there again, and another may go ahead at once.

    Its number stays unused, as calls are told apart by them. The bucket is cut to its size whenever it is read.
    """
    curs.execute(
        f"""
        UPDATE app.lane SET tokens = tokens + %(tokens)s::numeric,
               window_over_at = CASE WHEN %(ahead)s AND promised = %(call)s THEN least(window_over_at, app.now())
                                ELSE window_over_at END,
               promised = CASE WHEN NOT %(ahead)s AND promised >= %(promised)s::bigint THEN promised + 1
                          ELSE promised END,
               day_over_at = CASE WHEN %(ahead_today)s AND promised_today = %(promised_today)s::bigint
                             THEN least(day_over_at, app.now()) ELSE day_over_at END,
               promised_today = CASE WHEN promised_today >= %(promised_today)s::bigint THEN promised_today + 1
                                ELSE promised_today END
        WHERE {_ITS_OWN}
        """,
        {"lane": said.connection_id, "books": said.books, "call": said.call} | msgspec.structs.asdict(taken),
    )


def waits_for(lane: Row, together: Row, now: datetime, budget: Budget, use: Use = "send") -> tuple[str, float] | None:
    """Why nothing is sent just now, by the rows of a lane and of the whole app: a cause, and the seconds that still is.

    None if something may be sent.
    """
    resting = _resting(lane, now) or _resting(together, now)
    if resting is not None and resting.look_again is not None:
        return resting.cause, resting.look_again
    wait = may_start(_known(lane, together | {"in_flight": 0}, now, budget), budget, use)
    if isinstance(wait, Wait) and wait.cause and wait.seconds is not None:
        return wait.cause, wait.seconds
    return None


def _resting(row: Row, now: datetime) -> Held | None:
    if row["paused_until"] is None or row["paused_until"] <= now:
        return None
    return Held(look_again=(row["paused_until"] - now).total_seconds(), cause=row["paused_for"] or "")


def _asked_in_spite_of(rest: Held, use: Use) -> bool:
    """Whoever asks may find out that Xero is back, or that a right was given; but nobody may break a limit."""
    return use == "asked" and rest.cause not in LIMITS


def _known(lane: Row, beside: Row, now: datetime, budget: Budget) -> Known:
    return Known(
        started=lane["started"],
        in_flight=beside["in_flight"],
        level=level_after(float(lane["tokens"]), (now - lane["refilled_at"]).total_seconds(), budget),
        promised=lane["promised"],
        over_in=_in(lane["window_over_at"], now),
        promised_today=lane["promised_today"],
        day_over_in=_in(lane["day_over_at"], now),
        day_most=lane["day_most"],
        app_left=beside["app_left"],
        app_heard_ago=None if beside["heard_at"] is None else (now - beside["heard_at"]).total_seconds(),
    )


def _taken(known: Known, go: Go, budget: Budget) -> Taken:
    return Taken(
        tokens=known.level - level_after_call(known.level, budget),
        promised=known.promised,
        promised_today=known.promised_today,
        ahead=go.ahead,
        ahead_today=go.ahead_today,
    )


def _in(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else (moment - now).total_seconds()
