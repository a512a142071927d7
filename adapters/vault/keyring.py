"""The keyring: the configured keys, the first of which seals while all of them open."""

from collections.abc import Mapping
from typing import Final

from adapters.vault import envelope
from adapters.vault.errors import UnknownKey
from domain.refusals import OnlyACopy

_KEY_BYTES: Final = 32


class Keyring:
    """Keys by id, in order; the first is primary. Seals account keys, tokens and pending consents, nothing else.

    Raises ValueError for a key that is not 32 bytes long or an id that is not 1 to 32 printable ASCII characters.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise ValueError("a keyring needs at least one key")
        for key_id, key in keys.items():
            _check(key_id, key)
        self._keys = dict(keys)
        self.key_ids = tuple(self._keys)

    @property
    def primary(self) -> str:
        """The id of the key that seals."""
        return self.key_ids[0]

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """Seal under the primary key, bound to `aad`."""
        return envelope.seal(self.primary, self._keys[self.primary], plaintext, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Open with whichever key sealed it: UnknownKey names a key that is missing, NotOpened says it does not fit."""
        key_id = envelope.key_id_of(sealed)
        if key_id not in self._keys:
            raise UnknownKey(key_id)
        return envelope.unseal(self._keys[key_id], sealed, aad)

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self.key_ids)})"


class NoKeys(Keyring):
    """The keyring of a copy, which holds nothing sealed: there is nothing to open, and nothing is ever sealed there."""

    def __init__(self) -> None:
        self._keys, self.key_ids = {}, ()

    @property
    def primary(self) -> str:
        """There is none. Raises OnlyACopy."""
        raise OnlyACopy

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """Raises OnlyACopy."""
        raise OnlyACopy


def _check(key_id: str, key: bytes) -> None:
    if not (key_id.isascii() and key_id.isprintable() and 1 <= len(key_id) <= envelope.LONGEST_KEY_ID):
        raise ValueError("a key id is 1 to 32 printable ASCII characters")
    if len(key) != _KEY_BYTES:
        raise ValueError(f"the key {key_id!r} has {len(key)} bytes; it must have {_KEY_BYTES}")
