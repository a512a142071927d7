"""Xero's contacts are read page by page into a sealed mirror; a reader that dies is followed by another."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.vault.errors import NotOpened
from adapters.xero.answers import XeroContact
from adapters.xero.session import XeroSession
from domain.account_settings import contact_poll_of
from domain.contact_sync import ContactsSynced
from services.bootstrap import Parts
from tests.services.contacts.customers import NORTHGATE, archive, bill, customer, edit, read_contacts, settle
from tests.services.dispatch.other_engine import beside
from tests.world import ACCOUNT, OWNER, World

CANARY = "Zanzibar Canary Breeders"
EVERY = contact_poll_of({}).total_seconds()


def rows(world: World, table: str = "contact_directory") -> list[dict[str, Any]]:
    """The rows of a table."""
    with world.engine.store.cursor() as cursor:
        return cursor.execute(f"SELECT * FROM app.{table}").fetchall()


def imports(world: World) -> list[tuple[int, int, int]]:
    """What each import brought: new, changed and archived contacts."""
    events = [event for _, event in world.engine.store.read_log(0, 10_000) if isinstance(event, ContactsSynced)]
    return [(event.created, event.updated, event.archived) for event in events]


def asked(world: World) -> list[dict[str, Any]]:
    """The requests for contacts."""
    return world.requests("GET", "/Contacts?page")


def in_pages_of(size: int) -> type[XeroSession]:
    """A session that reads small pages."""

    class Session(XeroSession):
        def contacts(self, **how: Any) -> Iterator[tuple[XeroContact, ...]]:
            return super().contacts(page_size=size, **how)

    return Session


def test_the_first_reading_holds_every_contact_archived_ones_too(shop: World) -> None:
    held = rows(shop)
    assert len(held) == 28
    assert [row["status"] for row in held].count("ARCHIVED") == 1
    assert imports(shop) == [(27, 0, 0)]


def test_a_later_reading_asks_only_for_what_changed_and_says_nothing_if_nothing_did(shop: World) -> None:
    read_contacts(shop)
    assert imports(shop) == [(27, 0, 0)]
    edit(shop, Name="Kingfisher Rentals", ContactStatus="ACTIVE")
    archive(shop, NORTHGATE)
    read_contacts(shop)
    assert imports(shop) == [(27, 0, 0), (1, 0, 1)]
    edit(shop, ContactID=NORTHGATE, ContactStatus="ACTIVE", EmailAddress="new@northgate.example")
    read_contacts(shop)
    assert imports(shop) == [(27, 0, 0), (1, 0, 1), (0, 1, 0)]


@pytest.mark.article("R5")
def test_nothing_personal_is_kept_in_clear(shop: World) -> None:
    edit(shop, Name=CANARY, ContactStatus="ACTIVE", EmailAddress="canary@zanzibar.example")
    read_contacts(shop)
    bill(shop, customer("cus-z", CANARY, "canary@zanzibar.example", "0800 CANARY"))
    bill(shop, customer("cus-y", f"{CANARY} Two", "canary.two@zanzibar.example"), start=1)
    settle(shop)
    with shop.engine.store.cursor() as cursor:
        named = "SELECT table_schema || '.' || table_name AS name FROM information_schema.tables WHERE table_schema"
        tables = [row["name"] for row in cursor.execute(f"{named} IN ('app', 'es')").fetchall()]
        for table in tables:
            kept = str(cursor.execute(f"SELECT * FROM {table}").fetchall()).casefold()
            assert "canary" not in kept, table
            assert "zanzibar" not in kept, table
    assert len(tables) > 10


def test_a_sealed_contact_opens_only_in_its_own_place(shop: World) -> None:
    with shop.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.contact_directory SET sealed = (SELECT sealed FROM app.contact_directory"
            " WHERE xero_contact_id <> %s LIMIT 1) WHERE xero_contact_id = %s",
            (NORTHGATE, NORTHGATE),
        )
    bill(shop, customer("cus-n", "Northgate Wines"))
    shop.work()
    with pytest.raises(NotOpened):
        shop.engine.contact_candidates(ACCOUNT, "cus-n")


class DiesOnPageThree(XeroSession):
    """A reader that dies with its third page in its hands."""

    def contacts(self, **how: Any) -> Iterator[tuple[XeroContact, ...]]:
        """Eight contacts a page; the third page never arrives."""
        for number, page in enumerate(super().contacts(page_size=8, **how), start=how["first_page"]):
            if number == 3:
                raise KeyboardInterrupt
            yield page


@pytest.mark.article("R6")
def test_a_reading_goes_on_at_the_page_where_its_reader_died_and_the_watermark_moves_after_the_last(
    world: World,
) -> None:
    with beside(world, Parts(session=DiesOnPageThree)) as dying, pytest.raises(KeyboardInterrupt):
        dying.engine.contact_reader.read(world.lane)
    assert len(rows(world)) == 16
    (reading,) = rows(world, "contact_reading")
    assert (reading["next_page"], reading["watermark"], reading["read_since"]) == (3, None, None)
    assert not world.engine.contact_reader.read(world.lane), "its lease still runs"
    reading_later(world, 301)
    with beside(world, Parts(session=in_pages_of(8))) as other:
        assert other.engine.contact_reader.read(world.lane)
    assert len(rows(world)) == 28
    (reading,) = rows(world, "contact_reading")
    assert reading["next_page"] is None
    assert reading["watermark"] is not None
    assert imports(world) == [(27, 0, 0)]
    pages = [request["path"].split("page=")[1].split("&")[0] for request in asked(world)]
    assert pages == ["1", "2", "3", "3", "4"]


def test_a_reader_that_slept_past_its_lease_writes_nothing_over_the_one_that_followed(world: World) -> None:
    """Its page is older than what is kept by then; what it does not own any more it does not touch."""

    class Sleeps(in_pages_of(8)):  # type: ignore[misc]
        def contacts(self, **how: Any) -> Iterator[tuple[XeroContact, ...]]:
            for number, page in enumerate(super().contacts(**how), start=1):
                if number == 2:
                    reading_later(world, 301)
                    with beside(world, Parts(session=in_pages_of(8))) as other:
                        assert other.engine.contact_reader.read(world.lane)
                    edit(world, ContactID=NORTHGATE, ContactStatus="ARCHIVED")
                    read_contacts(world)
                yield page

    with beside(world, Parts(session=Sleeps)) as sleeping:
        assert not sleeping.engine.contact_reader.read(world.lane)
    fed = world.engine.contact_feed(ACCOUNT).contacts
    assert [one.xero_contact_id for one in fed if one.status != "active"] == [NORTHGATE]
    assert (len(fed), fed[-1].seq) == (27, 28)
    assert imports(world) == [(27, 0, 0), (0, 0, 1)]


def test_what_a_dead_reader_had_left_too_long_ago_is_read_from_the_start(world: World) -> None:
    with beside(world, Parts(session=DiesOnPageThree)) as dying, pytest.raises(KeyboardInterrupt):
        dying.engine.contact_reader.read(world.lane)
    reading_later(world, 4000)
    with beside(world, Parts(session=in_pages_of(8))) as other:
        assert other.engine.contact_reader.read(world.lane)
    pages = [request["path"].split("page=")[1].split("&")[0] for request in asked(world)]
    assert pages == ["1", "2", "3", "1", "2", "3", "4"]


def reads_one_page(world: World) -> bool:
    """Read a page more, and stop; whether that was all."""
    stop = threading.Event()
    return world.engine.contact_reader.read(world.lane, lambda page, read: stop.set(), stop)


def test_a_reading_that_goes_on_page_by_page_ends_however_long_it_takes_in_all(world: World) -> None:
    """Its pauses, such as the lane's for its budget, add up to more than a reading may stand still."""
    with beside(world, Parts(session=in_pages_of(8))) as other:
        for _ in range(3):
            assert not reads_one_page(other)
            reading_later(world, 2_400)
        assert other.engine.contact_reader.read(world.lane)
    pages = [request["path"].split("page=")[1].split("&")[0] for request in asked(world)]
    assert pages == ["1", "2", "3", "4"]
    assert imports(world) == [(27, 0, 0)]


