"""Which keys the stored secrets need, and moving them all to the first one while the engine works.

Every key that is configured opens; the first one seals. So a new key is first added behind the old one everywhere, then
put first everywhere; then everything is sealed anew, and nothing needs the old one any more.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from adapters.vault.keyring import Keyring
from adapters.vault.sealed_table import SealedTable

BATCH: Final = 500
"""Rows per transaction: some milliseconds, for which whoever wants one of these rows waits."""
PASSES: Final = 3
"""How often it is begun anew because a process that still seals with another key has written meanwhile."""


class KeyUse(msgspec.Struct, frozen=True, kw_only=True):
    """One key: whether it is configured, whether it is the first, and how many rows of each sort need it."""

    key_id: str
    configured: bool
    primary: bool
    rows: dict[str, int]

    @property
    def needed(self) -> int:
        """How many rows could not be read without it."""
        return sum(self.rows.values())


class Rotated(msgspec.Struct, frozen=True, kw_only=True):
    """What a rotation came to: rows sealed anew, rows that do not open under their key, and what other keys are for."""

    key_id: str
    done: int
    unreadable: int
    still_needed: tuple[KeyUse, ...]


class KeyRotation:
    """Looks at every table sealed under the keyring."""

    def __init__(self, keyring: Keyring, tables: Sequence[SealedTable], batch: int = BATCH) -> None:
        self._keyring, self._tables, self._batch = keyring, tables, batch

    def uses(self) -> tuple[KeyUse, ...]:
        """Every key that is configured, in order, and then those that are needed though they are not."""
        counted = {table.holds: table.count_by_key() for table in self._tables}
        known = self._keyring.key_ids
        others = sorted({key_id for found in counted.values() for key_id in found} - set(known))
        return tuple(self._use(key_id, counted) for key_id in (*known, *others))

    def missing(self) -> tuple[KeyUse, ...]:
        """The keys that stored secrets need and this process was not given; damaged rows name none."""
        return tuple(use for use in self.uses() if use.key_id and not use.configured)

    def rotate(self, progress: Callable[[int, int], object] = lambda done, total: None) -> Rotated:
        """Seal everything anew under the first key. Stopped at any point, it goes on where it was when repeated.

        `progress` is told how many rows are done of how many. Raises UnknownKey if a key is missing.
        """
        total = sum(use.needed for use in self.uses() if not use.primary)
        done = unreadable = 0
        for _ in range(PASSES):
            unreadable = 0
            for table in self._tables:
                last, more = None, True
                while more:
                    batch = table.reseal(last, self._batch)
                    done, unreadable = done + batch.done, unreadable + batch.unreadable
                    last, more = batch.last, batch.last is not None
                    progress(done, max(total, done))
            left = tuple(use for use in self.uses() if use.needed and not use.primary)
            if sum(use.needed for use in left) <= unreadable:
                break
        return Rotated(key_id=self._keyring.primary, done=done, unreadable=unreadable, still_needed=left)

    def _use(self, key_id: str, counted: Mapping[str, Mapping[str, int]]) -> KeyUse:
        return KeyUse(
            key_id=key_id,
            configured=key_id in self._keyring.key_ids,
            primary=key_id == self._keyring.primary,
            rows={holds: found.get(key_id, 0) for holds, found in counted.items()},
        )
