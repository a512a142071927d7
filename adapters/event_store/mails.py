"""The SQL of tables `mail` and `mail_lane`: mails come in with their events, are leased to one worker, and end.

One lane for all mails, apart from those of the connections: a mail stands behind no gate, pause or budget of Xero's.
Every change after a lease is guarded by the lease's token.

PENDING ──claim──► LEASED ──taken──► DONE ──more of the same──► PENDING
   │                  ├── no clear answer, or its worker died ──► AMBIGUOUS ── the same bytes again ──► LEASED
   │                  ├── refused for good ──► REJECTED ──its recipient is reached again──► PENDING
   │                  └── for two days, or six times without a clear answer ──► DEAD
   └── nothing to tell any more ──► WITHDRAWN ──the matter is back──► PENDING
"""

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from psycopg import Cursor

from adapters.event_store.outbox import LeaseLost
from adapters.event_store.writes import SentMail
from domain.alert_entries import MailKind

Row = dict[str, Any]
LANE: Final = "mail"
LIVE: Final = ("PENDING", "LEASED", "AMBIGUOUS")
NOBODY_THERE: Final = "no_recipient"
"""Why a mail was withdrawn whose recipient is not told any more, or was never named."""
RECIPIENT_REFUSED: Final = "recipient_refused"
"""Why a mail was rejected whose recipient the server said it does not have; the server's code follows."""
EndState = Literal["REJECTED", "DEAD", "WITHDRAWN"]

Patience = Literal["runs", "begins", "not_begun"]


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as a worker holds it; `trying` is the seconds since it was first tried, `asked_at` when last asked for.

    `told_at` is when its recipient was last told of the same matter, `sealed` what may have been sent already.
    """

    id: int
    effect_key: str
    kind: MailKind
    cause_code: str
    connection_id: UUID
    account_id: str
    stream_id: UUID
    seq: int
    recipient_id: UUID
    unclear: bool
    attempts: int
    issue: int
    trying: float
    asked_at: datetime
    rendered_at: datetime | None
    told_at: datetime | None
    sealed: bytes | None


def lock_due(curs: Cursor[Row]) -> Mail | None:
    """Lock the mail that has been due for longest, if there is one and the lane is not paused.

    One whose worker never reported back counts as sent without a clear answer.
    """
    curs.execute(
        """
        SELECT m.*, m.state <> 'PENDING' AS unclear,
               coalesce(extract(epoch FROM app.now() - m.first_tried_at), 0)::float8 AS trying,
               (SELECT max(t.told_at) FROM app.mail t WHERE t.connection_id = m.connection_id AND t.kind = m.kind
                AND t.cause_code = m.cause_code AND t.recipient_id = m.recipient_id AND t.told_at IS NOT NULL) AS told
        FROM app.mail m
        WHERE m.closed_at IS NULL AND m.due_at <= app.now() AND (m.state <> 'LEASED' OR m.lease_until < app.now())
          AND NOT EXISTS (SELECT FROM app.mail_lane WHERE lane = %s AND paused_until > app.now())
        ORDER BY m.due_at, m.id LIMIT 1 FOR UPDATE OF m SKIP LOCKED
        """,
        (LANE,),
    )
    row = curs.fetchone()
    if row is None:
        return None
    kept = {field: row[field] for field in Mail.__struct_fields__ if field != "told_at"}
    return Mail(told_at=row["told"], **kept)


def lease(curs: Cursor[Row], mail_id: int, token: UUID, seconds: float, sealed: bytes | None) -> None:
    """Lease a locked mail; `sealed` is what is about to be sent, None if it is the same as before."""
    curs.execute(
        """
        UPDATE app.mail SET state = 'LEASED', lease_token = %s, lease_until = app.now() + %s * interval '1 second',
               attempts = attempts + 1, first_tried_at = coalesce(first_tried_at, app.now()),
               rendered_at = CASE WHEN %s::bytea IS NULL THEN rendered_at ELSE app.now() END,
               sealed = coalesce(%s::bytea, sealed)
        WHERE id = %s
        """,
        (token, seconds, sealed, sealed, mail_id),
    )


def put_off(curs: Cursor[Row], mail_id: int, until: datetime) -> None:
    """Look at a locked mail again later; nothing of it was tried."""
    curs.execute("UPDATE app.mail SET due_at = %s WHERE id = %s", (until, mail_id))


def withdraw(curs: Cursor[Row], mail_id: int, why: str) -> None:
    """End a locked mail that is not sent, with the word for why."""
    curs.execute(
        """
        UPDATE app.mail SET state = 'WITHDRAWN', cause = %s, closed_at = app.now(), sealed = NULL WHERE id = %s
        """,
        (why, mail_id),
    )


def open_again(curs: Cursor[Row], recipient_id: UUID, *, refused: bool = False) -> int:
    """Mails that ended as nobody was there to get them are to be sent after all; returns how many.

    With `refused` those, too, for which a server refused their recipient.
    """
    curs.execute(
        """
        UPDATE app.mail SET state = 'PENDING', due_at = app.now(), cause = NULL, closed_at = NULL, attempts = 0,
               first_tried_at = NULL
        WHERE recipient_id = %s
          AND (state = 'WITHDRAWN' AND cause = %s OR %s AND state = 'REJECTED' AND starts_with(cause, %s))
        """,
        (recipient_id, NOBODY_THERE, refused, RECIPIENT_REFUSED),
    )
    return curs.rowcount


def done(curs: Cursor[Row], sent: SentMail) -> None:
    """A leased mail was taken: its text is forgotten. What came up since it was written is another mail's, later."""
    curs.execute(
        """
        UPDATE app.mail SET told_at = rendered_at, sealed = NULL, cause = NULL, lease_token = NULL, lease_until = NULL,
               first_tried_at = NULL, state = CASE WHEN asked_at > rendered_at THEN 'PENDING' ELSE 'DONE' END,
               issue = issue + (asked_at > rendered_at)::int,
               closed_at = CASE WHEN asked_at > rendered_at THEN NULL ELSE app.now() END
        WHERE id = %s AND lease_token = %s AND state = 'LEASED' RETURNING id
        """,
        (sent.mail_id, sent.token),
    )
    if curs.fetchone() is None:
        raise LeaseLost


