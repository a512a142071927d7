"""Change settings: the account's own choices beside accounts and taxes, such as `sync_from`."""

from domain import connection as connections
from domain.event import Actor
from domain.foreseen import Foreseen, foreseen
from domain.references import NOTHING_READ
from services.set_up.ground import Ground


class ChangeSettings:
    """Takes new values of settings."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def change(self, account_id: str, name: str, value: str, actor: Actor) -> None:
        """Set one of the account's settings."""
        self._ground.change(account_id, lambda state, at: connections.change_setting(state, name, value, at), actor)

    def foreseen(self, account_id: str, name: str, value: str, actor: Actor) -> Foreseen:
        """What this value would stop, by what Xero last said; nothing is changed."""
        known, at = self._ground.find(account_id), self._ground.moment(actor)
        return foreseen(known, name, value, self._ground.references(account_id) if known else NOTHING_READ, at)
