"""Kyrios reads Xero's contacts from a feed without gaps: each change once, each contact as it is now."""

import contextlib
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters import contact_feed
from adapters.event_store import lanes
from adapters.event_store.store import EventStore
from adapters.xero.answers import XeroContact
from domain.refusals import InvalidInput, NotPossible
from domain.streams import connection_id
from services.contacts.feed import FedContact, FeedPage
from services.contacts.page import ContactPage
from tests.services.contacts.customers import (
    COASTAL,
    NORTHGATE,
    OLD_MILL,
    archive,
    edit,
    merge,
    read_contacts,
)
from tests.services.contacts.test_reading import imports, reading_later
from tests.world import ACCOUNT, OWNER, World, organisation_id


def feed(world: World, after: int = 0, limit: int = 1_000) -> FeedPage:
    """A page of the feed."""
    return world.engine.contact_feed(ACCOUNT, after, limit)


def news(world: World, after: int) -> dict[str, FedContact]:
    """What the feed says behind a cursor, by contact."""
    return {one.xero_contact_id: one for one in feed(world, after).contacts}


def clock(world: World, seconds: float) -> None:
    """Let time pass in Xero, so that what is changed next is newer."""
    world.control.post("/clock", json={"advance_seconds": seconds}).raise_for_status()


def last_activity(world: World) -> datetime:
    """When something was last synced."""
    with world.engine.store.cursor() as cursor:
        lane = lanes.read(cursor, world.lane)
    assert lane is not None
    found: datetime = lane["last_activity_at"]
    return found


def long_ago(world: World) -> None:
    """Forget what was done just now: nothing was synced for 59 days."""
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.lane SET last_activity_at = app.now() - interval '59 days'")


@pytest.mark.article("R4")
def test_the_feed_begins_with_every_contact_in_use_and_none_that_was_archived_before(shop: World) -> None:
    page = feed(shop)
    assert [one.seq for one in page.contacts] == list(range(1, 28))
    assert {one.status for one in page.contacts} == {"active"}
    assert OLD_MILL not in news(shop, 0)
    assert (page.next_cursor, page.more, page.organisation_id) == (27, False, organisation_id())
    coastal = news(shop, 0)[COASTAL]
    assert (coastal.name, coastal.email) == ("Coastal Bakery", "office@coastal-bakery.example")
    assert coastal.organisation_id == organisation_id()
    assert not coastal.erased


def test_a_feed_is_read_page_by_page_and_a_page_may_be_read_again(shop: World) -> None:
    first = feed(shop, 0, 10)
    second = feed(shop, first.next_cursor, 10)
    third = feed(shop, second.next_cursor, 10)
    assert [len(page.contacts) for page in (first, second, third)] == [10, 10, 7]
    assert [page.more for page in (first, second, third)] == [True, True, False]
    assert (*first.contacts, *second.contacts, *third.contacts) == feed(shop).contacts
    assert feed(shop, third.next_cursor) == FeedPage(
        account_id=ACCOUNT, organisation_id=organisation_id(), contacts=(), next_cursor=27, more=False
    )


@pytest.mark.article("R3", "R5")
def test_each_change_of_name_email_phone_status_or_merge_is_one_row_and_nothing_else_is(shop: World) -> None:
    changes: list[dict[str, Any]] = [
        {"Name": "Northgate Wines Limited"},
        {"EmailAddress": "wine@northgate.example"},
        {"Phones": [{"PhoneType": "MOBILE", "PhoneNumber": "021 555"}]},
        {"ContactStatus": "ARCHIVED"},
        {"ContactStatus": "ACTIVE"},
        {"ContactStatus": "GDPRREQUEST"},
    ]
    for number, change in enumerate(changes, start=28):
        clock(shop, 1)
        edit(shop, ContactID=NORTHGATE, **change)
        read_contacts(shop)
        assert [one.seq for one in feed(shop, 27).contacts] == [number], change
    for unseen in ({"ContactNumber": "N-1"}, {"TaxNumber": "12"}, {"BankAccountDetails": "01-0"}, {"IsSupplier": True}):
        clock(shop, 1)
        edit(shop, ContactID=NORTHGATE, **unseen)
        read_contacts(shop)
    (northgate,) = feed(shop, 27).contacts
    assert (northgate.seq, northgate.status, northgate.phone) == (33, "to_be_erased", "021 555")
    clock(shop, 1)
    merge(shop, NORTHGATE, COASTAL)
    read_contacts(shop)
    (northgate,) = feed(shop, 27).contacts
    assert (northgate.seq, northgate.status, northgate.merged_to) == (34, "merged", COASTAL)


def test_an_archived_contact_comes_into_the_feed_when_it_is_restored(shop: World) -> None:
    clock(shop, 1)
    edit(shop, ContactID=OLD_MILL, Name="Old Mill Coffee")
    read_contacts(shop)
    assert feed(shop, 27).contacts == ()
    clock(shop, 1)
    edit(shop, ContactID=OLD_MILL, ContactStatus="ACTIVE")
    read_contacts(shop)
    assert news(shop, 27)[OLD_MILL].name == "Old Mill Coffee"


def test_what_brought_something_counts_as_activity_and_what_brought_nothing_does_not(shop: World) -> None:
    long_ago(shop)
    quiet = last_activity(shop)
    read_contacts(shop)
    assert last_activity(shop) == quiet
    assert imports(shop) == [(27, 0, 0)]
    archive(shop, NORTHGATE)
    read_contacts(shop)
    assert last_activity(shop) > quiet + timedelta(days=58)
    assert imports(shop)[1:] == [(0, 0, 1)]


