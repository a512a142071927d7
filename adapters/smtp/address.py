"""Where the mail server is and how it is spoken to: `smtp://`, `smtps://` or `smtp+starttls://user:password@host:port`."""

import ipaddress
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

import msgspec

from adapters.vault.secret import Secret

Security = Literal["none", "tls", "starttls"]

_SCHEMES: Final[dict[str, tuple[Security, int]]] = {
    "smtp": ("none", 25),
    "smtps": ("tls", 465),
    "smtp+starttls": ("starttls", 587),
}


class ServerAddress(msgspec.Struct, frozen=True, eq=False):
    """One mail server: host and port, whether and when the connection is encrypted, and who we are to it."""

    host: str
    port: int
    security: Security = "none"
    user: str = ""
    password: Secret | None = None


def server_address(url: str) -> ServerAddress:
    """Read an address; ValueError with what is wanted if it is none. No message repeats it: it may hold a password."""
    wanted = "must be smtp://host:port, smtps://… or smtp+starttls://user:password@host:port"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(wanted) from None
    plain = url.isprintable() and url.isascii() and " " not in url
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(wanted)
    if not plain:
        raise ValueError("must be ASCII without blanks; write others as %20 and the like")
    security, usual = _SCHEMES[parts.scheme]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if password and security == "none" and not _is_loopback(parts.hostname):
        raise ValueError("must be smtps:// or smtp+starttls://, or the password could be read on its way")
    return ServerAddress(parts.hostname, port or usual, security, user, Secret(password) if password else None)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
