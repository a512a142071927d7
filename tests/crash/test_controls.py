"""Negative controls: with one defence taken away, the same misfortune does its damage. With it, it does not.

Xero's own fence, the unique number, is off here, so that each of ours stands alone. The defences are taken away by
test subclasses; the product has no such switch.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from adapters.simulator.server import Simulator
from adapters.xero.answers import InvoicesAnswer
from adapters.xero.errors import RateLimited
from adapters.xero.session import BeforeSend, XeroSession, nothing
from services.bootstrap import Parts
from services.dispatch.claim import Claim
from services.dispatch.lane_work import Work
from services.dispatch.record import Record
from tests.crash.books import assert_in_xero_once, finish
from tests.crash.undefended import RecordsWithoutGuard, SendsAgainWithoutLookingUp, SplitsWithoutLookingUp
from tests.world import World, example_invoices, simulated_xero, world_on

pytestmark = pytest.mark.crash

COUNT = 5


@pytest.fixture
def xero(tmp_path: Path) -> Iterator[Simulator]:
    """A Xero that lets invoices share a number."""
    with simulated_xero(tmp_path, unique_numbers=False) as xero:
        yield xero


@contextmanager
def beside(world: World, parts: Parts, **more: str) -> Iterator[World]:
    """Another engine on the same database and Xero, with parts of its own."""
    home = Path(world.engine.settings.home)
    with world_on(world.xero, world.engine.database_url, home, parts, **more) as other:
        yield other


def copies(world: World) -> set[int]:
    """How often Xero holds the invoices."""
    return set(Counter(one["InvoiceNumber"] for one in world.in_xero()).values())


# ── without a look-up ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("record", "expected"), [(Record, {1}), (SendsAgainWithoutLookingUp, {2})])
def test_a_lost_answer_doubles_invoices_if_they_are_sent_again_without_a_look_up(
    world: World, record: type[Record], expected: set[int]
) -> None:
    world.queue(example_invoices(COUNT))
    world.fault("answer_lost", method="PUT", path="/Invoices")
    with beside(world, Parts(record=record)) as other:
        finish(other)
    assert copies(world) == expected
    if expected == {1}:
        assert_in_xero_once(world, COUNT)


# ── without a look-up of what was refused ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("record", "expected"), [(Record, {1}), (SplitsWithoutLookingUp, {2})])
@pytest.mark.parametrize("count", [1, COUNT])
def test_a_request_refused_whole_and_kept_doubles_invoices_if_they_are_sent_again_without_a_look_up(
    world: World, record: type[Record], expected: set[int], count: int
) -> None:
    world.queue(example_invoices(count))
    world.fault("batch_400_after", method="PUT", path="/Invoices")
    with beside(world, Parts(record=record)) as other:
        finish(other)
    assert copies(world) == expected
    if expected == {1}:
        assert_in_xero_once(world, count)


# ── without a quiet period ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("quiet", "expected"), [(3.0, {1}), (0.0, {2})])
def test_a_late_commit_doubles_invoices_if_they_are_looked_up_at_once(
    world: World, quiet: float, expected: set[int]
) -> None:
    world.queue(example_invoices(COUNT))
    late = world.fault("late_commit", method="PUT", path="/Invoices", delay=1.0)
    with beside(world, Parts()) as other:
        other.engine.timing = msgspec.structs.replace(other.engine.timing, quiet=quiet)
        other.work()
        world.wait_for_fault(late, completed=1)
        finish(other)
    assert copies(world) == expected
    if expected == {1}:
        assert_in_xero_once(world, COUNT)


# ── without the lease's guard ───────────────────────────────────────────────────────────────────────────────────────


def meanwhile(happens: Callable[[], None], late: bool, answers: Exception | None = None) -> type[XeroSession]:
    """A session whose first send is frozen while something happens: before the fence or, if `late`, after it.

    Thawed, it sends; or it meets `answers` instead of Xero.
    """
    pending = [happens]

    class Frozen(XeroSession):
        def put_invoices(
            self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing
        ) -> InvoicesAnswer:
            def stop() -> None:
                if late:
                    before_send()
                if pending:
                    pending.pop()()
                    if answers is not None:
                        raise answers
                if not late:
                    before_send()

            return super().put_invoices(body, idempotency_key, before_send=stop)

    return Frozen


RECORDERS = {
    True: Parts().recorder,
    False: f"{RecordsWithoutGuard.__module__}:{RecordsWithoutGuard.__qualname__}",
}


@pytest.mark.parametrize(("guarded", "expected"), [(True, {1}), (False, {2})])
def test_a_thawed_workers_result_doubles_invoices_if_the_lease_does_not_guard_it(
    world: World, guarded: bool, expected: set[int]
) -> None:
    """Another worker has carried the invoices to their end; the thawed one was told to try later, and writes that."""
    world.queue(example_invoices(COUNT))
    limited = RateLimited("minute", status=429, retry_after=0.0)
    session = meanwhile(lambda: finish(world), late=True, answers=limited)
    with beside(world, Parts(session=session, recorder=RECORDERS[guarded])) as frozen:
        frozen.engine.dispatcher.look_at(frozen.lane)
    states = {entry["state"] for entry in world.outbox()}
    assert states == ({"DONE"} if guarded else {"PENDING"})
    world.later(61)
    finish(world)
    assert copies(world) == expected
    if guarded:
        assert_in_xero_once(world, COUNT)


# ── without the fence ───────────────────────────────────────────────────────────────────────────────────────────────


class ClaimedLongAgo(Claim):
    """Its claims are as old as if the worker had been frozen for the length of a lease."""

    def to_send(self, connection_id: UUID) -> Work[Any] | None:
        """Claim, and let time pass."""
        work = super().to_send(connection_id)
        if work is not None:
            work.began -= self._timing.lease
        return work


def unfenced(session: type[XeroSession]) -> type[XeroSession]:
    """The same session, sending however old its lease is."""

    class Unfenced(session):  # type: ignore[misc,valid-type]
        def put_invoices(
            self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing
        ) -> InvoicesAnswer:
            answer: InvoicesAnswer = super().put_invoices(body, idempotency_key)
            return answer

    return Unfenced


@pytest.mark.parametrize(("fenced", "expected"), [(True, {1}), (False, {2})])
def test_a_thawed_workers_late_send_doubles_invoices_if_no_fence_stops_it(
    world: World, fenced: bool, expected: set[int]
) -> None:
    world.queue(example_invoices(COUNT))
    session = meanwhile(lambda: finish(world), late=False)
    parts = Parts(session=session if fenced else unfenced(session), claim=ClaimedLongAgo)
    with beside(world, parts) as frozen:
        frozen.engine.dispatcher.look_at(frozen.lane)
    assert copies(world) == expected
    if fenced:
        assert_in_xero_once(world, COUNT)