def test_a_cursor_the_feed_never_gave_out_is_refused(shop: World) -> None:
    for after, limit in ((28, 10), (-1, 10), (0, 0), (0, 10_001)):
        with pytest.raises(InvalidInput):
            feed(shop, after, limit)
    with pytest.raises(NotPossible):
        shop.engine.contact_feed("nobody")


def test_what_an_erased_account_knew_is_gone_from_its_feed(shop: World) -> None:
    shop.engine.account_keys.destroy(ACCOUNT)
    assert {(one.name, one.email, one.phone, one.erased) for one in feed(shop).contacts} == {("", "", "", True)}


@pytest.mark.article("R6")
def test_contacts_are_read_as_often_as_the_account_wishes(shop: World) -> None:
    reader = shop.engine.contact_reader

    def wish(value: str) -> None:
        shop.engine.set_up.change_setting(ACCOUNT, "contact.poll", value, OWNER)
        shop.engine.projector.catch_up()

    wish("2 h")
    reading_later(shop, 7_100)
    assert reader.read_due() == 0
    wish("5 min")
    assert reader.read_due() == 1
    reading_later(shop, 290)
    assert reader.read_due() == 0
    reading_later(shop, 20)
    assert reader.read_due() == 1
    for bad in ("4 min", "25 h", "0 min", "30", "1.5 h", "30 minutes", "", "1441 min"):
        with pytest.raises(InvalidInput):
            wish(bad)


# ── many writers, one reader ────────────────────────────────────────────────────────────────────────────────────────

SHOPS = 4
ROUNDS = 25
LANE: UUID = connection_id(ACCOUNT)


def contact(contact_id: str, revision: int) -> XeroContact:
    """A contact at its nth change."""
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=revision)
    return XeroContact(
        contact_id=contact_id,
        contact_number="",
        name=f"{contact_id} {revision}",
        email="",
        phone="",
        status="ACTIVE",
        merged_to="",
        updated_at=at,
    )


@pytest.mark.article("R6")
def test_a_reader_that_follows_several_writers_misses_nothing_and_sees_every_number_in_order(world: World) -> None:
    store, key = world.engine.store, world.engine.account_keys.get(ACCOUNT)

    def write(shop: int) -> None:
        pages = ContactPage(key, LANE, f"organisation-{shop}")
        for revision in range(ROUNDS):
            page = [contact(f"c-{shop}-{(revision + n) % 7}", revision) for n in range(3)]
            with store.cursor() as cursor:
                pages.keep(cursor, page)
            with contextlib.suppress(KeyboardInterrupt), store.cursor() as cursor:
                pages.keep(cursor, [contact(f"c-{shop}-x", revision)])
                raise KeyboardInterrupt

    writers = [threading.Thread(target=write, args=[shop]) for shop in range(SHOPS)]
    seen: dict[tuple[str, str], FedContact] = {}
    numbers: list[int] = []
    after = 0
    for writer in writers:
        writer.start()
    working = True
    while working:
        working = any(writer.is_alive() for writer in writers)
        page = feed(world, after, 5)
        while page.contacts:
            numbers += [one.seq for one in page.contacts]
            seen |= {(one.organisation_id, one.xero_contact_id): one for one in page.contacts}
            after = page.next_cursor
            page = feed(world, after, 5)
    whole = feed(world, 0, 10_000).contacts
    assert len(whole) == SHOPS * 7
    assert seen == {(one.organisation_id, one.xero_contact_id): one for one in whole}
    assert numbers == sorted(set(numbers))
    assert after == SHOPS * ROUNDS * 3


def test_a_second_writer_waits_for_the_first_ones_numbers(store: EventStore) -> None:
    done = threading.Event()

    def second() -> None:
        with store.cursor() as cursor:
            contact_feed.give_out(cursor, LANE, contact_feed.hold(cursor, LANE) + 1)
        done.set()

    with store.cursor() as cursor:
        contact_feed.give_out(cursor, LANE, contact_feed.hold(cursor, LANE) + 1)
        other = threading.Thread(target=second)
        other.start()
        with store.cursor() as watching:
            until_somebody_waits(watching)
            assert contact_feed.last_number(watching, LANE) == 0
        assert not done.is_set()
    other.join(30)
    with store.cursor() as cursor:
        assert contact_feed.last_number(cursor, LANE) == 2


def test_with_a_plain_sequence_a_reader_would_miss_what_is_committed_late(store: EventStore) -> None:
    with store.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE app.careless; CREATE TABLE app.careless_feed (seq bigint)")
    give = "INSERT INTO app.careless_feed VALUES (nextval('app.careless'))"
    with store.cursor() as slow:
        slow.execute(give)
        with store.cursor() as fast:
            fast.execute(give)
        with store.cursor() as reader:
            read = [row["seq"] for row in reader.execute("SELECT seq FROM app.careless_feed").fetchall()]
    with store.cursor() as reader:
        behind = reader.execute("SELECT seq FROM app.careless_feed WHERE seq > %s", (max(read),)).fetchall()
    assert (read, behind) == ([2], []), "number 1 is never seen: what the counter's lock is for"


def until_somebody_waits(cursor: Any) -> None:
    """Until another session of this database waits for a lock."""
    waits = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(10_000):
        if cursor.execute(waits).fetchone() is not None:
            return
        cursor.execute("SELECT pg_stat_clear_snapshot()")
    raise AssertionError("nobody waits")
