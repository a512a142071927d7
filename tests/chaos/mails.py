"""The mails of a trial: to whom they go, and their times, which are short like all others; and those of searches.

The product waits half a minute before it tells of something, and as long before it tries again. A trial has no time for
that, so its database shortens these waits to a tenth, and the lease of a mail to that of a call. What is searched for
in vain ends after twelve searches in two hours: a trial keeps the searches, and not the hours.
"""

from typing import Final

import psycopg

from domain.poison import SHORTEST_SEARCH
from tests.chaos.scale import LEASE

TENTH: Final = 10
TWO_HUNDREDTH: Final = 200
"""Of the ten minutes before what may have arrived is sent again."""
SEARCHES_FASTER: Final = 1_000
FROM: Final = "xero@kyrios.example"
UNCLEAR: Final = 2
"""Mails that are taken although their sender never hears of it."""

_HURRIED: Final = f"""
    CREATE FUNCTION app.hurry_mail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' OR (OLD.state = 'LEASED' AND NEW.due_at > app.now()) THEN
            NEW.due_at := app.now() + (NEW.due_at - app.now())
                / CASE NEW.state WHEN 'AMBIGUOUS' THEN {TWO_HUNDREDTH} ELSE {TENTH} END;
        END IF;
        IF NEW.state = 'LEASED' THEN
            NEW.lease_until := least(NEW.lease_until, app.now() + interval '{LEASE:g} seconds');
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER hurry_mail BEFORE INSERT OR UPDATE ON app.mail FOR EACH ROW EXECUTE FUNCTION app.hurry_mail();
"""


_HURRIED_SEARCHES: Final = f"""
    CREATE FUNCTION app.hurry_search() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.searching_since IS NULL THEN
            NEW.searching_since := NEW.searching_since - interval '{SHORTEST_SEARCH:g} seconds';
        END IF;
        IF NEW.state = 'AMBIGUOUS' AND NEW.due_at > app.now() THEN
            NEW.due_at := app.now() + (NEW.due_at - app.now()) / {SEARCHES_FASTER};
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER hurry_search BEFORE UPDATE ON app.outbox FOR EACH ROW
        WHEN (NEW.searching_since IS NOT NULL) EXECUTE FUNCTION app.hurry_search();
"""


def address_of(account_id: str) -> str:
    """Where an account's mails go."""
    return f"owner@{account_id}.example"


def hurry(database_url: str) -> None:
    """Shorten the waits of all mails and searches of this database."""
    with psycopg.connect(database_url) as connection:
        connection.execute(_HURRIED)
        connection.execute(_HURRIED_SEARCHES)
