"""Access tokens in the shape of Xero's: a JWT with the claims a client may look at.

Signed with a secret of this ledger (HS256) where Xero signs with RS256: nobody verifies an access token but its issuer.
"""

import base64
import hashlib
import hmac
from typing import Any

from adapters.simulator.ledger.documents import Document, NotJson, decode, encode


def sign(claims: Document, secret: bytes) -> str:
    """A token that carries these claims."""
    head = _text(encode({"alg": "HS256", "typ": "JWT", "kid": "simulator"}))
    signed = f"{head}.{_text(encode(claims))}"
    return f"{signed}.{_text(_signature(signed, secret))}"


def claims_of(token: str, secret: bytes) -> Document | None:
    """The claims, or None when this ledger did not sign the token."""
    signed, _, signature = token.rpartition(".")
    if not signed or not hmac.compare_digest(_text(_signature(signed, secret)).encode(), signature.encode()):
        return None
    try:
        claims: Any = decode(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
    except (NotJson, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


def _signature(signed: str, secret: bytes) -> bytes:
    return hmac.new(secret, signed.encode(), hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
