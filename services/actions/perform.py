"""Carrying out an action on one invoice or on many, in batches; or finding out what it would do.

A batch is one transaction: it locks what may be withdrawn, loads, decides and appends. What one invoice refuses is told
of it and stops no other; what was done is not done again, so after a death the same command does the rest.
"""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from eventsourcing.persistence import IntegrityError
from sqlalchemy import Engine

from adapters.event_store import outbox, sealed_texts
from adapters.event_store.outbox import LiveEntry
from adapters.event_store.store import EventStore, Transaction
from adapters.event_store.writes import SealedAnswer
from adapters.vault.account_keys import AccountKeys
from domain import connection as connections
from domain import invoice as invoices
from domain.event import Actor, Event, Moment
from domain.refusals import ConcurrentChange, NotPossible
from domain.streams import connection_id
from services.actions.action import Action, Case
from services.actions.choice import Choosing, Chosen, Fitting, Named
from services.actions.report import Handled, Report, Result, reported
from services.handling import TRIES, Handling
from services.reasons import SealedReasons

ON_THE_WIRE: Final = ("LEASED", "AMBIGUOUS")
Progress = Callable[[int], object]
"""Told how many invoices were looked at so far."""


class Actions:
    """Carries out actions."""

    def __init__(
        self,
        store: EventStore,
        read: Engine,
        keys: AccountKeys,
        handling: Handling,
        ring: Callable[[UUID], None],
        new_id: Callable[[], UUID],
    ) -> None:
        self._store, self._handling, self._ring = store, handling, ring
        self._choosing, self._reasons = Choosing(store, read), SealedReasons(keys, new_id)

    def __call__(
        self,
        account_id: str,
        choice: Named | Fitting,
        action: Action,
        actor: Actor,
        *,
        dry_run: bool = False,
        progress: Progress = lambda _: None,
    ) -> Report:
        """Do it to all that are chosen, or with `dry_run` say what it would do. Raises InvalidInput for the choice."""
        handled: list[Handled] = []
        for portion in self._choosing.portions(account_id, choice, action):
            handled += self._batch(account_id, portion, action, actor, dry_run)
            progress(len(handled))
        return reported(account_id, action.name, handled, dry_run=dry_run)

    def on_streams(self, account_id: str, streams: Sequence[UUID], action: Action, actor: Actor) -> Report:
        """Do it to the invoices with these streams, in one batch."""
        portion = [Chosen(str(stream), stream) for stream in streams]
        return reported(account_id, action.name, self._batch(account_id, portion, action, actor, False), dry_run=False)

    def one(self, account_id: str, name: str, action: Action, actor: Actor) -> bool:
        """Do it to one invoice; False if it was so already. Raises NotPossible, ConcurrentChange."""
        (portion,) = self._choosing.portions(account_id, Named((name,)), action)
        (handled,) = self._tried(account_id, portion, action, actor, False)
        if handled.result == "refused":
            raise NotPossible(handled.why)
        return handled.result == "done"

    def _batch(
        self, account_id: str, portion: Sequence[Chosen], action: Action, actor: Actor, dry_run: bool
    ) -> list[Handled]:
        try:
            return self._tried(account_id, portion, action, actor, dry_run)
        except ConcurrentChange as moving:
            if len(portion) == 1:
                return [Handled(asked=portion[0].asked, result="refused", why=str(moving))]
            return [h for one in portion for h in self._batch(account_id, [one], action, actor, dry_run)]

    def _tried(
        self, account_id: str, portion: Sequence[Chosen], action: Action, actor: Actor, dry_run: bool
    ) -> list[Handled]:
        reason = None if dry_run or action.reason is None else self._sealed(account_id, action.reason)
        for _ in range(TRIES):
            try:
                with self._store.begin() as tx:
                    batch = _Batch(tx, account_id, action, self._handling.moment(actor), reason)
                    handled = batch.decide(portion)
                    if not dry_run:
                        batch.store(self._reasons)
            except IntegrityError:
                continue
            if (batch.events or batch.asked) and not dry_run:
                self._ring(connection_id(account_id))
            return handled
        raise ConcurrentChange(f"invoices of account {account_id} kept changing; repeat the command")

    def _sealed(self, account_id: str, reason: str) -> SealedAnswer:
        return self._reasons.seal(account_id, connection_id(account_id), reason)


