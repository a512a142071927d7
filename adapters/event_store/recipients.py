"""The SQL of table `recipient`: whom an account tells. Addresses pass here sealed; events know the ids alone."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Cursor

from adapters.event_store.writes import SealedAddress

Row = dict[str, Any]


def insert(curs: Cursor[Row], addresses: Sequence[SealedAddress]) -> None:
    """Keep new addresses; one that is added anew is not refused any more."""
    curs.execute(
        """
        INSERT INTO app.recipient (recipient_id, account_id, sealed)
        SELECT * FROM unnest(%s::uuid[], %s::text[], %s::bytea[])
        ON CONFLICT (recipient_id) DO UPDATE
            SET sealed = excluded.sealed, refused_at = NULL, refused_for = NULL
        """,
        ([a.recipient_id for a in addresses], [a.account_id for a in addresses], [a.sealed for a in addresses]),
    )


def keep_only(curs: Cursor[Row], chosen: Mapping[str, Sequence[UUID]]) -> None:
    """Forget the addresses of these accounts that are not among the chosen ones."""
    for account_id, recipient_ids in chosen.items():
        curs.execute(
            "DELETE FROM app.recipient WHERE account_id = %s AND recipient_id <> ALL(%s)",
            (account_id, list(recipient_ids)),
        )


def of_account(curs: Cursor[Row], account_id: str) -> list[Row]:
    """The recipients of an account: id, sealed address, and when and with what code a server refused it for good."""
    curs.execute("SELECT * FROM app.recipient WHERE account_id = %s ORDER BY recipient_id", (account_id,))
    return curs.fetchall()


def known(curs: Cursor[Row]) -> dict[UUID, str]:
    """The accounts of all recipients, by recipient."""
    curs.execute("SELECT recipient_id, account_id FROM app.recipient")
    return {row["recipient_id"]: row["account_id"] for row in curs}


def counted(curs: Cursor[Row]) -> list[Row]:
    """Per account, how many `addresses` mails may go to, and how many a server `refused` for good."""
    curs.execute(
        "SELECT account_id, count(*) FILTER (WHERE refused_at IS NULL) AS addresses, count(refused_at) AS refused "
        "FROM app.recipient GROUP BY account_id"
    )
    return curs.fetchall()


def address(curs: Cursor[Row], recipient_id: UUID, *, even_refused: bool = False) -> bytes | None:
    """The sealed address mails may go to; None if it was removed, or refused for good and that is not to be tried."""
    curs.execute(
        "SELECT sealed FROM app.recipient WHERE recipient_id = %s AND (refused_at IS NULL OR %s)",
        (recipient_id, even_refused),
    )
    row = curs.fetchone()
    return None if row is None else bytes(row["sealed"])


def refuse(curs: Cursor[Row], recipient_id: UUID, why: str) -> None:
    """The mail server said for good that there is no such address."""
    curs.execute(
        "UPDATE app.recipient SET refused_at = app.now(), refused_for = %s WHERE recipient_id = %s", (why, recipient_id)
    )


def accept(curs: Cursor[Row], recipient_id: UUID) -> bool:
    """A mail server took a mail to this address; returns whether it was refused until now."""
    curs.execute(
        "UPDATE app.recipient SET refused_at = NULL, refused_for = NULL"
        " WHERE recipient_id = %s AND refused_at IS NOT NULL",
        (recipient_id,),
    )
    return curs.rowcount == 1
