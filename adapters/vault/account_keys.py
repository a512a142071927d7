"""One random key per account, under which everything personal of that account is sealed and hashed.

Destroying the key erases an account for good: what it sealed can never be read again, and events, which hold only
hashes, still replay.
"""

import hmac
import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from enum import Enum
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.vault import envelope
from adapters.vault.errors import NotOpened
from adapters.vault.keyring import Keyring
from adapters.vault.sealed_table import KEY_ID, NOT_PRIMARY, Resealed, anew, counts, header
from adapters.vault.transaction import Begin

_TABLE: Final = "app.account_key"
_FIRST: Final = "a1"
_MOST_REMEMBERED: Final = 10_000


class Erased(Enum):
    """Stands where a sealed value was erased."""

    ERASED = "[erased]"

    def __str__(self) -> str:
        return self.value


class AccountKey:
    """The key of one account. Sealing and hashing use keys derived apart, so neither helps against the other."""

    def __init__(self, account_id: str, secret: bytes) -> None:
        self.account_id = account_id
        self._sealing = _derived(secret, b"kyrios-xero account sealing 1")
        self._hashing = _derived(secret, b"kyrios-xero account hashing 1")

    def seal(self, table: str, row_key: str, revision: int, plaintext: bytes) -> bytes:
        """Seal what is kept in this row of this table, at this revision."""
        return envelope.seal(
            _FIRST, self._sealing, plaintext, envelope.place(self.account_id, table, row_key, revision)
        )

    def open(self, table: str, row_key: str, revision: int, sealed: bytes) -> bytes:
        """Open what was sealed for exactly this place; NotOpened otherwise."""
        return envelope.unseal(self._sealing, sealed, envelope.place(self.account_id, table, row_key, revision))

    def hmac(self, data: bytes) -> str:
        """HMAC-SHA256 in hex: a hash of something erasable that nobody can test guesses against without the key."""
        return hmac.new(self._hashing, data, sha256).hexdigest()

    def __repr__(self) -> str:
        return f"AccountKey({self.account_id})"


class AccountKeys:
    """The account keys, kept sealed under the keyring in `app.account_key`. Safe to share between threads."""

    def __init__(self, begin: Begin, keyring: Keyring) -> None:
        self._begin, self._keyring = begin, keyring
        self._known: dict[str, AccountKey] = {}
        self._lock = threading.Lock()

    def get(self, account_id: str) -> AccountKey:
        """The account's key, made on first use; whoever comes second gets the first one's."""
        return self.get_many([account_id])[account_id]

    def get_many(self, account_ids: Iterable[str]) -> dict[str, AccountKey]:
        """The keys of all these accounts in at most one transaction."""
        wanted = sorted(set(account_ids))
        found = {account_id: self._known[account_id] for account_id in wanted if account_id in self._known}
        missing = [account_id for account_id in wanted if account_id not in found]
        if missing:
            fresh = self._read_or_make(missing)
            self._remember(fresh)
            found |= fresh
        return found

    def find(self, account_id: str) -> AccountKey | None:
        """The key as the database has it now, or None if it was destroyed or never made."""
        return self._read([account_id]).get(account_id)

    def destroy(self, account_id: str) -> None:
        """Erase the account: nothing sealed under its key can be opened again."""
        with self._begin() as cursor:
            cursor.execute("DELETE FROM app.account_key WHERE account_id = %s", [account_id])
        with self._lock:
            self._known.pop(account_id, None)

    holds = "account keys"

    def count_by_key(self) -> dict[str, int]:
        """How many accounts' keys are sealed under each key of the keyring."""
        with self._begin() as cursor:
            cursor.execute(
                f"SELECT {KEY_ID.format('sealed_key')} AS key_id, count(*) AS number FROM app.account_key GROUP BY 1"
            )
            return counts(cursor.fetchall())

    def reseal(self, after: str | None, limit: int) -> Resealed:
        """Seal up to `limit` accounts' keys under the first key of the keyring; they themselves stay the same."""
        fresh: dict[str, bytes | None] = {}
        with self._begin() as cursor:
            cursor.execute(
                f"SELECT account_id, sealed_key FROM app.account_key WHERE account_id > %(after)s "
                f"AND {NOT_PRIMARY.format('sealed_key')} ORDER BY account_id LIMIT %(limit)s FOR UPDATE",
                {"after": after or "", "limit": limit, "header": header(self._keyring)},
            )
            rows = cursor.fetchall()
            for row in rows:
                with suppress(NotOpened):
                    account_id = row["account_id"]
                    fresh[account_id] = anew(self._keyring, row["sealed_key"], self._aad(account_id))
            cursor.execute(
                "UPDATE app.account_key k SET sealed_key = n.sealed FROM unnest(%s::text[], %s::bytea[]) "
                "AS n (account_id, sealed) WHERE k.account_id = n.account_id",
                [list(fresh), list(fresh.values())],
            )
        last = rows[-1]["account_id"] if len(rows) == limit else None
        return Resealed(done=len(fresh), unreadable=len(rows) - len(fresh), last=last)

    def _read_or_make(self, account_ids: list[str]) -> dict[str, AccountKey]:
        keys = self._read(account_ids)
        missing = [account_id for account_id in account_ids if account_id not in keys]
        if not missing:
            return keys
        sealed = [self._keyring.seal(os.urandom(32), self._aad(account_id)) for account_id in missing]
        with self._begin() as cursor:
            # In order of the ids, so that two processes making the same keys cannot wait for each other in a circle.
            cursor.execute(
                "INSERT INTO app.account_key (account_id, sealed_key) SELECT * FROM unnest(%s::text[], %s::bytea[]) "
                "ON CONFLICT (account_id) DO NOTHING",
                [missing, sealed],
            )
        return keys | self._read(missing)

    def _read(self, account_ids: list[str]) -> dict[str, AccountKey]:
        with self._begin() as cursor:
            cursor.execute(
                "SELECT account_id, sealed_key FROM app.account_key WHERE account_id = ANY(%s)", [account_ids]
            )
            rows = cursor.fetchall()
        return {
            row["account_id"]: AccountKey(
                row["account_id"], self._keyring.open(bytes(row["sealed_key"]), self._aad(row["account_id"]))
            )
            for row in rows
        }

    def _remember(self, keys: dict[str, AccountKey]) -> None:
        with self._lock:
            if len(self._known) + len(keys) > _MOST_REMEMBERED:
                self._known.clear()
            self._known.update(keys)

    @staticmethod
    def _aad(account_id: str) -> bytes:
        return envelope.place(account_id, _TABLE, account_id, 1)


def open_or_erased(
    key: AccountKey | None, table: str, row_key: str, revision: int, sealed: bytes | None
) -> bytes | Erased:
    """What was sealed, or ERASED where the row or the account's key is gone; damage still raises NotOpened."""
    if key is None or sealed is None:
        return Erased.ERASED
    return key.open(table, row_key, revision, sealed)


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
