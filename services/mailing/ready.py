"""A mail in our hands: written, leased, and not yet given to the server."""

from typing import Final
from uuid import UUID

import msgspec

from adapters.event_store.mails import Mail
from adapters.smtp.server import TAKEN_WITHIN

LONGEST_SEND: Final = TAKEN_WITHIN + 60.0
LEASE: Final = LONGEST_SEND + 90.0
"""Seconds that are left for the message itself once all else is said, and that a mail belongs to its worker."""


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in our hands: to whom, and the bytes. `began` by the monotonic clock: from then on it was ours."""

    mail: Mail
    token: UUID
    to: str
    content: bytes
    message_id: str
    began: float
