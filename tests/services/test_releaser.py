"""Releases: a fix queues again exactly the invoices it sets free, once, and none is forgotten."""

from typing import Any, cast

import msgspec
import pytest

from adapters.event_store.store import NOTHING, EventStore
from adapters.event_store.writes import Writes
from domain.event import Event
from domain.invoice import InvoiceReleased
from domain.refusals import ConcurrentChange
from domain.streams import invoice_stream
from services.intake import IssuedInvoice
from services.releaser import AT_ONCE, FIRST, Releaser
from tests.world import ACCOUNT, OWNER, World, contact_links, declared_taxes, example_invoices


def billed_to(contact_id: str, count: int, start: int = 0) -> list[IssuedInvoice]:
    """Invoices to a customer."""
    return [
        msgspec.structs.replace(
            one,
            document=msgspec.structs.replace(one.document, kyrios_contact_id=contact_id),
            contact=msgspec.structs.replace(one.contact, contact_id=contact_id),
        )
        for one in example_invoices(count, start)
    ]


def blocked_by_contact(world: World, count: int, contact_id: str = "cus-a", start: int = 0) -> None:
    """Have invoices blocked because their customer has no Xero contact."""
    world.queue(billed_to(contact_id, count, start))
    world.work()
    assert {world.invoice(f"inv-{number}").status for number in range(start, start + count)} == {"blocked"}


def link(world: World, contact_id: str = "cus-a") -> None:
    """Let the customer have a Xero contact."""
    world.engine.contact_links.link(ACCOUNT, {contact_id: next(iter(contact_links().values()))}, OWNER)


def follow(world: World) -> int:
    """Project, then release; how many were released."""
    world.engine.projector.catch_up()
    return world.engine.releaser.step(world.engine.projector.position())


def releases(store: EventStore) -> list[Event]:
    """Every release in the log."""
    return [event for _, event in store.read_log(0, 10_000) if isinstance(event, InvoiceReleased)]


def test_a_link_releases_the_invoices_that_waited_for_it_and_no_others(world: World) -> None:
    blocked_by_contact(world, 3, "cus-a")
    blocked_by_contact(world, 2, "cus-b", start=3)
    assert follow(world) == 0
    link(world, "cus-a")
    before = len(world.rung)
    assert follow(world) == 3
    assert len(world.rung) == before + 1
    assert [world.invoice(f"inv-{n}").status for n in range(5)] == ["queued"] * 3 + ["blocked"] * 2
    world.work()
    assert [world.invoice(f"inv-{n}").status for n in range(5)] == ["synced"] * 3 + ["blocked"] * 2
    assert len(world.in_xero()) == 3


def test_a_fix_releases_only_once(world: World) -> None:
    blocked_by_contact(world, 3)
    link(world)
    assert [follow(world) for _ in range(3)] == [3, 0, 0]
    assert len(releases(world.engine.store)) == 3


def test_more_waiting_invoices_than_one_append_takes_are_all_released(world: World) -> None:
    blocked_by_contact(world, 520)
    link(world)
    assert follow(world) == 520
    world.work(40)
    assert len(world.in_xero()) == 520


def test_the_first_batch_is_stored_and_rung_for_before_the_next_is_read(world: World) -> None:
    blocked_by_contact(world, FIRST + AT_ONCE + 3)
    assert follow(world) == 0
    link(world)
    world.engine.projector.catch_up()
    stored_at_ring: list[int] = []
    released_when_read: list[int] = []

    class Watched(RacedStore):
        def load_many(self, streams: Any, evolve: Any) -> Any:
            released_when_read.append(len(releases(self._store)))
            assert len(streams) <= AT_ONCE
            return self._store.load_many(streams, evolve)

    engine = world.engine
    releaser = Releaser(
        cast(EventStore, Watched(engine.store, lambda: None)),
        engine.read,
        engine.account_keys,
        engine.handling,
        lambda lane: stored_at_ring.append(len(releases(engine.store))),
    )
    assert releaser.step(engine.projector.position()) == FIRST + AT_ONCE + 3
    assert stored_at_ring == [FIRST, FIRST + AT_ONCE, FIRST + AT_ONCE + 3]
    assert released_when_read == [0, FIRST, FIRST + AT_ONCE]


def test_opening_the_gate_is_one_event_however_many_wait(world: World) -> None:
    engine = world.engine
    engine.set_up.unmap_tax(ACCOUNT, declared_taxes()[0][0].tax_set, OWNER)
    world.queue(example_invoices(300))
    assert world.engine.projector.catch_up() > 0
    world.work()
    assert world.in_xero() == []
    (one, tax_type), head = declared_taxes()[0], engine.store.head()
    engine.set_up.map_tax(ACCOUNT, one.tax_set, tax_type, OWNER)
    follow(world)
    assert [type(event).__name__ for _, event in engine.store.read_log(head, 10)] == ["TaxMapped", "GateOpened"]
    assert engine.dispatcher.look_at(world.lane)
    assert len(world.in_xero()) == 50


