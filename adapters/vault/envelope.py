"""The sealed form: AES-256-GCM with the key's id in front, bound to the place where it is kept.

    version (1) │ length of key id (1) │ key id │ nonce (12) │ ciphertext and tag

The header is authenticated together with the place, so neither a key id nor a whole value can be exchanged unnoticed.
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.vault.errors import NotOpened

_VERSION: Final = 1
_NONCE: Final = 12
_TAG: Final = 16
LONGEST_KEY_ID: Final = 32


def place(account_id: str, table: str, row_key: str, revision: int) -> bytes:
    """Where a value is kept, as additional authenticated data; every part with its length, so nothing can shift."""
    parts = [part.encode() for part in (account_id, table, row_key, str(revision))]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def seal(key_id: str, key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Seal `plaintext` under the 32 bytes of `key` with a fresh random nonce."""
    header = header_of(key_id)
    nonce = os.urandom(_NONCE)
    return header + nonce + AESGCM(key).encrypt(nonce, plaintext, header + aad)


def header_of(key_id: str) -> bytes:
    """What every value sealed under this key begins with, and no value sealed under another."""
    name = key_id.encode("ascii")
    return bytes((_VERSION, len(name))) + name


def unseal(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Open what `seal` made; NotOpened if anything about it, or its place, is not as it was."""
    start = 2 + len(key_id_of(sealed).encode("ascii"))
    header, nonce, ciphertext = sealed[:start], sealed[start : start + _NONCE], sealed[start + _NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, header + aad)
    except InvalidTag:
        raise NotOpened("the seal does not fit its content or its place") from None


def key_id_of(sealed: bytes) -> str:
    """The id of the key a value is sealed under."""
    if len(sealed) < 2 or sealed[0] != _VERSION or len(sealed) < 2 + sealed[1] + _NONCE + _TAG:
        raise NotOpened("this is not a sealed value")
    try:
        return sealed[2 : 2 + sealed[1]].decode("ascii")
    except UnicodeDecodeError:
        raise NotOpened("this is not a sealed value") from None
