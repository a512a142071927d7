"""The Kyrios backend of a trial: carries out the plan in time, and repeats every command that was not answered.

What accounts' owners and Xero do in the middle of a trial is part of the plan, and is carried out here, too.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from eventsourcing.persistence import PersistenceError
from psycopg import OperationalError
from sqlalchemy.exc import SQLAlchemyError

from adapters.xero.errors import XeroError
from domain import invoice as invoices
from domain.invoice_events import InvoiceSynced
from domain.refusals import ConcurrentChange, NotPossible
from domain.streams import invoice_stream
from services.bootstrap import Engine
from services.intake import IssuedInvoice
from tests.chaos import fire
from tests.chaos.owner import connect_again, move_gate
from tests.chaos.plan import Away, Back, Gate, Plan, Queue, Step, Void
from tests.chaos.topology import SimulatorProcess
from tests.world import BACKEND, OWNER

AGAIN_AFTER = 0.2
PATIENCE = 60.0
MOST_READ = 100_000
WITNESSED_WITHIN = 15.0
"""Seconds in which what was issued for others should be through while one organisation is away; and seconds after
which they are said to stand still if nothing of theirs is: an invoice may have trouble of its own."""


class NotThereYet(Exception):
    """Something has to be tried, or looked at, again."""


class Backend:
    """Carries out a plan within so many seconds; what it cannot bring about in a minute is raised."""

    def __init__(self, engine: Engine, plan: Plan, seconds: float, xero: SimulatorProcess) -> None:
        self._engine, self._plan, self._seconds, self._xero = engine, plan, seconds, xero
        self._pause, self._offline, self._since = threading.Event(), 0, 0
        self.stood_still: list[str] = []
        self.met_offline = 0

    def run(self) -> None:
        """Issue, revise, void, close and open gates, go and come back, each at its time."""
        began = time.monotonic()
        for place, step in self._plan.steps:
            self._pause.wait(max(0.0, began + place * self._seconds - time.monotonic()))
            if isinstance(step, Back):
                self._witness(step)
            self._insist(partial(self._carry_out, step))

    def try_again(self) -> None:
        """What ended as unfound is tried again, now that Xero can be searched for it."""
        for one in self._plan.invoices:
            if one.fate == "unfound":
                with suppress(NotPossible):  # it did not end: that is for the checkers to say
                    self._insist(
                        partial(self._engine.retry_invoice, one.organisation.account_id, one.invoice_id, OWNER)
                    )

    def _insist(self, act: Callable[[], object], patience: float = PATIENCE) -> None:
        """Repeat the command until it is answered; a repeated one changes nothing twice."""
        ends = time.monotonic() + patience
        while True:
            try:
                act()
            except (PersistenceError, OperationalError, SQLAlchemyError, ConcurrentChange, XeroError, NotThereYet):
                if time.monotonic() > ends:
                    raise
                self._pause.wait(AGAIN_AFTER)
            else:
                return

    def _witness(self, back: Back) -> None:
        for issued in back.witnesses:
            try:
                with suppress(NotThereYet):
                    self._insist(partial(self._is_synced, issued), WITNESSED_WITHIN)
                    continue
                self._insist(self._mark)
                self._insist(partial(self._goes_on, issued), WITNESSED_WITHIN)
            except NotThereYet:
                away = f"while {back.away.organisation.account_id} was {back.away.how}"
                self.stood_still.append(f"invoice {issued.invoice_id} was not synced, nor any of its account, {away}")

    def _is_synced(self, issued: IssuedInvoice) -> None:
        known = self._engine.store.load(invoice_stream(issued.account_id, issued.invoice_id), invoices.evolve)
        if known is None or known.status != "synced":
            raise NotThereYet

    def _mark(self) -> None:
        self._since = self._engine.store.head()

    def _goes_on(self, issued: IssuedInvoice) -> None:
        of_account = [one for one in self._plan.invoices if one.organisation.account_id == issued.account_id]
        streams = {invoice_stream(issued.account_id, one.invoice_id) for one in of_account}
        news = self._engine.store.read_log(self._since, MOST_READ)
        if not any(isinstance(event, InvoiceSynced) and event.originator_id in streams for _, event in news):
            raise NotThereYet

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
            case Away(organisation, "offline"):
                self._offline = fire.take_offline(self._xero.control, organisation.tenant_id)
            case Away(organisation, "disconnected"):
                self._engine.set_up.disconnect(organisation.account_id, OWNER)
            case Back(Away(organisation, "offline")):
                self.met_offline += fire.bring_back(self._xero.control, self._offline)
            case Back(Away(organisation, "disconnected")):
                if not connect_again(self._engine, self._xero.control_url, organisation):
                    raise NotThereYet
