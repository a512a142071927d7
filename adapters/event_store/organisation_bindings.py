"""The SQL of table `organisation_binding`: whose an organisation is. An organisation belongs to one account at a time.

Written in the transaction of the event that says so, so that of two accounts choosing the same organisation at once
one is refused. An account leaves its organisation by its own wish only: disconnecting, or starting afresh with another.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Cursor

from domain.refusals import OrganisationInUse

Row = dict[str, Any]


def leave(curs: Cursor[Row], accounts: Sequence[str]) -> None:
    """These accounts' organisations are free for others."""
    curs.execute("DELETE FROM app.organisation_binding WHERE account_id = ANY(%s)", (list(accounts),))


def bind(curs: Cursor[Row], organisations: Mapping[str, str]) -> None:
    """Each account takes its organisation and leaves any other; raises OrganisationInUse if that is another's."""
    for account_id, organisation_id in organisations.items():
        # In one order for everybody, or two accounts that change places would wait for each other.
        curs.execute(
            "SELECT FROM app.organisation_binding WHERE account_id = %s OR organisation_id = %s "
            "ORDER BY organisation_id FOR UPDATE",
            (account_id, organisation_id),
        )
        curs.execute(
            "DELETE FROM app.organisation_binding WHERE account_id = %s AND organisation_id <> %s",
            (account_id, organisation_id),
        )
        curs.execute(
            """
            INSERT INTO app.organisation_binding AS b (organisation_id, account_id) VALUES (%s, %s)
            ON CONFLICT (organisation_id) DO UPDATE SET account_id = b.account_id
            WHERE b.account_id = excluded.account_id RETURNING b.organisation_id
            """,
            (organisation_id, account_id),
        )
        if curs.fetchone() is None:
            raise OrganisationInUse(organisation_id)


def owner(curs: Cursor[Row], organisation_id: str) -> str | None:
    """The account an organisation belongs to, if any."""
    curs.execute("SELECT account_id FROM app.organisation_binding WHERE organisation_id = %s", (organisation_id,))
    row = curs.fetchone()
    return None if row is None else str(row["account_id"])
