"""Recording: outcome events and entry states in one transaction, guarded by the lease.

If an aggregate moved meanwhile, everything is read and decided again; nothing is ever half recorded. An answer in hand
is worth waiting for a database that restarts: without it, Xero would have to be searched.
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
from eventsourcing.persistence import InterfaceError, OperationalError

from adapters.event_store.outbox import LeasedEntry
from adapters.event_store.store import EventStore
from adapters.event_store.writes import Closed, FinishedDelivery, Heard, Reopened, SealedAnswer, Writes
from adapters.vault.account_keys import AccountKeys
from domain.causes import UNFOUND, Cause, told_to_support
from domain.event import ENGINE, Event, Moment
from domain.invoice_identity import identities_of
from domain.poison import fate_after_search, fate_after_tries
from domain.refusals import ConcurrentChange
from domain.retry import exhausted, wait_before, wait_before_search
from services.dispatch.deaths import KILLED_ITS_WORKER
from services.dispatch.kind import (
    Absent,
    DoubtingKind,
    Outcome,
    RecallingKind,
    Refused,
    Saved,
    Unclear,
    Unsearched,
    Withheld,
)
from services.dispatch.lane_work import Item, Work

LOG: Final = logging.getLogger(__name__)
TRIES: Final = 10
DATABASE_WAIT: Final = 0.2
DATABASE_PATIENCE: Final = 10.0
"""Seconds between two tries to reach the database, and after which no further one is begun."""
WHOLE_REQUEST_REFUSED: Final = "request_refused"
"""What is noted on an entry that ends once a search finds that it is not in Xero."""
_WITHOUT_AN_ANSWER: Final = ("retries_exhausted", UNFOUND.code)
REFUSED_ONCE: Final = "request_refused_once"
"""What is noted, until it ends, on an entry that was refused alone and is to have one more try."""


class Ended(msgspec.Struct, kw_only=True):
    """What one work comes to, collected before it is written; `chance` is that of all that is to be tried again."""

    events: list[Event] = msgspec.field(default_factory=list)
    closed: list[Closed] = msgspec.field(default_factory=list)
    reopened: list[Reopened] = msgspec.field(default_factory=list)
    answers: list[SealedAnswer] = msgspec.field(default_factory=list)
    activity: bool = False
    chance: float = 0.0


class Record:
    """Records what came of a work."""

    def __init__(
        self,
        store: EventStore,
        keys: AccountKeys,
        new_id: Callable[[], UUID],
        chance: Callable[[], float],
        wait: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        support_told: bool = False,
    ) -> None:
        """`support_told`: whether support gets mails of what goes wrong."""
        self._store, self._keys, self._support_told = store, keys, support_told
        self._new_id, self._chance, self._wait = new_id, chance, wait
        self._monotonic = monotonic

    def outcomes(self, work: Work[Any], outcomes: Sequence[Outcome], finished: FinishedDelivery, heard: Heard) -> None:
        """Write one outcome per entry. Raises LeaseLost, with nothing written, if another worker took over."""
        patience_ends = self._monotonic() + DATABASE_PATIENCE
        for attempt in range(TRIES):
            try:
                self._write(work, outcomes, finished, heard)
            except ConcurrentChange:
                if attempt == TRIES - 1:
                    raise
            except (InterfaceError, OperationalError) as error:
                if attempt == TRIES - 1 or self._monotonic() >= patience_ends:
                    raise
                LOG.warning("delivery %s waits for the database: %s", work.delivery_id, type(error).__name__)
                self._wait(DATABASE_WAIT)
            else:
                return

    def _write(self, work: Work[Any], outcomes: Sequence[Outcome], finished: FinishedDelivery, heard: Heard) -> None:
        ended = self._decide(work, outcomes)
        answered = work.body is not None and finished.http_status is not None
        writes = Writes(
            closed=ended.closed,
            reopened=[msgspec.structs.replace(one, answered=answered) for one in ended.reopened],
            answers=ended.answers,
            identities=identities_of(ended.events),
            activity_of=work.connection_id if ended.activity else None,
            finished_delivery=finished,
            heard=heard,
        )
        self._store.append(ended.events, writes)

    def _decide(self, work: Work[Any], outcomes: Sequence[Outcome]) -> Ended:
        with self._store.begin() as tx:
            now = work.kind.reload(tx, [item.subject for item in work.items])
            if work.body is None and isinstance(work.kind, DoubtingKind):
                outcomes = work.kind.doubted(tx, now, outcomes)
            at = Moment(
                now=tx.now(),
                actor=ENGINE,
                correlation_id=self._new_id(),
                causation_id=work.delivery_id,
                new_id=self._new_id,
            )
        outcomes = self._parted(work, outcomes)
        # One chance for all: what went together goes together again, unless it is parted.
        ended = Ended(chance=self._chance())
        if isinstance(work.kind, RecallingKind):
            now = [work.kind.recalled(known, item.sent) for known, item in zip(now, work.items, strict=True)]
        for item, subject, outcome in zip(work.items, now, outcomes, strict=True):
            self._one(work, msgspec.structs.replace(item, subject=subject), outcome, at, ended)
        return ended

    def _parted(self, work: Work[Any], outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """What was sent too often in vain goes on apart, unless it does already."""
        together = len(work.items)
        tries = max((item.entry.attempts for item in work.items), default=0)
        if work.body is None or fate_after_tries(tries, together) != "part":
            return outcomes
        halves = self._new_id(), self._new_id()
        return [_in_group(one, halves[place >= together // 2]) for place, one in enumerate(outcomes)]

    def _one(self, work: Work[Any], item: Item[Any], outcome: Outcome, at: Moment, ended: Ended) -> None:
        match outcome:
            case Saved():
                self._saved(work, item, outcome, at, ended)
            case Refused():
                self._refused(work, item, outcome, at, ended)
            case Absent():
                self._absent(work, item, at, ended)
            case Unclear():
                self._unclear(work, item, outcome, at, ended)
            case Unsearched():
                self._unsearched(work, item, outcome, at, ended)
            case Withheld():
                self._withheld(work, item, outcome, at, ended)

    def _saved(self, work: Work[Any], item: Item[Any], outcome: Saved, at: Moment, ended: Ended) -> None:
        leaving, organisation = work.leaving, work.connection.organisation_id
        assert organisation is not None or leaving, "nothing is sent before an organisation is chosen"
        adopted = work.body is None
        ended.events += work.kind.saved(item.subject, outcome, item.sent, adopted, organisation or "", at)
        ended.closed.append(work.close(item, "DONE"))
        ended.activity |= not leaving

    def _refused(self, work: Work[Any], item: Item[Any], outcome: Refused, at: Moment, ended: Ended) -> None:
        answer_ref = None
        if outcome.words:
            answer_ref = self._new_id()
            ended.answers.append(self._answer(work, item, answer_ref, outcome.words))
        elif item.entry.cause == WHOLE_REQUEST_REFUSED:
            answer_ref = self._refusal_ref(work, item)
        ended.events += self._failed(work, item, outcome.cause, answer_ref, at)
        ended.closed.append(work.close(item, "CONFLICT" if outcome.conflict else "REJECTED", outcome.cause.code))
        ended.activity = True

    def _unclear(self, work: Work[Any], item: Item[Any], outcome: Unclear, at: Moment, ended: Ended) -> None:
        organisation = work.connection.organisation_id
        ended.events += work.kind.unclear(item.subject, item.sent.delivery_id, organisation, at)
        group = outcome.group or item.entry.group
        ended.reopened.append(
            work.reopen(
                item,
                "AMBIGUOUS",
                outcome.after,
                group=group,
                cause=_noted(work, item, outcome),
                tried_alone=work.sent_alone,
                search="none",
                search_group=item.entry.search_group,
            )
        )
        if outcome.words:
            ended.answers.append(self._answer(work, item, self._refusal_ref(work, item), outcome.words))

    def _unsearched(self, work: Work[Any], item: Item[Any], outcome: Unsearched, at: Moment, ended: Ended) -> None:
        """Not searched: it stays unknown whether it is there, for good if that went on for too long."""
        entry = item.entry
        spoiled = entry.searches + outcome.spoiled
        if outcome.alone and fate_after_search(spoiled, entry.searching, 1) == "end":
            self._give_up(work, item, UNFOUND, None, at, ended)
            return
        ended.reopened.append(
            work.reopen(
                item,
                "AMBIGUOUS",
                wait_before_search(spoiled, entry.searching, ended.chance),
                group=entry.group,
                cause=entry.cause,
                search="spoiled" if outcome.spoiled else "failed",
                search_group=outcome.group or entry.search_group,
            )
        )

    def _absent(self, work: Work[Any], item: Item[Any], at: Moment, ended: Ended) -> None:
        """Searched and not there: send again under a new key, unless it was refused alone or tried too often."""
        entry = item.entry
        if entry.cause == WHOLE_REQUEST_REFUSED:
            self._give_up(work, item, Cause("rejected_by_xero"), self._refusal_ref(work, item), at, ended)
            ended.activity = True
        elif entry.cause == KILLED_ITS_WORKER:
            self._give_up(work, item, Cause(KILLED_ITS_WORKER), None, at, ended)
        elif exhausted(entry.attempts_alone, entry.trying):
            self._give_up(work, item, _exhausted(entry.trying), None, at, ended)
        else:
            organisation = work.connection.organisation_id
            ended.events += work.kind.absent(item.subject, item.sent.delivery_id, organisation, at)
            ended.reopened.append(work.reopen(item, "PENDING", group=entry.group, cause=_kept(entry)))

    def _withheld(self, work: Work[Any], item: Item[Any], outcome: Withheld, at: Moment, ended: Ended) -> None:
        entry, tried_alone = item.entry, outcome.counts and work.sent_alone
        # A wait that was told to us ends by itself; anything else ends at last, even if it uses up no attempt.
        if outcome.after is None and exhausted(entry.attempts_alone + tried_alone, entry.trying):
            self._give_up(work, item, _exhausted(entry.trying), None, at, ended)
            return
        after = wait_before(entry.attempts, ended.chance) if outcome.after is None else outcome.after
        cause = _kept(entry) or outcome.cause
        ended.reopened.append(
            work.reopen(
                item,
                "PENDING",
                after,
                give_back_attempt=not outcome.counts,
                tried_alone=tried_alone,
                group=outcome.group or entry.group,
                cause=cause,
            )
        )

    def _give_up(
        self, work: Work[Any], item: Item[Any], cause: Cause, answer_ref: UUID | None, at: Moment, ended: Ended
    ) -> None:
        ended.events += self._failed(work, item, cause, answer_ref, at)
        ended.closed.append(work.close(item, "DEAD" if cause.code in _WITHOUT_AN_ANSWER else "REJECTED", cause.code))

    def _failed(
        self, work: Work[Any], item: Item[Any], cause: Cause, answer_ref: UUID | None, at: Moment
    ) -> list[Event]:
        return work.kind.failed(
            item.subject,
            told_to_support(cause) if self._support_told else cause,
            item.entry.attempts,
            item.sent.delivery_id,
            answer_ref,
            work.connection.organisation_id,
            at,
        )

    def _refusal_ref(self, work: Work[Any], item: Item[Any]) -> UUID:
        """Where the words of a refusal are kept that is final only if the search finds nothing."""
        return uuid5(item.sent.delivery_id, f"refusal/{work.kind.place(item.subject)[0]}")

    def _answer(self, work: Work[Any], item: Item[Any], answer_ref: UUID, words: Sequence[str]) -> SealedAnswer:
        """Xero's own words about a subject, sealed."""
        stream, account_id = work.kind.place(item.subject)
        text = msgspec.json.encode(list(words))
        sealed = self._keys.get(account_id).seal("answer_text", str(answer_ref), 1, text)
        return SealedAnswer(answer_id=answer_ref, stream_id=stream, account_id=account_id, sealed=sealed)


def _in_group(outcome: Outcome, group: UUID) -> Outcome:
    """The outcome of an entry that goes on in this group, if it was tried in vain and has none of its own."""
    if isinstance(outcome, Unclear) or (isinstance(outcome, Withheld) and outcome.counts):
        return msgspec.structs.replace(outcome, group=outcome.group or group)
    return outcome


def _noted(work: Work[Any], item: Item[Any], outcome: Unclear) -> str:
    """What is known of a send whose outcome is not; a search that went wrong leaves it as it was."""
    if outcome.refused_alone:
        return WHOLE_REQUEST_REFUSED
    if outcome.refused_once:
        return REFUSED_ONCE
    return item.entry.cause if work.body is None else _kept(item.entry)


def _kept(entry: LeasedEntry) -> str:
    """What stays noted whatever happens to an entry before its end, lest it have its second try over and over."""
    return entry.cause if entry.cause == REFUSED_ONCE else ""


def _exhausted(trying: float) -> Cause:
    return Cause("retries_exhausted", facts={"time": f"{trying / 3600:.1f} hours"})
