"""Change settings: the account's own choices beside accounts and taxes, such as `sync_from`."""

from domain import connection as connections
from domain.event import Actor
from services.set_up.ground import Ground


class ChangeSettings:
    """Takes new values of settings."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def change(self, account_id: str, name: str, value: str, actor: Actor) -> None:
        """Set one of the account's settings."""
        self._ground.change(account_id, lambda state, at: connections.change_setting(state, name, value, at), actor)
