"""What Xero's webhooks say, once their signature is checked. Pure.

Xero's page on webhooks: the header x-xero-signature holds base64 of the HMAC-SHA256 of the raw body, made with the
webhook key as the text it is.
"""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from adapters.vault.secret import Secret
from adapters.xero.fields import moment

SIGNATURE: Final = b"x-xero-signature"
"""The header, in lower case."""


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that changed; whatever is missing reads as empty. Nothing is to be concluded from it but that."""

    tenant_id: str = ""
    event_category: str = ""
    event_date_utc: str = ""

    @property
    def happened_at(self) -> datetime | None:
        """Xero's time of the change (UTC, though it is written without a zone); None if it cannot be read."""
        return moment(self.event_date_utc)


class _Body(msgspec.Struct, frozen=True):
    events: list[WebhookEvent] = []


def is_signed(body: bytes, signature: bytes, keys: Sequence[Secret]) -> bool:
    """Whether one of these keys signed these very bytes. Compared as bytes, in the same time whatever is given."""
    made = (b64encode(hmac.digest(key.reveal().encode(), body, sha256)) for key in keys)
    return any(hmac.compare_digest(one, signature) for one in made)


def read_events(body: bytes) -> tuple[WebhookEvent, ...]:
    """The events of a body whose signature was right; none if it cannot be read."""
    try:
        return tuple(msgspec.json.decode(body, type=_Body).events)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ()
