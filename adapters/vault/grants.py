"""Grants: one consent of one Xero user each, with its tokens. The only place where tokens are kept.

A refresh is claimed by a lease on the row and stored only over the version it was claimed for, so that of many
processes exactly one refreshes, and none of them holds a lock while it waits for Xero. The tokens before the last
refresh stay for the 30 minutes in which Xero still accepts them (Xero's page on token types).
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import psycopg

from adapters.vault.envelope import place
from adapters.vault.errors import GrantMissing, NotOpened
from adapters.vault.keyring import Keyring
from adapters.vault.sealed_table import KEY_ID, NOT_PRIMARY, Resealed, anew, counts, header
from adapters.vault.secret import Secret
from adapters.vault.transaction import Begin, Row

_TABLE: Final = "app.xero_grant"
_BEFORE_ALL: Final = "00000000-0000-0000-0000-000000000000"
GRACE: Final = timedelta(minutes=30)


class Tokens(msgspec.Struct, frozen=True, eq=False):
    """An access token and the refresh token that came with it."""

    access_token: Secret
    refresh_token: Secret


class Grant(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A grant as read: `access_life` is what the access token has left; `previous` is set while Xero's grace runs.

    `refused`: Xero has said that these tokens are dead, and need not be asked again.

    `auth_event_id` is Xero's name of the consent: it tells this consent's organisations from the user's others.
    """

    grant_id: UUID
    account_id: str
    xero_user_id: str
    auth_event_id: str
    tokens: Tokens
    previous: Tokens | None
    access_life: timedelta
    token_version: int
    refused: bool = False


class NewGrant(msgspec.Struct, frozen=True, kw_only=True):
    """The row of a new consent, its tokens sealed; `access_life` counts from when it is written."""

    grant_id: UUID
    account_id: str
    xero_user_id: str
    auth_event_id: str
    sealed_tokens: bytes
    access_life: timedelta


