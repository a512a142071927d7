"""One signed POST as Xero sends it, and what is wrong with an answer: it must be quick, bare and without a body."""

import base64
import hashlib
import hmac
import http.client
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

PATIENCE = 5.0
"""Seconds an answer may take (Xero's page on webhooks)."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of a POST: the status (None: no answer), and what is wrong with the answer, if anything."""

    status: int | None
    wrong: str = ""


def signature_of(body: bytes, key: str) -> str:
    """Base64 of the HMAC-SHA256 of the body; the key is used as the text it is."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def post(url: str, body: bytes, signature: str) -> Posted:
    """Send, and judge the answer."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = kind(parts.netloc, timeout=PATIENCE)
    began = time.monotonic()
    try:
        headers = {"Content-Type": "application/json", "x-xero-signature": signature}
        line.request("POST", parts.path or "/", body, headers)
        answer = line.getresponse()
        content, cookie = answer.read(), answer.getheader("Set-Cookie")
    except (OSError, http.client.HTTPException) as error:
        return Posted(None, f"no answer ({type(error).__name__})")
    finally:
        line.close()
    if time.monotonic() - began > PATIENCE:
        return Posted(None, "the answer took too long")
    return Posted(answer.status, _wrong(content, cookie))


def _wrong(content: bytes, cookie: str | None) -> str:
    if content:
        return "Response contains a body"
    return "Response contains cookies" if cookie else ""