def reopen(
    curs: Cursor[Row], mail_id: int, token: UUID, due_in: float, *, unclear: bool, why: str, patience: Patience = "runs"
) -> bool:
    """Try a leased mail again in so many seconds; the same bytes if it may have arrived. False if it is not ours.

    `patience`: the time it is tried for runs on, begins now, or has not begun, as nothing was tried of this mail.
    """
    curs.execute(
        """
        UPDATE app.mail SET state = %s, due_at = app.now() + %s * interval '1 second', cause = %s, lease_token = NULL,
               lease_until = NULL, sealed = CASE WHEN %s THEN sealed END,
               first_tried_at = CASE %s WHEN 'runs' THEN first_tried_at WHEN 'begins' THEN app.now() END
        WHERE id = %s AND lease_token = %s AND state = 'LEASED'
        """,
        ("AMBIGUOUS" if unclear else "PENDING", due_in, why, unclear, patience, mail_id, token),
    )
    return curs.rowcount == 1


def end(curs: Cursor[Row], mail_id: int, token: UUID, state: EndState, why: str) -> bool:
    """End a leased mail that will not arrive, with the word for why. False if it is not ours."""
    curs.execute(
        """
        UPDATE app.mail SET state = %s, cause = %s, closed_at = app.now(), sealed = NULL, lease_token = NULL,
               lease_until = NULL
        WHERE id = %s AND lease_token = %s AND state = 'LEASED'
        """,
        (state, why, mail_id, token),
    )
    return curs.rowcount == 1


def failures_in_row(curs: Cursor[Row]) -> int:
    """How often in a row the mail server took nothing."""
    curs.execute("SELECT failures_in_row FROM app.mail_lane WHERE lane = %s", (LANE,))
    row = curs.fetchone()
    return row["failures_in_row"] if row else 0