class Grants:
    """The table of grants. Every method is one short transaction."""

    def __init__(self, begin: Begin, keyring: Keyring) -> None:
        self._begin, self._keyring = begin, keyring

    def seal(
        self,
        *,
        grant_id: UUID,
        account_id: str,
        xero_user_id: str,
        tokens: Tokens,
        access_life: timedelta,
        auth_event_id: str = "",
    ) -> NewGrant:
        """The tokens of a new consent, to be written with the event that says who uses them."""
        return NewGrant(
            grant_id=grant_id,
            account_id=account_id,
            xero_user_id=xero_user_id,
            auth_event_id=auth_event_id,
            sealed_tokens=self._sealed(tokens, account_id, grant_id, 1),
            access_life=access_life,
        )

    def read(self, grant_id: UUID) -> Grant:
        """The grant with its tokens; GrantMissing if there are none."""
        with self._begin() as cursor:
            cursor.execute(
                "SELECT *, access_expires_at - app.now() AS access_life, previous_until > app.now() AS in_grace "
                "FROM app.xero_grant WHERE grant_id = %s",
                [grant_id],
            )
            row = cursor.fetchone()
        if row is None or row["sealed_tokens"] is None:
            raise GrantMissing(grant_id)
        return self._grant(row)

    def claim_refresh(self, grant_id: UUID, token_version: int, lease: timedelta) -> datetime | None:
        """Claim to refresh this version for `lease`; None if another holds it, has refreshed, or was refused."""
        with self._begin() as cursor:
            cursor.execute(
                "UPDATE app.xero_grant SET refresh_lease_until = app.now() + %s WHERE grant_id = %s "
                "AND token_version = %s AND refused_version IS DISTINCT FROM token_version "
                "AND (refresh_lease_until IS NULL OR refresh_lease_until < app.now()) "
                "RETURNING refresh_lease_until",
                [lease, grant_id, token_version],
            )
            row = cursor.fetchone()
        return row["refresh_lease_until"] if row else None

    def store_refreshed(self, grant: Grant, tokens: Tokens, access_life: timedelta) -> bool:
        """Replace the tokens of the version that was read and end the lease; False if another was faster."""
        new = grant.token_version + 1
        with self._begin() as cursor:
            cursor.execute(
                "UPDATE app.xero_grant SET sealed_tokens = %s, token_version = %s, refresh_lease_until = NULL, "
                "access_expires_at = app.now() + %s, previous_sealed_tokens = sealed_tokens, "
                "previous_until = app.now() + %s WHERE grant_id = %s AND token_version = %s",
                [
                    self._sealed(tokens, grant.account_id, grant.grant_id, new),
                    new,
                    access_life,
                    GRACE,
                    grant.grant_id,
                    grant.token_version,
                ],
            )
            return cursor.rowcount == 1

    def refuse(self, grant: Grant) -> None:
        """Remember that Xero refused the tokens of this version, for whoever waits for them; nobody is asked again."""
        with self._begin() as cursor:
            cursor.execute(
                "UPDATE app.xero_grant SET refused_version = token_version, refresh_lease_until = NULL "
                "WHERE grant_id = %s AND token_version = %s",
                [grant.grant_id, grant.token_version],
            )

    def release(self, grant_id: UUID, claimed_until: datetime) -> None:
        """Give a claim back after a refresh that certainly had no effect."""
        with self._begin() as cursor:
            cursor.execute(
                "UPDATE app.xero_grant SET refresh_lease_until = NULL WHERE grant_id = %s AND refresh_lease_until = %s",
                [grant_id, claimed_until],
            )

    def user_has_other_grant(self, grant_id: UUID) -> bool:
        """Whether the same Xero user consented elsewhere too; revoking would then cut off that connection as well."""
        with self._begin() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM app.xero_grant mine JOIN app.xero_grant other USING (xero_user_id) "
                "WHERE mine.grant_id = %s AND other.grant_id <> mine.grant_id AND other.sealed_tokens IS NOT NULL"
                ") AS shared",
                [grant_id],
            )
            row = cursor.fetchone()
        return bool(row and row["shared"])

    def is_of_another(self, grant_id: UUID, auth_event_id: str) -> bool:
        """Whether Xero's name of a consent stands for another grant than this one, whose tokens are still kept."""
        with self._begin() as cursor:
            cursor.execute(
                "SELECT FROM app.xero_grant WHERE auth_event_id = %s AND auth_event_id <> '' AND grant_id <> %s "
                "AND sealed_tokens IS NOT NULL LIMIT 1",
                [auth_event_id, grant_id],
            )
            return cursor.fetchone() is not None

    def knows(self, auth_event_id: str) -> bool:
        """Whether Xero's name of a consent stands for any grant we ever had."""
        with self._begin() as cursor:
            cursor.execute("SELECT FROM app.xero_grant WHERE auth_event_id = %s LIMIT 1", [auth_event_id])
            return cursor.fetchone() is not None

    def consents_of(self, account_id: str) -> frozenset[str]:
        """Xero's names of all consents an account ever gave, also of those whose tokens are destroyed."""
        with self._begin() as cursor:
            cursor.execute(
                "SELECT auth_event_id FROM app.xero_grant WHERE account_id = %s AND auth_event_id <> ''", [account_id]
            )
            return frozenset(row["auth_event_id"] for row in cursor.fetchall())

    holds = "grants"

    def count_by_key(self) -> dict[str, int]:
        """How many grants need each key: for their tokens, or for the ones before while Xero's grace runs."""
        with self._begin() as cursor:
            cursor.execute(
                f"SELECT {KEY_ID.format('sealed')} AS key_id, count(DISTINCT grant_id) AS number FROM ("
                "SELECT grant_id, sealed_tokens AS sealed FROM app.xero_grant WHERE sealed_tokens IS NOT NULL "
                "UNION ALL SELECT grant_id, previous_sealed_tokens FROM app.xero_grant "
                "WHERE previous_sealed_tokens IS NOT NULL AND previous_until > app.now()) AS held GROUP BY 1"
            )
            return counts(cursor.fetchall())

    def reseal(self, after: str | None, limit: int) -> Resealed:
        """Seal up to `limit` grants under the first key; tokens whose grace is over are dropped on the way.

        Neither version nor lease moves: a refresh that is under way stores its tokens over these as it would have.
        """
        fresh: dict[UUID, tuple[bytes | None, bytes | None]] = {}
        with self._begin() as cursor:
            cursor.execute(
                f"SELECT *, previous_until > app.now() AS in_grace FROM app.xero_grant "
                f"WHERE grant_id > %(after)s AND ({NOT_PRIMARY.format('sealed_tokens')} "
                f"OR {NOT_PRIMARY.format('previous_sealed_tokens')}) ORDER BY grant_id LIMIT %(limit)s FOR UPDATE",
                {"after": UUID(after or _BEFORE_ALL), "limit": limit, "header": header(self._keyring)},
            )
            rows = cursor.fetchall()
            for row in rows:
                with suppress(NotOpened):
                    fresh[row["grant_id"]] = self._anew(row)
            cursor.execute(
                "UPDATE app.xero_grant g SET sealed_tokens = n.sealed, previous_sealed_tokens = n.previous "
                "FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS n (grant_id, sealed, previous) "
                "WHERE g.grant_id = n.grant_id",
                [list(fresh), [new for new, _ in fresh.values()], [previous for _, previous in fresh.values()]],
            )
        last = str(rows[-1]["grant_id"]) if len(rows) == limit else None
        return Resealed(done=len(fresh), unreadable=len(rows) - len(fresh), last=last)

    def _anew(self, row: Row) -> tuple[bytes | None, bytes | None]:
        version, previous = row["token_version"], row["previous_sealed_tokens"] if row["in_grace"] else None
        return (
            anew(self._keyring, row["sealed_tokens"], _place(row, version)),
            anew(self._keyring, previous, _place(row, version - 1)),
        )

    def _grant(self, row: Row) -> Grant:
        version = row["token_version"]
        previous = row["previous_sealed_tokens"] if row["in_grace"] else None
        return Grant(
            grant_id=row["grant_id"],
            account_id=row["account_id"],
            xero_user_id=row["xero_user_id"],
            auth_event_id=row["auth_event_id"],
            tokens=self._opened(row["sealed_tokens"], row, version),
            previous=self._opened(previous, row, version - 1) if previous is not None else None,
            access_life=row["access_life"],
            token_version=version,
            refused=row["refused_version"] == version,
        )

    def _sealed(self, tokens: Tokens, account_id: str, grant_id: UUID, version: int) -> bytes:
        pair = msgspec.json.encode((tokens.access_token.reveal(), tokens.refresh_token.reveal()))
        return self._keyring.seal(pair, place(account_id, _TABLE, str(grant_id), version))

    def _opened(self, sealed: bytes, row: Row, version: int) -> Tokens:
        opened = self._keyring.open(bytes(sealed), _place(row, version))
        access, refresh = msgspec.json.decode(opened, type=tuple[str, str])
        return Tokens(Secret(access), Secret(refresh))