def test_waiting_invoices_are_released_in_the_order_they_were_accepted(world: World) -> None:
    blocked_by_contact(world, 12)
    link(world)
    follow(world)
    streams = [invoice_stream(ACCOUNT, f"inv-{number}") for number in range(12)]
    assert [event.originator_id for event in releases(world.engine.store)] == streams


def test_a_fix_that_came_between_the_check_and_the_block_is_not_missed(world: World) -> None:
    # The link is in the log before the block: the releaser reads it first and finds nobody waiting for it.
    world.queue(billed_to("cus-a", 1))
    kind = world.engine.kinds["create_invoice"]
    causes = kind.causes

    def link_lands_after_the_check(subject: Any, connection: Any) -> Any:
        found = causes(subject, connection)
        if found:
            link(world)
        return found

    kind.causes = link_lands_after_the_check  # type: ignore[method-assign]
    world.work()
    assert world.invoice("inv-0").status == "blocked"
    assert follow(world) == 1
    world.work()
    assert world.invoice("inv-0").status == "synced"


def test_the_releaser_reads_behind_the_projector_never_ahead(world: World) -> None:
    blocked_by_contact(world, 2)
    link(world)
    assert world.engine.releaser.step(world.engine.projector.position()) == 0
    assert follow(world) == 2


def test_an_invoice_blocked_for_two_causes_is_blocked_again_for_the_second(world: World) -> None:
    (one,) = billed_to("cus-a", 1)
    foreign = msgspec.structs.replace(one, document=msgspec.structs.replace(one.document, currency="EUR"))
    world.queue([foreign])
    world.work()
    link(world)
    assert follow(world) == 1
    world.work()
    state = world.invoice("inv-0")
    assert (state.status, [cause.code for cause in state.causes]) == ("blocked", ["currency_not_enabled"])
    assert follow(world) == 0


class Dies(Exception):
    """The releaser's process ends here."""


class RacedStore:
    """A store another writer beats to its first append."""

    def __init__(self, store: EventStore, race: Any) -> None:
        self._store, self._race = store, race

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def append(self, events: list[Event], writes: Writes = NOTHING) -> None:
        """Let the other writer be first, once."""
        race, self._race = self._race, lambda: None
        race()
        self._store.append(events, writes)


def releaser_on(world: World, store: Any) -> Releaser:
    """A releaser on another store."""
    engine = world.engine
    return Releaser(store, engine.read, engine.account_keys, engine.handling, engine.ring)


def test_a_race_for_one_invoice_loses_no_release(world: World) -> None:
    engine = world.engine
    blocked_by_contact(world, 3)
    assert follow(world) == 0
    link(world)
    engine.projector.catch_up()
    raced = RacedStore(engine.store, lambda: engine.retry_invoice(ACCOUNT, "inv-1", OWNER))
    assert releaser_on(world, raced).step(engine.projector.position()) == 2
    assert {world.invoice(f"inv-{n}").status for n in range(3)} == {"queued"}
    world.work()
    assert len(world.in_xero()) == 3


def test_a_race_that_never_ends_is_told_and_nothing_is_marked_as_done(world: World) -> None:
    blocked_by_contact(world, 1)
    link(world)
    world.engine.projector.catch_up()

    class AlwaysBeaten(RacedStore):
        def append(self, events: list[Event], writes: Writes = NOTHING) -> None:
            raise ConcurrentChange("somebody is always first")

    with pytest.raises(ConcurrentChange):
        releaser_on(world, AlwaysBeaten(world.engine.store, None)).step(world.engine.projector.position())
    assert follow(world) == 1, "the next step begins where this one did"


def test_a_death_after_the_releases_and_before_their_checkpoint_repeats_them_harmlessly(world: World) -> None:
    engine = world.engine
    blocked_by_contact(world, 3)
    assert follow(world) == 0
    link(world)
    engine.projector.catch_up()

    class DiesAfterAppend(RacedStore):
        def append(self, events: list[Event], writes: Writes = NOTHING) -> None:
            self._store.append(events, writes)
            raise Dies

    with pytest.raises(Dies):
        releaser_on(world, DiesAfterAppend(engine.store, None)).step(engine.projector.position())
    assert len(releases(engine.store)) == 3
    assert follow(world) == 0
    assert len(releases(engine.store)) == 3
    world.work()
    assert len(world.in_xero()) == 3
