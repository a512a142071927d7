"""The SQL of table `contact_directory`: the mirror of an organisation's contacts, sealed but for ids and states.

It is also the feed of contacts: `feed_seq` is the number under which the latest change of a contact is read there.
E-mails and names are found by their HMAC under the account's key, so nothing in clear says whom the table is about.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg import Cursor

Row = dict[str, Any]
Change = Literal["created", "updated", "archived"]


class DirectoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One contact as it is kept. `fingerprint` is an HMAC of all the feed shows of it; an HMAC is None for no text.

    `revision` grows with Xero's own time of change, and is part of the place the contact is sealed for. `feed_seq` is
    None where the feed has nothing new to say, `sealed` where the contact was erased.
    """

    xero_contact_id: str
    status: str
    merged_to: str
    contact_number: str
    revision: int
    sealed: bytes | None
    fingerprint: str
    email_hmac: str | None
    name_hmac: str | None
    like_name_hmac: str | None
    updated_at: datetime | None
    feed_seq: int | None


class KnownEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What tells whether a contact has changed; `fed` if the feed ever showed it, `erased` if it was erased here."""

    status: str
    revision: int
    fingerprint: str
    contact_number: str
    fed: bool
    erased: bool


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A contact without anything personal: what matching needs."""

    xero_contact_id: str
    status: str
    merged_to: str
    email_hmac: str | None
    name_hmac: str | None
    like_name_hmac: str | None


class FedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A contact as the feed shows it, still sealed."""

    feed_seq: int
    organisation_id: str
    xero_contact_id: str
    status: str
    merged_to: str
    revision: int
    sealed: bytes | None
    updated_at: datetime | None


class SealedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A contact with its sealed name, e-mail and phone, to be shown to a person."""

    xero_contact_id: str
    status: str
    merged_to: str
    contact_number: str
    revision: int
    sealed: bytes | None


class NamedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A contact of an organisation as far as nothing of it is personal; `fed` if the feed ever showed it."""

    organisation_id: str
    xero_contact_id: str
    status: str
    merged_to: str
    fed: bool


def known(
    curs: Cursor[Row], connection_id: UUID, organisation_id: str, contact_ids: Sequence[str]
) -> dict[str, KnownEntry]:
    """What is kept of these contacts, locked until the end of the transaction."""
    curs.execute(
        """
        SELECT xero_contact_id, status, revision, fingerprint, contact_number, feed_seq IS NOT NULL AS fed,
               sealed IS NULL AS erased
        FROM app.contact_directory
        WHERE connection_id = %s AND organisation_id = %s AND xero_contact_id = ANY(%b)
        ORDER BY xero_contact_id FOR UPDATE
        """,
        (connection_id, organisation_id, list(contact_ids)),
    )
    return {row.pop("xero_contact_id"): KnownEntry(**row) for row in curs}


def keep(curs: Cursor[Row], connection_id: UUID, organisation_id: str, entries: Sequence[DirectoryEntry]) -> None:
    """Keep contacts as Xero now shows them; what is older than what is kept changes nothing."""
    curs.execute(
        """
        INSERT INTO app.contact_directory AS d (connection_id, organisation_id, xero_contact_id, status, merged_to,
            contact_number, revision, sealed, fingerprint, email_hmac, name_hmac, like_name_hmac, updated_at, feed_seq)
        SELECT %s, %s, * FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[], %b::bytea[],
            %b::text[], %b::text[], %b::text[], %b::text[], %b::timestamptz[], %b::bigint[])
        ON CONFLICT (connection_id, organisation_id, xero_contact_id) DO UPDATE
        SET status = excluded.status, merged_to = excluded.merged_to, contact_number = excluded.contact_number,
            revision = excluded.revision, sealed = excluded.sealed, fingerprint = excluded.fingerprint,
            email_hmac = excluded.email_hmac, name_hmac = excluded.name_hmac,
            like_name_hmac = excluded.like_name_hmac, updated_at = excluded.updated_at,
            feed_seq = coalesce(excluded.feed_seq, d.feed_seq)
        WHERE d.revision <= excluded.revision
        """,
        (connection_id, organisation_id, *(list(column) for column in zip(*map(_tuple, entries), strict=True))),
    )


def candidates(
    curs: Cursor[Row],
    connection_id: UUID,
    organisation_id: str,
    email_hmacs: Collection[str],
    name_hmacs: Collection[str],
    like_name_hmacs: Collection[str],
) -> list[Found]:
    """Every contact that bears one of these e-mails, names, or names but for letter case; archived ones too."""
    curs.execute(
        f"""
        SELECT {_FOUND} FROM app.contact_directory WHERE connection_id = %(lane)s AND organisation_id = %(organisation)s
          AND (email_hmac = ANY(%(emails)b) OR name_hmac = ANY(%(names)b) OR like_name_hmac = ANY(%(like)b))
        ORDER BY xero_contact_id
        """,
        {
            "lane": connection_id,
            "organisation": organisation_id,
            "emails": list(email_hmacs),
            "names": list(name_hmacs),
            "like": list(like_name_hmacs),
        },
    )
    return [Found(**row) for row in curs]


def named(curs: Cursor[Row], connection_id: UUID, organisation_id: str, contact_ids: Collection[str]) -> list[Found]:
    """Those of these contacts that are kept."""
    curs.execute(
        f"""
        SELECT {_FOUND} FROM app.contact_directory
        WHERE connection_id = %s AND organisation_id = %s AND xero_contact_id = ANY(%b)
        """,
        (connection_id, organisation_id, list(contact_ids)),
    )
    return [Found(**row) for row in curs]


def sealed(
    curs: Cursor[Row], connection_id: UUID, organisation_id: str, contact_ids: Collection[str], contact_number: str
) -> list[SealedEntry]:
    """These contacts, and whoever bears this ContactNumber, to be opened for a person."""
    curs.execute(
        """
        SELECT xero_contact_id, status, merged_to, contact_number, revision, sealed FROM app.contact_directory
        WHERE connection_id = %s AND organisation_id = %s
          AND (xero_contact_id = ANY(%b) OR contact_number = %s) ORDER BY xero_contact_id
        """,
        (connection_id, organisation_id, list(contact_ids), contact_number),
    )
    return [SealedEntry(**row) for row in curs]


def fed_after(curs: Cursor[Row], connection_id: UUID, after: int, limit: int) -> list[FedEntry]:
    """Up to `limit` contacts of any organisation whose latest change has a number above `after`, in that order."""
    curs.execute(
        """
        SELECT feed_seq, organisation_id, xero_contact_id, status, merged_to, revision, sealed, updated_at
        FROM app.contact_directory WHERE connection_id = %s AND feed_seq > %s ORDER BY feed_seq LIMIT %s
        """,
        (connection_id, after, limit),
    )
    return [FedEntry(**row) for row in curs]


def counts(curs: Cursor[Row], connections: Sequence[tuple[UUID, str]]) -> dict[UUID, tuple[int, int]]:
    """For each of these connections and organisations: contacts in use, and those no longer in use."""
    curs.execute(
        """
        SELECT c.id, count(*) FILTER (WHERE upper(d.status) = 'ACTIVE') AS used, count(*) AS every
        FROM unnest(%b::uuid[], %b::text[]) AS c (id, organisation_id)
        JOIN app.contact_directory d ON d.connection_id = c.id AND d.organisation_id = c.organisation_id GROUP BY c.id
        """,
        ([connection for connection, _ in connections], [organisation for _, organisation in connections]),
    )
    return {row["id"]: (row["used"], row["every"] - row["used"]) for row in curs}


def not_erased(curs: Cursor[Row], connection_id: UUID, contact_ids: Collection[str]) -> list[NamedEntry]:
    """Those of these contacts, of any organisation, that are kept and not erased, locked; the feed is held before."""
    curs.execute(
        """
        SELECT organisation_id, xero_contact_id, status, merged_to, feed_seq IS NOT NULL AS fed
        FROM app.contact_directory WHERE connection_id = %s AND xero_contact_id = ANY(%s) AND sealed IS NOT NULL
        ORDER BY organisation_id, xero_contact_id FOR UPDATE
        """,
        (connection_id, list(contact_ids)),
    )
    return [NamedEntry(**row) for row in curs]


def erase(
    curs: Cursor[Row],
    connection_id: UUID,
    contacts: Sequence[NamedEntry],
    fingerprints: Sequence[str],
    numbers: Sequence[int | None],
) -> None:
    """Forget what these contacts are called, for good; the feed shows them as erased under these numbers."""
    curs.execute(
        """
        UPDATE app.contact_directory d SET sealed = NULL, email_hmac = NULL, name_hmac = NULL, like_name_hmac = NULL,
            fingerprint = e.fingerprint, feed_seq = coalesce(e.feed_seq, d.feed_seq)
        FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[])
            AS e (organisation_id, xero_contact_id, fingerprint, feed_seq)
        WHERE d.connection_id = %s AND d.organisation_id = e.organisation_id AND d.xero_contact_id = e.xero_contact_id
        """,
        (
            [one.organisation_id for one in contacts],
            [one.xero_contact_id for one in contacts],
            list(fingerprints),
            list(numbers),
            connection_id,
        ),
    )


def place_of(connection_id: UUID, organisation_id: str, xero_contact_id: str) -> str:
    """The row key a contact is sealed for."""
    return f"{connection_id}/{organisation_id}/{xero_contact_id}"


_FOUND = "xero_contact_id, status, merged_to, email_hmac, name_hmac, like_name_hmac"


def _tuple(entry: DirectoryEntry) -> tuple[Any, ...]:
    return msgspec.structs.astuple(entry)
