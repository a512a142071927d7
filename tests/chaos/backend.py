"""The Kyrios backend of a trial: carries out the plan in time, and repeats every command that was not answered."""

import threading
import time

from eventsourcing.persistence import PersistenceError
from psycopg import OperationalError
from sqlalchemy.exc import SQLAlchemyError

from domain.refusals import ConcurrentChange
from services.bootstrap import Engine
from tests.chaos.owner import move_gate
from tests.chaos.plan import Gate, Plan, Queue, Step, Void
from tests.world import BACKEND

AGAIN_AFTER = 0.2
PATIENCE = 60.0


class Backend:
    """Carries out a plan within so many seconds; what it cannot bring about in a minute is raised."""

    def __init__(self, engine: Engine, plan: Plan, seconds: float) -> None:
        self._engine, self._plan, self._seconds = engine, plan, seconds
        self._pause = threading.Event()

    def run(self) -> None:
        """Issue, revise, void, close and open gates, each at its time."""
        began = time.monotonic()
        for place, step in self._plan.steps:
            self._pause.wait(max(0.0, began + place * self._seconds - time.monotonic()))
            self._insist(step)

    def _insist(self, step: Step) -> None:
        """Repeat the command until it is answered; a repeated one changes nothing twice."""
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                self._carry_out(step)
            except (PersistenceError, OperationalError, SQLAlchemyError, ConcurrentChange):
                if time.monotonic() > ends:
                    raise
                self._pause.wait(AGAIN_AFTER)
            else:
                return

    def _carry_out(self, step: Step) -> None:
        match step:
            case Queue(issued):
                receipts = self._engine.queue_invoices(issued, BACKEND)
                refused = [receipt for receipt in receipts if receipt.result == "refused"]
                assert not refused, f"refused: {refused[0]}"
            case Void(account_id, invoice_id):
                self._engine.void_invoice(account_id, invoice_id, BACKEND)
            case Gate(account_id, opened):
                move_gate(self._engine, account_id, opened=opened)
