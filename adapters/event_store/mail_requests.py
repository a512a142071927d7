"""The SQL by which mails are asked for: of an event by all who are told, of one by one recipient, of those who stay."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from psycopg import Cursor

from adapters.event_store.mails import NOBODY_THERE, Mail, Row
from domain.alert_entries import SUPPORT, AlertEntry


def insert(curs: Cursor[Row], entries: Sequence[AlertEntry]) -> None:
    """Ask for mails, each once, to everybody their account tells, and to support; each key must be there once.

    A mail that is on its way already is not asked for again. What ended without a mail, or was sent before this, is
    opened again: whether there is anything new to tell is seen when it is due, as is who is refused by their server.
    """
    curs.execute(
        """
        INSERT INTO app.mail AS m
            (effect_key, kind, cause_code, connection_id, account_id, stream_id, seq, recipient_id, state, due_at)
        SELECT e.effect_key || '/' || r.recipient_id, e.kind, e.cause_code, e.connection_id, e.account_id, e.stream_id,
               e.seq, r.recipient_id, 'PENDING', app.now() + e.due_in * interval '1 second'
        FROM unnest(%s::text[], %s::text[], %s::text[], %s::uuid[], %s::text[], %s::uuid[], %s::bigint[], %s::float8[],
                    %s::uuid[])
             AS e (effect_key, kind, cause_code, connection_id, account_id, stream_id, seq, due_in, support_id)
        CROSS JOIN LATERAL (
            SELECT recipient_id FROM app.recipient WHERE account_id = e.account_id
            UNION ALL SELECT e.support_id WHERE e.support_id IS NOT NULL) r
        ORDER BY e.effect_key, r.recipient_id
        ON CONFLICT (effect_key) DO UPDATE SET asked_at = app.now(),
            state = CASE WHEN m.state IN ('DONE', 'WITHDRAWN') THEN 'PENDING' ELSE m.state END,
            issue = m.issue + (m.state = 'DONE')::int, attempts = CASE m.state WHEN 'DONE' THEN 0 ELSE m.attempts END,
            due_at = CASE WHEN m.state IN ('DONE', 'WITHDRAWN') THEN excluded.due_at ELSE m.due_at END,
            closed_at = CASE WHEN m.state IN ('DONE', 'WITHDRAWN') THEN NULL ELSE m.closed_at END
        """,
        (
            [e.effect_key for e in entries],
            [e.kind for e in entries],
            [e.cause_code for e in entries],
            [e.connection_id for e in entries],
            [e.account_id for e in entries],
            [e.stream_id for e in entries],
            [e.seq for e in entries],
            [e.due_in for e in entries],
            [SUPPORT if e.for_support else None for e in entries],
        ),
    )


def insert_for(curs: Cursor[Row], entries: Sequence[AlertEntry], asking: Mail) -> None:
    """Ask for mails to the recipient of another, as of when that was asked for.

    Not for what they were told of since, nor for what a mail to them is to tell already. One that ended as it did
    not reach them is opened again.
    """
    for entry in entries:
        curs.execute(
            """
            INSERT INTO app.mail (effect_key, kind, cause_code, connection_id, account_id, stream_id, seq, recipient_id,
                                  state, asked_at)
            SELECT %(key)s, %(kind)s, %(code)s, %(lane)s, %(account)s, %(stream)s, %(seq)s, %(to)s, 'PENDING', %(asked)s
            WHERE NOT EXISTS (
                SELECT FROM app.mail WHERE account_id = %(account)s AND recipient_id = %(to)s AND kind = %(kind)s
                AND cause_code = %(code)s AND (closed_at IS NULL OR told_at >= %(asked)s))
            ON CONFLICT (effect_key) DO UPDATE SET state = 'PENDING', asked_at = excluded.asked_at,
                due_at = app.now(), cause = NULL, closed_at = NULL, attempts = 0, first_tried_at = NULL
            WHERE mail.state IN ('WITHDRAWN', 'REJECTED')
            """,
            {
                "key": f"{entry.effect_key}/{asking.recipient_id}",
                "kind": entry.kind,
                "code": entry.cause_code,
                "lane": entry.connection_id,
                "account": entry.account_id,
                "stream": entry.stream_id,
                "seq": entry.seq,
                "to": asking.recipient_id,
                "asked": asking.asked_at,
            },
        )


def hand_on(curs: Cursor[Row], chosen: Mapping[str, Sequence[UUID]]) -> None:
    """Give what is still to be sent to those who are not told any more to those who are: each mail once to each.

    Who has had the same mail keeps it; whoever was told of the matter since is not told again, as it is asked for as of
    when it was. Where nobody is left, the mails end.
    """
    for account_id, recipient_ids in chosen.items():
        gone = (account_id, [*recipient_ids, SUPPORT])
        curs.execute(
            """
            INSERT INTO app.mail (effect_key, kind, cause_code, connection_id, account_id, stream_id, seq, recipient_id,
                                  state, asked_at, due_at)
            SELECT left(m.effect_key, -length(m.recipient_id::text)) || r.recipient_id, m.kind, m.cause_code,
                   m.connection_id, m.account_id, m.stream_id, m.seq, r.recipient_id, 'PENDING', m.asked_at, m.due_at
            FROM app.mail m JOIN app.recipient r ON r.account_id = m.account_id AND r.refused_at IS NULL
            WHERE m.account_id = %s AND m.recipient_id <> ALL(%s) AND m.closed_at IS NULL AND m.kind <> 'still_open'
            ORDER BY m.id, r.recipient_id ON CONFLICT (effect_key) DO NOTHING
            """,
            gone,
        )
        curs.execute(
            """
            UPDATE app.mail m SET state = 'WITHDRAWN', closed_at = app.now(), sealed = NULL, cause = CASE WHEN EXISTS (
                SELECT FROM app.recipient r WHERE r.account_id = m.account_id AND r.refused_at IS NULL)
                THEN 'handed_on' ELSE %s END
            WHERE account_id = %s AND recipient_id <> ALL(%s) AND state IN ('PENDING', 'AMBIGUOUS')
            """,
            (NOBODY_THERE, *gone),
        )
