"""The consents people are about to give: what must be remembered between leaving for Xero and coming back.

A `state` is kept as its hash, for ten minutes, and serves once (RFC 9700: single use, bound to the party that began).
"""

from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from typing import Final

import msgspec

from adapters.vault.envelope import place
from adapters.vault.errors import NotOpened
from adapters.vault.keyring import Keyring
from adapters.vault.sealed_table import KEY_ID, NOT_PRIMARY, Resealed, anew, counts, header
from adapters.vault.secret import Secret
from adapters.vault.transaction import Begin

_TABLE: Final = "app.oauth_state"
LIFE: Final = timedelta(minutes=10)


class PendingConsent(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Who asked for consent, and what the exchange of the code needs."""

    account_id: str
    verifier: Secret
    redirect_uri: str


class OAuthStates:
    """The table of pending consents. Every method is one short transaction."""

    def __init__(self, begin: Begin, keyring: Keyring) -> None:
        self._begin, self._keyring = begin, keyring

    def put(self, state: Secret, *, account_id: str, verifier: Secret, redirect_uri: str) -> None:
        """Remember a consent about to be asked for, and forget those that nobody came back from."""
        digest = _digest(state)
        sealed = self._keyring.seal(verifier.reveal().encode(), _place(account_id, digest))
        with self._begin() as cursor:
            cursor.execute("DELETE FROM app.oauth_state WHERE expires_at <= app.now()")
            cursor.execute(
                "INSERT INTO app.oauth_state (state_hash, account_id, sealed_verifier, redirect_uri, expires_at) "
                "VALUES (%s, %s, %s, %s, app.now() + %s)",
                [digest, account_id, sealed, redirect_uri, LIFE],
            )

    def take(self, state: Secret) -> PendingConsent | None:
        """The consent this state stands for, once; None if it is unknown, was used, or is older than ten minutes."""
        digest = _digest(state)
        with self._begin() as cursor:
            cursor.execute(
                "DELETE FROM app.oauth_state WHERE state_hash = %s RETURNING *, expires_at > app.now() AS alive",
                [digest],
            )
            row = cursor.fetchone()
        if row is None or not row["alive"]:
            return None
        verifier = self._keyring.open(bytes(row["sealed_verifier"]), _place(row["account_id"], digest)).decode()
        return PendingConsent(account_id=row["account_id"], verifier=Secret(verifier), redirect_uri=row["redirect_uri"])

    def is_awaited(self, account_id: str) -> bool:
        """Whether somebody may just now be giving consent for this account."""
        with self._begin() as cursor:
            cursor.execute(
                "SELECT FROM app.oauth_state WHERE account_id = %s AND expires_at > app.now() LIMIT 1", [account_id]
            )
            return cursor.fetchone() is not None

    holds = "pending consents"

    def count_by_key(self) -> dict[str, int]:
        """How many consents that may still come back need each key."""
        with self._begin() as cursor:
            cursor.execute(
                f"SELECT {KEY_ID.format('sealed_verifier')} AS key_id, count(*) AS number FROM app.oauth_state "
                "WHERE expires_at > app.now() GROUP BY 1"
            )
            return counts(cursor.fetchall())

    def reseal(self, after: str | None, limit: int) -> Resealed:
        """Seal up to `limit` pending consents under the first key."""
        fresh: dict[bytes, bytes | None] = {}
        with self._begin() as cursor:
            cursor.execute(
                f"SELECT * FROM app.oauth_state WHERE state_hash > %(after)s AND expires_at > app.now() "
                f"AND {NOT_PRIMARY.format('sealed_verifier')} ORDER BY state_hash LIMIT %(limit)s FOR UPDATE",
                {"after": bytes.fromhex(after or ""), "limit": limit, "header": header(self._keyring)},
            )
            rows = cursor.fetchall()
            for row in rows:
                with suppress(NotOpened):
                    digest = bytes(row["state_hash"])
                    fresh[digest] = anew(self._keyring, row["sealed_verifier"], _place(row["account_id"], digest))
            cursor.execute(
                "UPDATE app.oauth_state s SET sealed_verifier = n.sealed FROM unnest(%s::bytea[], %s::bytea[]) "
                "AS n (state_hash, sealed) WHERE s.state_hash = n.state_hash",
                [list(fresh), list(fresh.values())],
            )
        last = bytes(rows[-1]["state_hash"]).hex() if len(rows) == limit else None
        return Resealed(done=len(fresh), unreadable=len(rows) - len(fresh), last=last)


def _place(account_id: str, digest: bytes) -> bytes:
    return place(account_id, _TABLE, digest.hex(), 1)


def _digest(state: Secret) -> bytes:
    return sha256(state.reveal().encode()).digest()
