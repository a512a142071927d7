"""Our clock was ahead and is put right again: what it stored in the future says nothing, and nothing waits for it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.server import Simulator
from adapters.xero.answers import XeroContact
from adapters.xero.session import XeroSession
from services.bootstrap import Parts
from services.contacts.import_standing import imports
from tests.services.contacts.customers import NORTHGATE, archive, bill, customer, edit, read_contacts, settle
from tests.services.contacts.test_reading import asked, rows
from tests.services.dispatch.other_engine import beside
from tests.services.inactivity.days import clock_jumps, jump, world_of_days
from tests.services.test_references import blocked_for, in_xero
from tests.world import ACCOUNT, BACKEND, World, example_invoices, organisation_id

AHEAD = timedelta(days=300)


@pytest.fixture
def righted(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """Our clock was 300 days ahead for one round of everything that looks at Xero, and is right again."""
    with world_of_days(xero, database_url, tmp_path) as world:
        world.set_up()
        world.engine.projector.catch_up()
        clock_jumps(world, AHEAD)
        look_at_xero(world)
        clock_jumps(world, -AHEAD)
        yield world


def look_at_xero(world: World) -> tuple[int, int, int]:
    """One round: for how many connections contacts and references were read, and Xero was asked whether it stands."""
    engine = world.engine
    engine.projector.catch_up()
    return engine.contact_reader.read_due(), engine.references.round(), engine.connection_probe.round()


def test_what_was_read_in_the_future_is_read_again_at_once_and_then_in_its_turn(righted: World) -> None:
    assert look_at_xero(righted) == (1, 1, 0)
    assert look_at_xero(righted) == (0, 0, 0)
    jump(righted, timedelta(hours=25))
    assert look_at_xero(righted) == (1, 1, 0)


@pytest.mark.article("R21")
def test_a_rate_that_changes_in_xero_is_noticed_before_anything_is_sent_by_it(righted: World) -> None:
    in_xero(righted, "tax_rates", TaxType="OUTPUT2", TaxComponents=[{"Name": "GST", "Rate": 16, "IsCompound": False}])
    righted.queue(example_invoices(1))
    righted.engine.references.freshen(righted.lane)
    righted.work()
    assert blocked_for(righted) == ["tax_rate_mismatch"]
    assert righted.in_xero() == []


def test_a_removal_in_xero_is_noticed_though_nothing_else_is_read(righted: World) -> None:
    """What was heard by the clock that was ahead does not count as heard of lately."""
    righted.control.delete(f"/organisations/{organisation_id()}/connection").raise_for_status()
    jump(righted, timedelta(hours=25))
    assert righted.engine.connection_probe.round() == 1
    assert righted.engine.set_up.connection(ACCOUNT).disconnected_for == "removed_in_xero"


def test_a_probe_of_the_future_is_no_reason_not_to_ask_again(righted: World) -> None:
    with righted.engine.store.cursor() as cursor:
        cursor.execute(
            "INSERT INTO app.connection_probe (connection_id, asked_at, answered_at)"
            " VALUES (%s, app.now() + interval '300 days', app.now() + interval '300 days')",
            (righted.lane,),
        )
    jump(righted, timedelta(hours=25))
    assert righted.engine.connection_probe.round() == 1
    assert righted.engine.connection_probe.round() == 0


def test_a_hint_of_the_future_has_contacts_read_no_more_often(righted: World) -> None:
    with righted.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.contact_reading SET hinted_at = app.now() + interval '300 days'")
    assert look_at_xero(righted)[0] == 1
    before = len(asked(righted))
    for _ in range(3):
        jump(righted, timedelta(seconds=61))
        look_at_xero(righted)
    assert len(asked(righted)) == before


def test_a_rest_that_was_to_last_into_the_future_is_over(righted: World) -> None:
    with righted.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.contact_reading SET lease_until = app.now() + interval '300 days'")
        cursor.execute("UPDATE app.reference_data SET asked_at = app.now() + interval '300 days'")
    (standing,) = imports(righted.engine.store, righted.engine.read).values()
    assert standing.paused_until is None
    assert look_at_xero(righted) == (1, 1, 0)


def test_people_are_told_that_the_next_reading_is_now(righted: World) -> None:
    (standing,) = imports(righted.engine.store, righted.engine.read).values()
    assert standing.next_at is not None
    assert standing.next_at <= righted.engine.store.now()


def test_a_reading_begun_in_the_future_is_begun_anew(righted: World) -> None:
    """Its pages have shifted, and by when it began nothing could be told of what it has seen."""
    with righted.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.contact_reading SET next_page = 2, began_at = app.now() + interval '300 days',"
            " moved_at = app.now() + interval '300 days'"
        )
    assert look_at_xero(righted)[0] == 1
    assert asked(righted)[-1]["path"].split("page=")[1].startswith("1&")
    (reading,) = rows(righted, "contact_reading")
    assert reading["read_since"] <= righted.engine.store.now()


class HoldsNobody(XeroSession):
    """A session with books without any contact."""

    def contacts(self, **how: Any) -> Iterator[tuple[XeroContact, ...]]:
        """None at all."""
        yield from ()


def test_how_far_empty_books_were_read_is_not_told_by_our_clock(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    """Else what is changed in Xero before its clock comes to where ours was is not asked for."""
    with world_of_days(xero, database_url, tmp_path) as world:
        world.set_up()
        clock_jumps(world, timedelta(hours=1))
        with beside(world, Parts(session=HoldsNobody)) as empty:
            assert empty.engine.contact_reader.read(world.lane)
        edit(world, Name="Kingfisher Rentals", ContactStatus="ACTIVE")
        clock_jumps(world, timedelta(hours=1))
        world.engine.projector.catch_up()
        assert world.engine.contact_reader.read_due() == 1
        assert len(rows(world)) == 29


def test_what_xero_named_in_the_future_is_looked_at_when_it_is_read_again(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    """Else the invoice would wait until our clock has come to where it was, as what is read now seems to be older."""
    with world_of_days(xero, database_url, tmp_path) as world:
        world.set_up()
        read_contacts(world)
        archive(world, NORTHGATE)
        world.engine.contact_links.link(ACCOUNT, {"cus-n": NORTHGATE}, BACKEND)
        clock_jumps(world, AHEAD)
        bill(world, customer("cus-n", "Northgate Wines"))
        settle(world)
        assert blocked_for(world) == ["contact_archived"]
        clock_jumps(world, -AHEAD)
        edit(world, ContactID=NORTHGATE, ContactStatus="ACTIVE")
        read_contacts(world)
        settle(world)
        assert world.invoice("inv-0").status == "synced"


def test_a_consent_begun_in_the_future_lives_for_its_ten_minutes(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    """Else its link would be good, and what leaves Xero would wait for it, until our clock has come to where it was."""
    with world_of_days(xero, database_url, tmp_path) as world:
        world.set_up()
        clock_jumps(world, AHEAD)
        early, late = world.leave_for_xero(), world.leave_for_xero()
        world.engine.sweeper.sweep()
        clock_jumps(world, -AHEAD)
        world.engine.sweeper.sweep()
        clock_jumps(world, timedelta(minutes=9))
        assert world.engine.set_up.come_back(world.answer_in_xero(early), early.browser) == "resumed"
        clock_jumps(world, timedelta(minutes=2))
        assert world.engine.set_up.come_back(world.answer_in_xero(late), late.browser) == "expired"
