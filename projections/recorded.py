"""An event as it lies in the log, and the error when these projections cannot fold it.

Bodies are read by narrow structs that name only the fields a projection needs; the parser walks over the rest. That
is some thirty times less work than the whole event. `verify` reads the whole.
"""

from typing import TypeAlias
from uuid import UUID

Recorded: TypeAlias = tuple[int, UUID, int, str, bytes]
"""Position in the log, stream, version in the stream, topic, body (JSON)."""


class BadEvent(Exception):
    """The log holds an event that cannot be folded. The projection stops in front of it; nothing is ever skipped."""

    def __init__(self, recorded: Recorded, why: str) -> None:
        self.position, self.stream_id, self.version, self.topic, _ = recorded
        super().__init__(
            f"event {self.position} ({self.topic}, stream {self.stream_id}, version {self.version}): {why}"
        )
