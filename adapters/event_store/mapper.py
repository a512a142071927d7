"""Events to stored rows and back: JSON by msgspec, topics from the closed registry, every row validated."""

from typing import Any, Final
from uuid import UUID

import msgspec
from eventsourcing.persistence import JSONTranscoder, Mapper, MapperDeserialisationError, StoredEvent

from domain.event import Event
from domain.topics import TOPIC_OF, TOPICS

_ENCODER: Final = msgspec.json.Encoder()


class RegistryMapper(Mapper[UUID]):
    """Maps by `domain.topics` alone: a row names no class of its own, and an unknown topic is loud, never skipped."""

    def __init__(self) -> None:
        super().__init__(transcoder=JSONTranscoder())
        self._decoders = {topic: msgspec.json.Decoder(event_type) for topic, event_type in TOPICS.items()}

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """The row of an event."""
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=TOPIC_OF[type(domain_event)],
            state=_ENCODER.encode(domain_event),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The event of a row; raises MapperDeserialisationError if the row cannot be trusted."""
        row = stored_event
        return self.event_of(row.originator_id, row.originator_version, row.topic, row.state)

    def event_of(self, stream_id: UUID | str, version: int, topic: str, state: bytes) -> Event:
        """The event of a row given by its columns; raises MapperDeserialisationError if the row cannot be trusted."""
        event = self.decode(topic, state)
        if (event.originator_id, event.originator_version) != (stream_id, version):
            raise MapperDeserialisationError(f"{topic} {stream_id}@{version}: row and body disagree")
        return event

    def decode(self, topic: str, state: bytes) -> Event:
        """The event of a stored body."""
        try:
            return self._decoders[topic].decode(state)
        except KeyError:
            raise MapperDeserialisationError(f"unknown topic {topic!r} in the event log") from None
        except msgspec.MsgspecError as error:
            raise MapperDeserialisationError(f"{topic}: {error}") from error
