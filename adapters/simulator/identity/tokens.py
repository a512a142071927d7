"""Authorization codes, refresh tokens and access tokens: issued, rotated, killed. Only hashes are kept."""

import hashlib
import secrets
import sqlite3
import uuid
from dataclasses import dataclass

from adapters.simulator.clock import VirtualClock
from adapters.simulator.identity import jwt
from adapters.simulator.identity.scopes import joined
from adapters.simulator.ledger.database import Ledger
from adapters.simulator.ledger.documents import Document

CODE_MS = 5 * 60_000
ACCESS_SECONDS = 1800
REFRESH_MS = 60 * 24 * 3_600_000
GRACE_MS = 30 * 60_000


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code that was just redeemed."""

    redirect_uri: str
    user_id: str
    auth_event_id: str
    challenge: str | None


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who an accepted access token speaks for."""

    user_id: str
    auth_event_id: str
    scope: str


@dataclass(frozen=True, slots=True)
class Expired:
    """An access token of ours that is no longer accepted."""

    at_ms: int


class TokenOffice:
    """Issues tokens for the one app this simulator knows."""

    def __init__(self, ledger: Ledger, clock: VirtualClock, client_id: str) -> None:
        self._ledger = ledger
        self._clock = clock
        self._client_id = client_id
        secret = ledger.setting("signing secret") or secrets.token_hex(32)
        ledger.remember("signing secret", secret)
        self._secret = bytes.fromhex(secret)

    def issue_code(self, redirect_uri: str, user_id: str, auth_event_id: str, scope: str, challenge: str | None) -> str:
        """A code for the redirect, good for five minutes and one use; the consent's scopes add to the user's."""
        code = secrets.token_urlsafe(32)
        with self._ledger.transaction() as db:
            db.execute(
                "INSERT INTO code VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                (_sha256(code), redirect_uri, user_id, auth_event_id, scope, challenge, self._clock.now_ms() + CODE_MS),
            )
            row = db.execute("SELECT scope FROM consent WHERE user_id = ?", (user_id,)).fetchone()
            db.execute(
                "INSERT OR REPLACE INTO consent VALUES (?, ?)", (user_id, joined(scope, row["scope"] if row else ""))
            )
        return code

    def redeem_code(self, code: str) -> Code | None:
        """Use a code up; None when it is unknown, used or older than five minutes."""
        with self._ledger.transaction() as db:
            row = db.execute("SELECT * FROM code WHERE sha256 = ? AND NOT used", (_sha256(code),)).fetchone()
            if row is None or row["expires_ms"] <= self._clock.now_ms():
                return None
            db.execute("UPDATE code SET used = 1 WHERE sha256 = ?", (row["sha256"],))
        return Code(row["redirect_uri"], row["user_id"], row["auth_event_id"], row["challenge"])

    def issue(self, user_id: str, auth_event_id: str) -> Document:
        """The token answer after a code exchange; a refresh token only with ``offline_access``."""
        return self._answer(user_id, auth_event_id, str(uuid.uuid4()), None)

    def refresh(self, token: str, last_wins: bool) -> Document | None:
        """Rotate; None when the token is dead. The previous token works for 30 more minutes.

        XERO-UNVERIFIED XU-20: what a second refresh with the previous token does to the tokens issued since.
        """
        with self._ledger.transaction() as db:
            row = db.execute("SELECT * FROM refresh_token WHERE sha256 = ? AND NOT dead", (_sha256(token),)).fetchone()
            now = self._clock.now_ms()
            if row is None or row["expires_ms"] <= now:
                return None
            if row["superseded_ms"] is None:
                self._supersede(db, row, now)
            elif row["superseded_ms"] + GRACE_MS <= now:
                return None
            elif last_wins:
                db.execute("UPDATE refresh_token SET dead = 1 WHERE parent = ?", (row["seq"],))
            return self._answer(row["user_id"], row["auth_event_id"], row["family"], row["seq"])

    def user_of_refresh_token(self, token: str) -> str | None:
        """Whose refresh token this is, dead or alive; None when it was never issued."""
        with self._ledger.reading() as db:
            row = db.execute("SELECT user_id FROM refresh_token WHERE sha256 = ?", (_sha256(token),)).fetchone()
        return None if row is None else str(row["user_id"])

    def forget_user(self, user_id: str) -> None:
        """Kill every token and consent of a user."""
        with self._ledger.transaction() as db:
            db.execute("UPDATE refresh_token SET dead = 1 WHERE user_id = ?", (user_id,))
            db.execute("UPDATE access_token SET dead = 1 WHERE user_id = ?", (user_id,))
            db.execute("DELETE FROM consent WHERE user_id = ?", (user_id,))

    def expire_access_tokens(self) -> int:
        """Let all access tokens end now; returns how many were still good."""
        now = self._clock.now_ms()
        with self._ledger.transaction() as db:
            return db.execute("UPDATE access_token SET expires_ms = ? WHERE expires_ms > ?", (now, now)).rowcount

    def bearer(self, token: str) -> Bearer | Expired | None:
        """Who speaks: None when the token was never ours or was revoked."""
        claims = jwt.claims_of(token, self._secret)
        if claims is None:
            return None
        with self._ledger.reading() as db:
            row = db.execute("SELECT * FROM access_token WHERE jti = ?", (claims.get("jti"),)).fetchone()
        if row is None or row["dead"]:
            return None
        if row["expires_ms"] <= self._clock.now_ms():
            return Expired(row["expires_ms"])
        return Bearer(row["user_id"], row["auth_event_id"], row["scope"])

    @staticmethod
    def _supersede(db: sqlite3.Connection, row: sqlite3.Row, now: int) -> None:
        # Using the new token ends the grace of the one before it: only the *previous* token is spared.
        db.execute("UPDATE refresh_token SET dead = 1 WHERE family = ? AND superseded_ms IS NOT NULL", (row["family"],))
        db.execute("UPDATE refresh_token SET superseded_ms = ? WHERE seq = ?", (now, row["seq"]))

    def _answer(self, user_id: str, auth_event_id: str, family: str, parent: int | None) -> Document:
        with self._ledger.transaction() as db:
            row = db.execute("SELECT scope FROM consent WHERE user_id = ?", (user_id,)).fetchone()
            scope = str(row["scope"]) if row else ""
            answer: Document = {
                "access_token": self._access_token(db, user_id, auth_event_id, family, scope),
                "expires_in": ACCESS_SECONDS,
                "token_type": "Bearer",
                "scope": scope,
            }
            if "offline_access" in scope.split():
                answer["refresh_token"] = secrets.token_urlsafe(32)
                expires = self._clock.now_ms() + REFRESH_MS
                db.execute(
                    "INSERT INTO refresh_token (sha256, family, user_id, auth_event_id, expires_ms, parent)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (_sha256(answer["refresh_token"]), family, user_id, auth_event_id, expires, parent),
                )
            if "openid" in scope.split():
                answer["id_token"] = self._id_token(user_id)
        return answer

    def _access_token(self, db: sqlite3.Connection, user_id: str, auth_event_id: str, family: str, scope: str) -> str:
        now = self._clock.now_ms()
        jti = uuid.uuid4().hex
        expires = now + ACCESS_SECONDS * 1000
        db.execute(
            "INSERT INTO access_token (jti, family, user_id, auth_event_id, scope, expires_ms)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (jti, family, user_id, auth_event_id, scope, expires),
        )
        claims: Document = {
            "nbf": now // 1000,
            "exp": expires // 1000,
            "iss": "https://identity.xero.com",
            "aud": "https://identity.xero.com/resources",
            "client_id": self._client_id,
            "sub": user_id.replace("-", ""),
            "xero_userid": user_id,
            "authentication_event_id": auth_event_id,
            "jti": jti,
            "scope": scope.split(),
        }
        return jwt.sign(claims, self._secret)

    def _id_token(self, user_id: str) -> str:
        now = self._clock.now_ms() // 1000
        claims = {
            "nbf": now,
            "exp": now + 300,
            "iss": "https://identity.xero.com",
            "aud": self._client_id,
            "iat": now,
            "sub": user_id.replace("-", ""),
            "xero_userid": user_id,
        }
        return jwt.sign(claims, self._secret)


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
