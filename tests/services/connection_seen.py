"""What a test sees of an account's connection: its gate, and what happened to it."""

from domain.event import Event
from tests.world import World


def gate(world: World) -> str | None:
    """The gate of the account's lane, None while it has no lane."""
    with world.engine.store.cursor() as cursor:
        row = cursor.execute("SELECT gate FROM app.lane WHERE connection_id = %s", [world.lane]).fetchone()
    return None if row is None else row["gate"]


def events(world: World) -> list[Event]:
    """The connection's events."""
    return world.engine.store.events_of(world.lane)


def names(world: World) -> list[str]:
    """The names of the connection's events."""
    return [type(event).__name__ for event in events(world)]