@pytest.mark.article("R6")
def test_contacts_are_read_when_it_is_time_and_all_of_them_once_a_day(shop: World) -> None:
    shop.engine.projector.catch_up()
    reader = shop.engine.contact_reader
    assert reader.read_due() == 0
    reading_later(shop, EVERY + 1)
    assert reader.read_due() == 1
    assert reader.read_due() == 0
    reading_later(shop, 25 * 3600)
    assert reader.read_due() == 1
    since = [reading["watermark"] for reading in rows(shop, "contact_reading")]
    assert len(since) == 1
    assert len(asked(shop)) == 3


def test_a_connection_that_has_ended_is_not_read(shop: World) -> None:
    shop.engine.set_up.disconnect(ACCOUNT, OWNER)
    shop.engine.projector.catch_up()
    reading_later(shop, EVERY + 1)
    assert shop.engine.contact_reader.read_due() == 0
    assert not shop.engine.contact_reader.read(shop.lane)
    assert len(asked(shop)) == 1


def test_a_limit_of_xeros_is_waited_for_and_the_reading_goes_on(shop: World) -> None:
    shop.fault("http_429_minute", method="GET", path="/Contacts", retry_after=20)
    assert not shop.engine.contact_reader.read(shop.lane)
    assert not shop.engine.contact_reader.read(shop.lane)
    assert len(asked(shop)) == 2
    reading_later(shop, 21)
    assert not shop.engine.contact_reader.read(shop.lane), "the lane rests too"
    reading_later(shop, 61)
    shop.later(21)
    assert shop.engine.contact_reader.read(shop.lane)


