"""How the text of one variable becomes a value; a reader answers bad text with a ValueError that says what is wanted.

No reader repeats the text it refuses: it may be a secret.
"""

import base64
import binascii
import ipaddress
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import msgspec

from adapters.smtp.address import server_address
from adapters.vault.secret import Secret
from domain.mail_address import checked_address
from domain.refusals import InvalidInput

T = TypeVar("T")

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
KEY_BYTES = 32
KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")


class NamedKey(msgspec.Struct, frozen=True, eq=False):
    """One key of the keyring: the name that ciphertexts carry, and 32 bytes as base64."""

    key_id: str
    key: Secret

    def key_bytes(self) -> bytes:
        """The 32 bytes of the key."""
        return base64.b64decode(self.key.reveal())


def seconds(text: str) -> float:
    """A positive duration in seconds."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise ValueError("must be a positive number of seconds")
    return value


def whole_number(text: str) -> int:
    """A whole number of at least 1."""
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < 1:
        raise ValueError("must be a whole number of at least 1")
    return int(text)


def plain(text: str) -> str:
    """Any text on one line."""
    if not text.isprintable():
        raise ValueError("must be one line without control characters")
    return text


def switch(text: str) -> bool:
    """On or off."""
    if text.lower() not in ("on", "off"):
        raise ValueError("must be on or off")
    return text.lower() == "on"


def clock(text: str) -> str:
    """Real or virtual."""
    if text.lower() not in ("real", "virtual"):
        raise ValueError("must be real or virtual")
    return text.lower()


def listening(text: str) -> tuple[str, int]:
    """An IP address of this machine and a port to listen on, as 127.0.0.1:8080 or [::1]:8080."""
    host, _, port = text.rpartition(":")
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise ValueError("must be an IP address and a port, such as 127.0.0.1:8080") from None
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65_535:
        raise ValueError("must end with a port from 1 to 65535, such as 127.0.0.1:8080")
    return str(address), int(port)


def words(text: str) -> tuple[str, ...]:
    """Words separated by spaces."""
    return tuple(plain(text).split())


def log_level(text: str) -> str:
    """One of the log levels, in capitals."""
    if text.upper() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return text.upper()


def directory(text: str) -> Path:
    """An absolute path; `~` is the user's home."""
    path = Path(text).expanduser()
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


def secret(text: str) -> Secret:
    """A secret text."""
    return Secret(plain(text))


def web_address(text: str) -> str:
    """The base of an HTTP API, without a closing slash: https, or http to this machine or a name without dots."""
    parts = _split(text, ("http", "https"))
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("must be a plain address without user, query and fragment")
    host = parts.hostname or ""
    if parts.scheme == "http" and not is_loopback(text) and "." in host:
        raise ValueError("must begin with https:// (http:// is only for this machine and for names without dots)")
    return text.rstrip("/")


def address_of(*schemes: str) -> Callable[[str], Secret]:
    """A reader for addresses of these schemes; they may hold a password, so they are secrets."""

    def read(text: str) -> Secret:
        _split(text, schemes, host_needed=False)
        return Secret(text)

    return read


def mail_server(text: str) -> Secret:
    """The address of a mail server; it may hold a password, so it is a secret."""
    server_address(text)
    return Secret(text)


def mail_address(text: str) -> str:
    """One e-mail address."""
    try:
        return checked_address(text)
    except InvalidInput as fault:
        raise ValueError(f"is not right: {fault.faults[0].message}") from None


def named_keys(text: str) -> tuple[NamedKey, ...]:
    """A keyring as `id:base64,id:base64`, the first one being used for what is sealed from now on."""
    keys = tuple(_named_key(item.strip()) for item in text.split(","))
    if len({key.key_id for key in keys}) != len(keys):
        raise ValueError("names a key id twice")
    return keys


def signing_keys(text: str) -> tuple[Secret, ...]:
    """One key, or two with a comma between."""
    keys = tuple(item.strip() for item in text.split(","))
    if not 1 <= len(keys) <= 2 or not all(
        key and key.isascii() and key.isprintable() and " " not in key for key in keys
    ):
        raise ValueError("must be one key, or two with a comma between")
    return tuple(Secret(key) for key in keys)


def is_loopback(url: str) -> bool:
    """Whether the address leads to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def masked_address(address: Secret) -> str:
    """The address for people: without its password and its query, which may hold one too."""
    parts = urlsplit(address.reveal())
    user, has_user, host = parts.netloc.rpartition("@")
    name, has_password, _ = user.partition(":")
    netloc = f"{name}{':***' if has_password else ''}{has_user}{host}"
    return f"{parts.scheme}://{netloc}{parts.path}{'?***' if parts.query else ''}"


def _split(text: str, schemes: tuple[str, ...], *, host_needed: bool = True) -> SplitResult:
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 (raises for a port that is none)
    except ValueError:
        raise ValueError(f"must be an address that begins with {wanted}") from None
    if parts.scheme not in schemes or not text.isprintable() or " " in text or (host_needed and not parts.hostname):
        raise ValueError(f"must be an address that begins with {wanted}")
    return parts


def _named_key(item: str) -> NamedKey:
    key_id, colon, encoded = item.partition(":")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not colon or not KEY_ID.fullmatch(key_id) or len(raw) != KEY_BYTES:
        raise ValueError(f"must be a list of id:key separated by commas, each key {KEY_BYTES} bytes in base64")
    return NamedKey(key_id=key_id, key=Secret(encoded))
