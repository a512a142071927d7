"""A lane's leave to start a call, and the token the call needs: what a claim asks for before it claims anything.

Where leave is not given now but at a known moment, an alarm is set for then.
"""

from collections.abc import Callable
from uuid import UUID

from adapters.event_store import lane_calls, whole_app
from adapters.event_store.lane_calls import Admission, Held
from adapters.event_store.store import Transaction
from adapters.vault.grants import refreshed_elsewhere
from adapters.xero.tokens import STILL_GOOD
from domain.budget import RATE_LIMITED_DAILY, Budget, Use
from domain.connection import Connection


class AnotherIsAhead(Exception):
    """All lanes rest, and another lane's call goes ahead to see whether Xero answers; nothing was claimed."""


class Leave:
    """Asks in a claim's transaction. `look_again` is told when to look again at a lane, in seconds."""

    def __init__(self, budget: Budget, lease: float, look_again: Callable[[UUID, float], object]) -> None:
        self._budget, self._lease, self._look_again = budget, lease, look_again

    def to_start(self, tx: Transaction, connection_id: UUID, use: Use) -> Admission | None:
        """The lane's leave to start a call.

        Where nothing is left of the day but the reserve, leave to send is for what a person asked for.
        """
        answer = lane_calls.admit(tx.cursor, connection_id, self._budget, use)
        if not isinstance(answer, Held):
            return answer
        if answer.look_again is not None:
            self._look_again(connection_id, answer.look_again)
        if use == "send" and answer.cause == RATE_LIMITED_DAILY:
            return self.to_start(tx, connection_id, "asked_to_send")
        return None

    def has_token(self, tx: Transaction, connection_id: UUID, connection: Connection) -> bool:
        """Whether there is a token for the call, or none keeps us from getting one.

        Nothing is claimed only to wait with it: whoever refreshes the token may be dead, and takes its lease with it.
        """
        if connection.grant_id is None:
            return True
        seconds = refreshed_elsewhere(tx.cursor, connection.grant_id, STILL_GOOD)
        if seconds is not None:
            self._look_again(connection_id, seconds)
        return seconds is None

    def take(self, tx: Transaction, admission: Admission, delivery_id: UUID) -> None:
        """Take the call from the budget, last of all: the row of the whole app is locked for no longer than that."""
        lane_calls.take(tx.cursor, admission, self._budget)
        if admission.for_all and not whole_app.take_probe(tx.cursor, delivery_id, self._lease):
            raise AnotherIsAhead
