"""The closed registry of stored event types: topic = class name and version.

A topic, once stored, stays here for ever; an old shape keeps its class, named with its version, and a pure upcaster.
"""

from typing import Final

from domain import alerts, connection, contact_link, contact_sync, invoice
from domain.event import Event

EVENT_TYPES: Final[tuple[type[Event], ...]] = (
    *connection.EVENTS,
    *invoice.EVENTS,
    *contact_link.EVENTS,
    *contact_sync.EVENTS,
    *alerts.EVENTS,
)

TOPICS: Final[dict[str, type[Event]]] = {f"{event_type.__name__}.1": event_type for event_type in EVENT_TYPES}
TOPIC_OF: Final[dict[type[Event], str]] = {event_type: topic for topic, event_type in TOPICS.items()}
