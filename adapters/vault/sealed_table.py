"""A table whose rows are sealed directly under the keyring: which keys it needs, and how it moves to the first one.

What is sealed under an account's key is not meant here: those keys are rows of such a table themselves.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec

from adapters.vault.envelope import header_of
from adapters.vault.keyring import Keyring
from adapters.vault.transaction import Row

KEY_ID: Final = (
    "CASE WHEN length({0}) < 2 THEN '' ELSE encode(substring({0} FROM 3 FOR get_byte({0}, 1)), 'escape') END"
)
"""SQL: the id of the key under which a column is sealed; never fails, whatever the column holds."""

NOT_PRIMARY: Final = "substring({0} FOR length(%(header)s::bytea)) <> %(header)s::bytea"
"""SQL: whether a column is sealed under another key than the one that values beginning with `header` are under."""


class Resealed(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch came to: rows sealed anew, rows that do not open, and behind which row the next one begins.

    `last` is None once no row is left.
    """

    done: int = 0
    unreadable: int = 0
    last: str | None = None


class SealedTable(Protocol):
    """One table with rows sealed under the keyring."""

    @property
    def holds(self) -> str:
        """What its rows are, for people."""

    def count_by_key(self) -> Mapping[str, int]:
        """How many rows need each key, by its id; a row that needs two counts for both."""

    def reseal(self, after: str | None, limit: int) -> Resealed:
        """Seal up to `limit` rows behind the row `after` under the first key, in one short transaction.

        The rows are locked meanwhile: whoever changes one does so before or after, so no change is lost. Raises
        UnknownKey, with nothing changed, if a row is sealed under a key that the keyring lacks.
        """


def header(keyring: Keyring) -> bytes:
    """What a value sealed under the keyring's first key begins with, and no other."""
    return header_of(keyring.primary)


def anew(keyring: Keyring, sealed: bytes | None, aad: bytes) -> bytes | None:
    """The same value sealed under the first key; None stays None."""
    return None if sealed is None else keyring.seal(keyring.open(bytes(sealed), aad), aad)


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """Rows of `key_id` and `number` as a mapping; the database doubles a backslash."""
    return {row["key_id"].replace("\\\\", "\\"): row["number"] for row in rows}
