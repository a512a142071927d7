"""Damage: a text that the disk keeps with one bit turned, from the moment it is written. Nobody can open it ever."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import psycopg

_DAMAGE: Final = """
    CREATE TABLE chaos.damaged (stream_id uuid PRIMARY KEY);
    CREATE FUNCTION chaos.turn_a_bit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM chaos.damaged d WHERE d.stream_id = NEW.stream_id) THEN
            NEW.sealed = set_bit(NEW.sealed, 400, 1 - get_bit(NEW.sealed, 400));
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER turn_a_bit BEFORE INSERT ON app.invoice_text FOR EACH ROW EXECUTE FUNCTION chaos.turn_a_bit();
"""


def begin(database_url: str, streams: Sequence[UUID]) -> None:
    """The texts of these invoices are damaged from now on. The watch must have begun."""
    with psycopg.connect(database_url) as connection:
        connection.execute(_DAMAGE)
        connection.execute("INSERT INTO chaos.damaged SELECT unnest(%s::uuid[])", (list(streams),))
