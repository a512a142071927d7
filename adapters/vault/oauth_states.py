"""The consents people are about to give: what must be remembered from the invitation until the browser comes back.

    invited ──ticket──► departed ──state, from the same browser──► returned ──► ended, with what came of it

Ticket, state and the browser's cookie are kept as hashes, for ten minutes each, and serve once (RFC 9700: single use,
bound to the party that began). What came of a consent is kept for a day, for whoever waits for it.
"""

from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from typing import Final, Literal
from uuid import UUID

import msgspec

from adapters.vault.envelope import place
from adapters.vault.errors import NotOpened
from adapters.vault.keyring import Keyring
from adapters.vault.sealed_table import KEY_ID, NOT_PRIMARY, Resealed, anew, counts, header
from adapters.vault.secret import Secret
from adapters.vault.transaction import Begin, Row
from domain.event import Actor

_TABLE: Final = "app.oauth_state"
LIFE: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=1)

_FIRST: Final = UUID(int=0)

Unusable = Literal["unknown", "expired", "used", "other_browser"]
"""Why a ticket or a state opens nothing; `other_browser`: its consent was begun in another browser."""


class PendingConsent(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Who asked for consent, and what the exchange of the code needs; no verifier if the consent was without PKCE."""

    consent_id: UUID
    account_id: str
    begun_by: Actor
    verifier: Secret | None
    redirect_uri: str


class OAuthStates:
    """The table of pending consents. Every method is one short transaction."""

    def __init__(self, begin: Begin, keyring: Keyring) -> None:
        self._begin, self._keyring = begin, keyring

    def invite(self, ticket: Secret, *, consent_id: UUID, account_id: str, begun_by: Actor) -> None:
        """Remember an invitation to consent, and who asked for it; forget what is over for a day."""
        with self._begin() as cursor:
            cursor.execute("DELETE FROM app.oauth_state WHERE expires_at <= app.now() - %s", [KEPT])
            cursor.execute(
                "INSERT INTO app.oauth_state (consent_id, account_id, begun_role, begun_by, ticket_hash, expires_at) "
                "VALUES (%s, %s, %s, %s, %s, app.now() + %s)",
                [consent_id, account_id, begun_by.role, begun_by.id, _digest(ticket), LIFE],
            )

    def account_of(self, ticket: Secret) -> str | None:
        """The account a ticket was made for, whether or not it is good; None if it was never given out."""
        with self._begin() as cursor:
            cursor.execute("SELECT account_id FROM app.oauth_state WHERE ticket_hash = %s", [_digest(ticket)])
            row = cursor.fetchone()
        return row["account_id"] if row else None

    def depart(
        self, ticket: Secret, *, state: Secret, browser: Secret, verifier: Secret | None, redirect_uri: str
    ) -> Unusable | None:
        """Let the browser leave for Xero on this ticket, once; None if it may, else why not."""
        with self._begin() as cursor:
            row = cursor.execute(
                "SELECT consent_id, account_id, departed_at, expires_at > app.now() AS alive FROM app.oauth_state "
                "WHERE ticket_hash = %s FOR UPDATE",
                [_digest(ticket)],
            ).fetchone()
            if row is None:
                return "unknown"
            if row["departed_at"] is not None:
                return "used"
            if not row["alive"]:
                return "expired"
            sealed = None
            if verifier is not None:
                sealed = self._keyring.seal(verifier.reveal().encode(), _place(row))
            cursor.execute(
                "UPDATE app.oauth_state SET departed_at = app.now(), state_hash = %s, browser_hash = %s, "
                "sealed_verifier = %s, redirect_uri = %s, expires_at = app.now() + %s WHERE consent_id = %s",
                [_digest(state), _digest(browser), sealed, redirect_uri, LIFE, row["consent_id"]],
            )
        return None

    def take(self, state: Secret, browser: Secret | None) -> PendingConsent | Unusable:
        """The consent this state stands for, once, for the browser that left with it; else why not.

        A state that comes from another browser stays good for its own.
        """
        with self._begin() as cursor:
            row = cursor.execute(
                "SELECT *, expires_at > app.now() AS alive FROM app.oauth_state WHERE state_hash = %s FOR UPDATE",
                [_digest(state)],
            ).fetchone()
            if row is None:
                return "unknown"
            # Before the browser is looked at: a second try may come after the first one's reply took its mark away.
            if row["returned_at"] is not None:
                return "used"
            if browser is None or bytes(row["browser_hash"]) != _digest(browser):
                return "other_browser"
            if not row["alive"]:
                return "expired"
            cursor.execute(
                "UPDATE app.oauth_state SET returned_at = app.now(), sealed_verifier = NULL WHERE consent_id = %s",
                [row["consent_id"]],
            )
        return self._pending(row)

    def end(self, consent_id: UUID, result: str) -> None:
        """Keep in a word what came of a consent."""
        with self._begin() as cursor:
            cursor.execute(
                "UPDATE app.oauth_state SET result = %s WHERE consent_id = %s AND result IS NULL", [result, consent_id]
            )

    def result(self, consent_id: UUID) -> str | None:
        """What came of a consent; `expired` once nobody can come back from it any more, None while somebody may."""
        with self._begin() as cursor:
            row = cursor.execute(
                "SELECT result, expires_at > app.now() OR returned_at > app.now() - %s AS alive "
                "FROM app.oauth_state WHERE consent_id = %s",
                [LIFE, consent_id],
            ).fetchone()
        if row is None:
            return "expired"
        said: str | None = row["result"]
        return said if said is not None or row["alive"] else "expired"

    def _pending(self, row: Row) -> PendingConsent:
        sealed, verifier = row["sealed_verifier"], None
        if sealed is not None:
            verifier = Secret(self._keyring.open(bytes(sealed), _place(row)).decode())
        return PendingConsent(
            consent_id=row["consent_id"],
            account_id=row["account_id"],
            begun_by=Actor(row["begun_role"], row["begun_by"]),
            verifier=verifier,
            redirect_uri=row["redirect_uri"],
        )

    def is_awaited(self, account_id: str) -> bool:
        """Whether somebody may just now be giving consent for this account."""
        with self._begin() as cursor:
            cursor.execute(
                "SELECT FROM app.oauth_state WHERE account_id = %s AND result IS NULL AND expires_at > app.now() "
                "LIMIT 1",
                [account_id],
            )
            return cursor.fetchone() is not None

    def is_anyone_at_xero(self) -> bool:
        """Whether anybody may come back from Xero with a consent, for whatever account."""
        with self._begin() as cursor:
            cursor.execute(
                "SELECT FROM app.oauth_state WHERE departed_at IS NOT NULL AND result IS NULL "
                "AND expires_at > app.now() LIMIT 1"
            )
            return cursor.fetchone() is not None

    holds = "pending consents"

    def count_by_key(self) -> dict[str, int]:
        """How many consents that may still come back need each key."""
        with self._begin() as cursor:
            cursor.execute(
                f"SELECT {KEY_ID.format('sealed_verifier')} AS key_id, count(*) AS number FROM app.oauth_state "
                "WHERE expires_at > app.now() AND sealed_verifier IS NOT NULL GROUP BY 1"
            )
            return counts(cursor.fetchall())

    def reseal(self, after: str | None, limit: int) -> Resealed:
        """Seal up to `limit` pending consents under the first key."""
        fresh: dict[UUID, bytes | None] = {}
        with self._begin() as cursor:
            cursor.execute(
                f"SELECT * FROM app.oauth_state WHERE consent_id > %(after)s AND expires_at > app.now() "
                f"AND {NOT_PRIMARY.format('sealed_verifier')} ORDER BY consent_id LIMIT %(limit)s FOR UPDATE",
                {"after": UUID(after) if after else _FIRST, "limit": limit, "header": header(self._keyring)},
            )
            rows = cursor.fetchall()
            for row in rows:
                with suppress(NotOpened):
                    fresh[row["consent_id"]] = anew(self._keyring, row["sealed_verifier"], _place(row))
            cursor.execute(
                "UPDATE app.oauth_state s SET sealed_verifier = n.sealed FROM unnest(%s::uuid[], %s::bytea[]) "
                "AS n (consent_id, sealed) WHERE s.consent_id = n.consent_id",
                [list(fresh), list(fresh.values())],
            )
        last = str(rows[-1]["consent_id"]) if len(rows) == limit else None
        return Resealed(done=len(fresh), unreadable=len(rows) - len(fresh), last=last)


def _place(row: Row) -> bytes:
    return place(row["account_id"], _TABLE, str(row["consent_id"]), 1)


def _digest(secret: Secret) -> bytes:
    return sha256(secret.reveal().encode()).digest()