def pause(curs: Cursor[Row], seconds: float, why: str) -> None:
    """Let all mails rest: the mail server takes none. One more failure in a row."""
    curs.execute(
        """
        INSERT INTO app.mail_lane AS l (lane, paused_until, paused_for, failures_in_row)
        VALUES (%s, app.now() + %s * interval '1 second', %s, 1)
        ON CONFLICT (lane) DO UPDATE SET paused_until = excluded.paused_until, paused_for = excluded.paused_for,
            failures_in_row = l.failures_in_row + 1
        """,
        (LANE, seconds, why),
    )


def works(curs: Cursor[Row]) -> None:
    """The mail server took something: whatever it refused before is over."""
    curs.execute(
        """
        INSERT INTO app.mail_lane (lane, taken_at) VALUES (%s, app.now())
        ON CONFLICT (lane) DO UPDATE SET paused_until = NULL, paused_for = NULL, failures_in_row = 0,
            taken_at = excluded.taken_at
        """,
        (LANE,),
    )


def has_taken(curs: Cursor[Row], within: float, since: datetime | None) -> bool:
    """Whether the mail server took any mail within so many seconds, or since a moment."""
    curs.execute(
        "SELECT FROM app.mail_lane WHERE lane = %s"
        " AND taken_at > least(app.now() - %s * interval '1 second', %s::timestamptz)",
        (LANE, within, since),
    )
    return curs.fetchone() is not None


def paused(curs: Cursor[Row]) -> Row | None:
    """Until when mails rest, and why (`paused_until`, `paused_for`); None if they do not."""
    curs.execute(
        "SELECT paused_until, paused_for FROM app.mail_lane WHERE lane = %s AND paused_until > app.now()", (LANE,)
    )
    return curs.fetchone()


def waiting(curs: Cursor[Row], account_id: str) -> list[Row]:
    """The mails of one account that were neither sent nor withdrawn, the oldest first."""
    curs.execute(
        """
        SELECT kind, cause_code, recipient_id, state, due_at, attempts, cause FROM app.mail
        WHERE account_id = %s AND state NOT IN ('DONE', 'WITHDRAWN') AND kind <> 'still_open' ORDER BY id
        """,
        (account_id,),
    )
    return curs.fetchall()


def keys(curs: Cursor[Row]) -> dict[str, str]:
    """Every mail that is kept, whatever became of it: its state by effect key."""
    curs.execute("SELECT effect_key, state FROM app.mail")
    return {row["effect_key"]: row["state"] for row in curs}


def kept_since(curs: Cursor[Row], days: int) -> datetime:
    """No mail asked for after this moment has been deleted, if those that ended are kept for so many days."""
    row = curs.execute("SELECT app.now() - %s * interval '1 day' AS since", (days,)).fetchone()
    assert row is not None
    since: datetime = row["since"]
    return since


def delete_closed(curs: Cursor[Row], older_than_days: int, limit: int) -> int:
    """Delete mails that ended long ago: their hour is over, and AlertSent tells of them."""
    curs.execute(
        """
        DELETE FROM app.mail WHERE id IN (
            SELECT id FROM app.mail WHERE closed_at < app.now() - %s * interval '1 day' ORDER BY closed_at LIMIT %s)
        """,
        (older_than_days, limit),
    )
    return curs.rowcount


def in_hand(curs: Cursor[Row], account_id: str) -> int:
    """How many mails of an account a worker may have in hand, with their text. All that are to go are locked."""
    curs.execute(
        """
        SELECT state = 'LEASED' AND lease_until >= app.now() AS leased FROM app.mail
        WHERE account_id = %s AND closed_at IS NULL ORDER BY id FOR UPDATE
        """,
        (account_id,),
    )
    return sum(1 for row in curs if row["leased"])


def forget_texts(curs: Cursor[Row], account_id: str) -> int:
    """Forget the text of an account's mails that may have arrived and are tried again: they are written anew then.

    Those a worker has in hand keep theirs. Returns how many were forgotten.
    """
    curs.execute(
        """
        UPDATE app.mail SET sealed = NULL WHERE account_id = %s AND closed_at IS NULL AND sealed IS NOT NULL
        AND (state <> 'LEASED' OR lease_until < app.now())
        """,
        (account_id,),
    )
    return curs.rowcount
