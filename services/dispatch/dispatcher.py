"""The dispatcher: `look_at` does the next piece of work of a connection, `recover` frees what died.

Any number of threads and processes may call both at any time; the lane's row and the entries' leases keep order.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import PersistenceError

from adapters.event_store.outbox import LeaseLost
from adapters.event_store.writes import FinishedDelivery, Heard
from adapters.xero.answers import RateHeaders
from adapters.xero.errors import NoToken, NotSent, XeroError
from adapters.xero.session import XeroSession
from domain.breaker import Evidence, is_probe
from domain.budget import Budget
from domain.connection import Connection
from services.dispatch import trouble
from services.dispatch.all_lanes import AllLanes
from services.dispatch.claim import Claim
from services.dispatch.kind import Answered, Outcome, Unclear, Unsearched, Withheld
from services.dispatch.lane_work import FencePassed, Stopping, Timing, Work, fence
from services.dispatch.record import REFUSED_ONCE, Record
from services.dispatch.recovery import Recovery
from services.dispatch.trouble import Trouble
from services.lost_connection import LostConnection

LOG: Final = logging.getLogger(__name__)


class Dispatcher:
    """Carries entries of all kinds to Xero."""

    def __init__(
        self,
        recovery: Recovery,
        claim: Claim,
        record: Record,
        lost: LostConnection,
        session_of: Callable[[Connection], XeroSession],
        ring: Callable[[UUID], None],
        all_lanes: AllLanes,
        timing: Timing,
        budget: Budget,
        new_id: Callable[[], UUID],
        stopping: threading.Event,
    ) -> None:
        """Once `stopping` is set nothing is claimed, and what is claimed and not yet sent is given back."""
        self._stopping = stopping
        self._all_lanes, self._budget = all_lanes, budget
        self._recovery, self._claim, self._record = recovery, claim, record
        self._lost, self._session_of, self._ring = lost, session_of, ring
        self._timing, self._new_id = timing, new_id

    def look_at(self, connection_id: UUID) -> bool:
        """Do the next piece of work of this connection, if there is any; rings again, as there may be more."""
        if self._stopping.is_set():
            return False
        work = self._claim.to_send(connection_id) or self._claim.to_look_up(connection_id)
        if work is None:
            return False
        if len(work.items) == work.kind.most_entries:
            self._ring(connection_id)
        try:
            self._carry_out(work)
        except FencePassed:
            LOG.warning("delivery %s came too late to the wire; its lease runs out", work.delivery_id)
        except LeaseLost:
            LOG.warning("delivery %s lost its lease; another worker owns its entries", work.delivery_id)
        self._ring(connection_id)
        return True

    def recover(self, connection_id: UUID) -> int:
        """Free what workers of this connection held that never reported back; returns how many entries."""
        return self._recovery.recover(connection_id)

    def _carry_out(self, work: Work[Any]) -> None:
        try:
            answered = self._call(work)
        except Stopping:
            self._give_back(work)
            return
        except XeroError as error:
            if isinstance(error, NoToken) and (self._stopping.is_set() or _waits_for_tokens(work, error)):
                self._give_back(work)
            else:
                self._record_trouble(work, error)
            return
        except (FencePassed, PersistenceError):
            raise
        except Exception as error:
            if work.body is not None:
                raise
            self._record_broken_search(work, error)
            return
        finished = FinishedDelivery(
            delivery_id=work.delivery_id,
            outcome="answered",
            http_status=answered.status or None,
            xero_correlation_id=answered.correlation_id,
        )
        # A search that is answered says nothing about sending; only what was sent closes the breaker of sends.
        heard = self._heard(work, answered.rates, "answers" if work.body is None else "served")
        outcomes = answered.outcomes if work.body is not None else [_told(one) for one in answered.outcomes]
        self._record.outcomes(work, outcomes, finished, heard)
        self._all_lanes.answered(work.probe, answered.rates.app_left)

    def _heard(
        self,
        work: Work[Any],
        rates: RateHeaders,
        evidence: Evidence,
        met: Trouble | None = None,
        *,
        not_sent: bool = False,
    ) -> Heard:
        return Heard(
            connection_id=work.connection_id,
            books=work.admission.books,
            call=work.admission.call,
            in_flight=work.admission.in_flight,
            evidence=evidence,
            min_left=rates.min_left,
            day_left=rates.day_left,
            silent=met is None and rates.min_left is None and rates.day_left is None,
            window=self._budget.window,
            pause=met.pause if met else None,
            pause_for=met.pause_for if met else None,
            limit=met.limit if met else None,
            returned=work.unused if not_sent else None,
        )

    def _call(self, work: Work[Any]) -> Answered:
        session = self._session_of(work.connection).heard_by(work.hear)
        subjects = [item.subject for item in work.items]
        sent = [item.sent for item in work.items]
        check = fence(work.began, self._timing, self._stopping)
        if work.body is None:
            return work.kind.search(session, subjects, sent, check)
        return work.kind.send(session, work.body, work.delivery_id, subjects, sent, check)

    def _give_back(self, work: Work[Any]) -> None:
        """Nothing was sent: another process may go on at once, and neither an attempt nor a call was used."""
        outcome: Outcome = Unclear() if work.body is None else Withheld(cause="", counts=False, after=0.0)
        finished = FinishedDelivery(delivery_id=work.delivery_id, outcome="given_back")
        admission = work.admission
        heard = Heard(
            connection_id=work.connection_id, books=admission.books, call=admission.call, returned=work.unused
        )
        self._record.outcomes(work, [outcome] * len(work.items), finished, heard)
        self._all_lanes.given_back(work.probe)

    def _record_broken_search(self, work: Work[Any], error: Exception) -> None:
        """The search broke on our side: it counts against what was searched for, not against Xero."""
        LOG.error("delivery %s cannot search: %s", work.delivery_id, type(error).__name__, exc_info=True)
        outcomes = trouble.unsearched(len(work.items), self._new_id, _spoiled(work), spoils=True)
        finished = FinishedDelivery(delivery_id=work.delivery_id, outcome="search_broke")
        heard = Heard(connection_id=work.connection_id, books=work.admission.books, call=work.admission.call)
        self._record.outcomes(work, outcomes, finished, heard)
        self._all_lanes.given_back(work.probe)

    def _record_trouble(self, work: Work[Any], error: XeroError) -> None:
        LOG.warning("delivery %s got no good answer: %s", work.delivery_id, error)
        self._lost.hear(work.connection, error)
        entries = len(work.items)
        if work.body is None:
            again = any(item.entry.searching for item in work.items)
            resting = is_probe(work.admission.failures_in_row)
            met = trouble.of_search(error, entries, self._new_id, _spoiled(work), again=again, resting=resting)
        else:
            tries = min(item.entry.attempts for item in work.items)
            before = any(item.entry.cause == REFUSED_ONCE for item in work.items)
            met = trouble.of_send(error, entries, self._timing.quiet, self._new_id, tries, before)
        finished = FinishedDelivery(
            delivery_id=work.delivery_id,
            outcome=met.word,
            http_status=error.status,
            xero_correlation_id=error.correlation_id or None,
        )
        heard = self._heard(work, error.rates, met.evidence, met, not_sent=isinstance(error, NotSent))
        self._record.outcomes(work, met.outcomes, finished, heard)
        self._all_lanes.failed(work.connection_id, work.probe, error, met.evidence)


def _waits_for_tokens(work: Work[Any], error: XeroError) -> bool:
    """Another process refreshes the tokens, and nothing was sent: the next claim knows of it beforehand."""
    return error.code == "refresh_elsewhere" and not work.reached_xero


def _spoiled(work: Work[Any]) -> int:
    """How many searches in a row each of these entries may have spoiled."""
    return min(item.entry.searches for item in work.items)


def _told(outcome: Outcome) -> Outcome:
    """What a search that was answered says of one entry; if it is not clear, that is the entry's own doing."""
    return Unsearched(spoiled=True, alone=True) if isinstance(outcome, Unclear) else outcome