class _Batch:
    """One transaction's worth of invoices."""

    def __init__(
        self, tx: Transaction, account_id: str, action: Action, at: Moment, reason: SealedAnswer | None
    ) -> None:
        self._tx, self._account_id, self._action, self._at, self._reason = tx, account_id, action, at, reason
        self.events: list[Event] = []
        self._live: list[LiveEntry] = []
        self._seen = set[UUID]()
        self._queued: list[UUID] = []
        self.asked = 0

    def decide(self, portion: Sequence[Chosen]) -> list[Handled]:
        """What becomes of each; the events are kept to be stored."""
        cases = self._cases([one.stream for one in portion if one.stream is not None])
        handled = [self._one(one, cases.get(one.stream) if one.stream else None) for one in portion]
        changed = {event.originator_id for event in self.events}
        beside = [case for stream, case in cases.items() if stream in changed]
        self.events = [*self._action.beside(self._tx, beside, self._at), *self.events]
        return handled

    def store(self, reasons: SealedReasons) -> None:
        """Append what was decided, withdraw what is not to be sent any more, and keep the reason."""
        if self._queued and self._action.asks_for_what_is_queued:
            self.asked = outbox.ask(self._tx.cursor, self._queued)
        if not self.events:
            return
        awaited = {event.originator_id: getattr(event, "awaits", "") for event in self.events}
        withdrawn = [e.id for e in self._live if e.stream_id in awaited and e.effect_key != awaited[e.stream_id]]
        if withdrawn:
            outbox.withdraw(self._tx.cursor, withdrawn, self._action.withdrawn_as)
        self._tx.append(self.events, reasons.writes([self._reason] if self._reason else []))

    def _cases(self, streams: Sequence[UUID]) -> dict[UUID, Case]:
        if self._action.withdrawn_as:
            self._live = outbox.lock_live(self._tx.cursor, streams)
        on_the_wire = {e.stream_id: e.effect_key for e in reversed(self._live) if e.state in ON_THE_WIRE}
        states, lane = self._tx.load(streams, invoices.evolve), connection_id(self._account_id)
        connection = self._tx.load([lane], connections.evolve).get(lane)
        left_out = [(stream, state.revision) for stream, state in states.items() if state.status == "dismissed"]
        texts = sealed_texts.invoice_texts(self._tx.cursor, left_out) if left_out else {}
        return {
            stream: Case(
                invoice=state,
                connection=connection,
                on_the_wire=on_the_wire.get(stream, ""),
                has_text=state.status != "dismissed" or stream in texts,
            )
            for stream, state in states.items()
        }

    def _one(self, chosen: Chosen, case: Case | None) -> Handled:
        if case is None or chosen.stream is None:
            why = chosen.why or f"account {self._account_id} has no such invoice"
            return Handled(asked=chosen.asked, result="refused", why=why)
        known = (chosen.asked, case.invoice.kyrios_invoice_id, case.invoice.document.number)
        if chosen.stream in self._seen:
            return _handled(known, "already", "named twice")
        self._seen.add(chosen.stream)
        try:
            events = self._action.decide(case, self._at, self._reason.answer_id if self._reason else None)
        except NotPossible as refusal:
            return _handled(known, "refused", str(refusal))
        self.events += events
        if not events:
            self._queued.append(chosen.stream)
            return _handled(known, "already", self._action.already)
        return _handled(known, "done", self._action.done)


def _handled(known: tuple[str, str, str], result: Result, why: str) -> Handled:
    asked, invoice_id, number = known
    return Handled(asked=asked, invoice_id=invoice_id, number=number, result=result, why=why)
