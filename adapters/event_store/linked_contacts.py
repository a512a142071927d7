"""The SQL of table `linked_contact`: which Xero contact each Kyrios contact is linked to, to be asked the other way."""

from collections.abc import Collection, Sequence
from typing import Any

from psycopg import Cursor

from domain.contact_link import ContactLinked, ContactUnlinked

Row = dict[str, Any]


def follow(curs: Cursor[Row], events: Sequence[ContactLinked | ContactUnlinked]) -> None:
    """Keep the table as these events say, the last one of each contact."""
    last = {(event.account_id, event.kyrios_contact_id): event for event in events}
    linked = {key: e.xero_contact_id if isinstance(e, ContactLinked) else None for key, e in last.items()}
    curs.execute(
        """
        INSERT INTO app.linked_contact (account_id, kyrios_contact_id, xero_contact_id)
        SELECT * FROM unnest(%b::text[], %b::text[], %b::text[])
        ON CONFLICT (account_id, kyrios_contact_id) DO UPDATE SET xero_contact_id = excluded.xero_contact_id
        """,
        ([account for account, _ in linked], [contact for _, contact in linked], list(linked.values())),
    )


def linked_to(curs: Cursor[Row], account_id: str, xero_contact_ids: Collection[str]) -> list[tuple[str, str]]:
    """The Kyrios contacts linked to any of these Xero contacts: pairs of their ids, Kyrios's first."""
    curs.execute(
        """
        SELECT kyrios_contact_id, xero_contact_id FROM app.linked_contact
        WHERE account_id = %s AND xero_contact_id = ANY(%b) ORDER BY kyrios_contact_id
        """,
        (account_id, list(xero_contact_ids)),
    )
    return [(row["kyrios_contact_id"], row["xero_contact_id"]) for row in curs]
