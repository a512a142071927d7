"""A watch in the database of a trial: which member took which entry, when lanes rested, how far the projections got.

Every process of a trial says its name to the database; triggers of the trial's own write down what it changes. The
product knows nothing of them.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg

NAME_VARIABLE: Final = "PGAPPNAME"
"""The environment variable by which PostgreSQL's own client library names a process."""

_WATCH: Final = """
    CREATE SCHEMA chaos;
    CREATE TABLE chaos.claims (
        entry_id bigint, connection_id uuid, token uuid, member text, at timestamptz, ended_at timestamptz
    );
    CREATE INDEX ON chaos.claims (token);
    CREATE TABLE chaos.rests (connection_id uuid, at timestamptz, until timestamptz);
    CREATE TABLE chaos.moves (projection text, position bigint, at timestamptz);

    CREATE FUNCTION chaos.note_claim() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE chaos.claims SET ended_at = app.now() WHERE token = OLD.lease_token AND entry_id = OLD.id;
        IF NEW.lease_token IS NOT NULL THEN
            INSERT INTO chaos.claims VALUES (
                NEW.id, NEW.connection_id, NEW.lease_token, current_setting('application_name'), app.now()
            );
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER note_claim AFTER UPDATE ON app.outbox FOR EACH ROW
        WHEN (OLD.lease_token IS DISTINCT FROM NEW.lease_token) EXECUTE FUNCTION chaos.note_claim();

    CREATE FUNCTION chaos.note_rest() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO chaos.rests VALUES ((to_jsonb(NEW) ->> 'connection_id')::uuid, app.now(), NEW.paused_until);
        RETURN NULL;
    END $$;
    CREATE TRIGGER note_rest AFTER UPDATE ON app.lane FOR EACH ROW
        WHEN (OLD.paused_until IS DISTINCT FROM NEW.paused_until) EXECUTE FUNCTION chaos.note_rest();
    CREATE TRIGGER note_rest AFTER UPDATE ON app.whole_app FOR EACH ROW
        WHEN (OLD.paused_until IS DISTINCT FROM NEW.paused_until) EXECUTE FUNCTION chaos.note_rest();

    CREATE FUNCTION chaos.note_move() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO chaos.moves VALUES (NEW.projection, NEW.position, app.now());
        RETURN NULL;
    END $$;
    CREATE TRIGGER note_move AFTER INSERT OR UPDATE ON app.checkpoints FOR EACH ROW EXECUTE FUNCTION chaos.note_move();
"""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A member took an entry, to send it or to search for it; `ended_at` is when it, or another, let it go."""

    entry_id: int
    connection_id: UUID
    token: UUID
    member: str
    at: dt.datetime
    ended_at: dt.datetime | None


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """From this moment on a lane (None: all of them) was to rest until then, or not to rest any more."""

    connection_id: UUID | None
    at: dt.datetime
    until: dt.datetime | None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A projection came to this position."""

    projection: str
    position: int
    at: dt.datetime


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """All that was written down, in the order of time."""

    claims: Sequence[Claim]
    rests: Sequence[Rest]
    moves: Sequence[Move]


def begin(database_url: str) -> None:
    """Watch this database from now on."""
    with psycopg.connect(database_url) as connection:
        connection.execute(_WATCH)


def read(cursor: psycopg.Cursor[dict[str, Any]]) -> Seen:
    """What was seen so far."""
    claims = cursor.execute("SELECT * FROM chaos.claims ORDER BY at").fetchall()
    rests = cursor.execute("SELECT * FROM chaos.rests ORDER BY at").fetchall()
    moves = cursor.execute("SELECT * FROM chaos.moves ORDER BY at").fetchall()
    return Seen(
        claims=[Claim(**row) for row in claims],
        rests=[Rest(**row) for row in rests],
        moves=[Move(**row) for row in moves],
    )
