"""Disconnect: the owner ends the connection. Mappings, links and the queue stay."""

from domain import connection as connections
from domain.event import Actor
from services.set_up.ground import Ground


class Disconnect:
    """Ends connections."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def by_user(self, account_id: str, actor: Actor) -> bool:
        """End the connection; mappings, links and the queue stay. False if there was nothing to end.

        One that ended for another reason is ended by its user now: the organisation that was kept for it is free.
        """
        events = self._ground.change(account_id, lambda state, at: connections.disconnect(state, "user", {}, at), actor)
        return bool(events)
