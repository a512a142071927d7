"""Once an organisation is chosen, every event carries it, also those of invoices that were queued before."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.server import Simulator
from adapters.xero.answers import InvoicesAnswer
from adapters.xero.session import XeroSession
from domain.event import Event
from domain.invoice import (
    InvoiceBlocked,
    InvoiceQueued,
    InvoiceReleased,
    InvoiceSynced,
    OutcomeResolved,
    OutcomeUnknown,
    RetryRequested,
    SyncFailed,
)
from domain.streams import invoice_stream
from services.bootstrap import Parts
from tests.world import ACCOUNT, OWNER, World, contact_links, example_invoices, organisation_id, world_on

INVOICE = "inv-0"


class WorkerDied(Exception):
    """The worker ends in the middle of its work."""


class DeadlySession(XeroSession):
    """A session whose worker dies when it is about to send."""

    def put_invoices(self, *args: Any, **more: Any) -> InvoicesAnswer:
        raise WorkerDied


@pytest.fixture
def early(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """An account that queued an invoice before anything was set up."""
    with world_on(xero, database_url, tmp_path) as world:
        world.queue(example_invoices(1))
        yield world


def history(world: World) -> list[Event]:
    """What happened to the invoice."""
    stream = invoice_stream(ACCOUNT, INVOICE)
    return [event for _, event in world.engine.store.read_log(0, 1_000) if event.originator_id == stream]


def assert_all_carry_the_organisation_after(world: World, *expected: type[Event]) -> None:
    """The invoice was queued without an organisation, then `expected` happened, each in the organisation."""
    queued, *later = history(world)
    assert (type(queued), queued.organisation_id) == (InvoiceQueued, None)
    assert [(type(event), event.organisation_id) for event in later] == [(e, organisation_id()) for e in expected]


def test_an_invoice_searched_and_not_found_belongs_to_the_organisation(early: World) -> None:
    early.set_up()
    early.fault("http_500_before", method="PUT", path="/Invoices")
    early.work()
    early.later(4)
    early.work()
    assert_all_carry_the_organisation_after(early, OutcomeUnknown, OutcomeResolved, InvoiceSynced)


def test_an_invoice_whose_worker_died_belongs_to_the_organisation(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    with world_on(xero, database_url, tmp_path, Parts(session=DeadlySession)) as early:
        early.queue(example_invoices(1))
        early.set_up()
        with pytest.raises(WorkerDied):
            early.engine.dispatcher.look_at(early.lane)
        early.later(60)
        assert early.engine.dispatcher.recover(early.lane) == 1
        assert_all_carry_the_organisation_after(early, OutcomeUnknown)


def test_an_invoice_refused_and_tried_again_belongs_to_the_organisation(early: World) -> None:
    early.set_up()
    early.refuse({"T-0": "No purple."})
    early.work()
    assert early.engine.retry_invoice(ACCOUNT, INVOICE, OWNER)
    assert_all_carry_the_organisation_after(early, SyncFailed, RetryRequested)


def test_an_invoice_blocked_and_released_belongs_to_the_organisation(early: World) -> None:
    early.set_up(link=False)
    early.work()
    early.engine.contact_links.link(ACCOUNT, contact_links(), OWNER)
    early.engine.projector.catch_up()
    assert early.engine.releaser.step(early.engine.projector.position()) == 1
    assert_all_carry_the_organisation_after(early, InvoiceBlocked, InvoiceReleased)
