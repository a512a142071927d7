"""A process dies while it takes invoices on: before the commit (C1), around it (C2), before the doorbell (C3)."""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
import pytest
from eventsourcing.persistence import InterfaceError, OperationalError, StoredEvent
from eventsourcing.utils import retry

from adapters.event_store.recorder import OutboxRecorder
from services.bootstrap import Parts
from services.intake import IssuedInvoice
from tests.crash.books import assert_in_xero_once, finish
from tests.crash.conftest import StartChild
from tests.world import World, example_invoices, world_on

pytestmark = pytest.mark.crash

COUNT = 6


def commands() -> list[IssuedInvoice]:
    """The same commands as the child's."""
    return [msgspec.structs.replace(one, command_id=f"command-{one.invoice_id}") for one in example_invoices(COUNT)]


def test_a_death_before_the_commit_leaves_nothing_and_the_repeated_command_is_accepted(
    world: World, child: StartChild
) -> None:
    before = world.engine.store.head()
    dying = child("before_commit", "queue", COUNT)
    dying.wait_at("before_commit")
    dying.kill()
    assert world.outbox() == []
    assert world.engine.store.head() == before
    assert world.queue(commands()) == ["accepted"] * COUNT
    finish(world)
    assert_in_xero_once(world, COUNT)


def test_a_death_after_the_commit_loses_nothing_and_the_repeated_command_is_known(
    world: World, child: StartChild
) -> None:
    dying = child("after_commit", "queue", COUNT)
    dying.wait_at("after_commit")
    dying.kill()
    assert world.queue(commands()) == ["known"] * COUNT
    finish(world)
    assert_in_xero_once(world, COUNT)


def test_a_death_before_the_doorbell_is_repaired_by_the_sweeper(world: World, child: StartChild) -> None:
    dying = child("doorbell", "queue", COUNT)
    dying.wait_at("doorbell")
    dying.kill()
    world.rung.clear()
    world.engine.sweeper.sweep()
    assert world.rung == [world.lane]
    world.work()
    assert_in_xero_once(world, COUNT)


class LosesOneReply(OutboxRecorder):
    """The commit lands, its reply does not, and the library tries again."""

    lost: ClassVar[int]
    of: ClassVar[str]

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.01)
    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Commit; once, for events of our kind, lose the reply."""
        ids: Sequence[int] | None = super().insert_events(stored_events, **kwargs)
        if not type(self).lost and any(event.topic.startswith(self.of) for event in stored_events):
            type(self).lost += 1
            raise OperationalError("the reply was lost")
        return ids


class LosesTheReplyToQueueing(LosesOneReply):
    """Loses it while invoices are taken on."""

    lost, of = 0, "InvoiceQueued"


class LosesTheReplyToTheRecord(LosesOneReply):
    """Loses it while outcomes are recorded."""

    lost, of = 0, "InvoiceSynced"


@pytest.mark.parametrize("recorder", [LosesTheReplyToQueueing, LosesTheReplyToTheRecord])
def test_a_lost_reply_to_our_own_commit_is_recognised_by_its_event_ids(
    world: World, tmp_path: Any, recorder: type[LosesOneReply], caplog: pytest.LogCaptureFixture
) -> None:
    recorder.lost = 0
    parts = Parts(recorder=f"{__name__}:{recorder.__qualname__}")
    with world_on(world.xero, world.engine.database_url, tmp_path, parts) as unlucky:
        assert unlucky.queue(example_invoices(COUNT)) == ["accepted"] * COUNT
        unlucky.work()
    assert recorder.lost == 1
    assert_in_xero_once(world, COUNT)
    assert len(world.requests("PUT", "/Invoices")) == 1
    assert "another worker owns" not in caplog.text