def insert_within(cursor: psycopg.Cursor[Row], new: NewGrant) -> None:
    """Keep a new consent's tokens in the caller's transaction, with the event that says who uses them."""
    cursor.execute(
        "INSERT INTO app.xero_grant "
        "(grant_id, account_id, xero_user_id, auth_event_id, sealed_tokens, access_expires_at) "
        "VALUES (%s, %s, %s, %s, %s, app.now() + %s)",
        [new.grant_id, new.account_id, new.xero_user_id, new.auth_event_id, new.sealed_tokens, new.access_life],
    )


def refreshed_elsewhere(cursor: psycopg.Cursor[Row], grant_id: UUID, still_good: timedelta) -> float | None:
    """Seconds for which another's claim to refresh runs, if the access token does not live for `still_good`."""
    cursor.execute(
        "SELECT extract(epoch FROM refresh_lease_until - app.now())::float8 AS seconds FROM app.xero_grant "
        "WHERE grant_id = %s AND refresh_lease_until > app.now() AND access_expires_at <= app.now() + %s",
        [grant_id, still_good],
    )
    row = cursor.fetchone()
    return row["seconds"] if row else None


def accounts_with_several(cursor: psycopg.Cursor[Row]) -> list[str]:
    """The accounts of which the tokens of more than one consent are kept: former ones are not removed in Xero yet."""
    cursor.execute(
        "SELECT account_id FROM app.xero_grant WHERE sealed_tokens IS NOT NULL GROUP BY account_id HAVING count(*) > 1"
    )
    return [row["account_id"] for row in cursor]


def destroy_within(cursor: psycopg.Cursor[Row], grant_ids: Sequence[UUID]) -> int:
    """Destroy the tokens of these grants in the caller's transaction, with the events that say so."""
    # The version moves too: a refresh that is under way must not store its tokens over the destroyed ones.
    cursor.execute(
        "UPDATE app.xero_grant SET sealed_tokens = NULL, previous_sealed_tokens = NULL, previous_until = NULL, "
        "refresh_lease_until = NULL, token_version = token_version + 1 "
        "WHERE grant_id = ANY(%s) AND sealed_tokens IS NOT NULL",
        [list(grant_ids)],
    )
    return cursor.rowcount


def _place(row: Row, version: int) -> bytes:
    return place(row["account_id"], _TABLE, str(row["grant_id"]), version)