def test_what_xero_refuses_is_not_asked_for_again_at_once(shop: World) -> None:
    shop.control.post("/options", json={"most_results": 10}).raise_for_status()
    assert not shop.engine.contact_reader.read(shop.lane)
    reading_later(shop, 3_500)
    assert not shop.engine.contact_reader.read(shop.lane)
    assert len(asked(shop)) == 2
    shop.control.post("/options", json={"most_results": 100_000}).raise_for_status()
    reading_later(shop, 101)
    assert shop.engine.contact_reader.read(shop.lane)


def test_a_reader_that_is_told_to_stop_leaves_the_next_page_to_another_at_once(world: World) -> None:
    stop = threading.Event()
    with beside(world, Parts(session=in_pages_of(8))) as other:
        assert not other.engine.contact_reader.read(world.lane, lambda page, read: stop.set(), stop)
        (reading,) = rows(world, "contact_reading")
        assert (reading["next_page"], reading["lease_token"]) == (2, None)
        assert not other.engine.contact_reader.read(world.lane, stop=stop)
        assert other.engine.contact_reader.read(world.lane)
    assert len(asked(world)) == 4
    assert imports(world) == [(27, 0, 0)]


def test_a_lane_without_a_call_to_spare_is_not_asked_for_one(shop: World) -> None:
    with shop.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.lane SET promised = NULL, tokens = -100000, refilled_at = app.now()")
    assert not shop.engine.contact_reader.read(shop.lane)
    assert len(asked(shop)) == 1
    (reading,) = rows(shop, "contact_reading")
    assert reading["next_page"] == 1


def test_a_reading_of_many_pages_holds_one_page_in_memory_and_loses_none(world: World) -> None:
    names = [f"Customer {number}" for number in range(230)]
    for name in names:
        edit(world, Name=name, ContactStatus="ACTIVE")
    largest: list[int] = []

    class Counting(in_pages_of(50)):  # type: ignore[misc]
        def contacts(self, **how: Any) -> Iterator[tuple[XeroContact, ...]]:
            for page in super().contacts(**how):
                largest.append(len(page))
                yield page

    with beside(world, Parts(session=Counting)) as other:
        assert other.engine.contact_reader.read(world.lane)
    assert len(rows(world)) == 258
    assert max(largest) == 50
    assert imports(world) == [(257, 0, 0)]


def reading_later(world: World, seconds: float) -> None:
    """Let time pass for the readings, without waiting for it."""
    columns = ("lease_until", "read_since", "read_fully_since", "began_at", "moved_at", "hinted_at")
    moved = ", ".join(f"{column} = {column} - %(by)s::interval" for column in columns)
    with world.engine.store.cursor() as cursor:
        cursor.execute(f"UPDATE app.contact_reading SET {moved}", {"by": f"{seconds} seconds"})
