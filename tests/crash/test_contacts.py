"""A process dies anywhere while it reads contacts: none is lost, none comes into the feed twice."""

import pytest

from services.bootstrap import Parts
from services.contacts.feed import FedContact
from tests.crash.conftest import StartChild
from tests.crash.stops.contacts import ReadsSmallPages
from tests.services.contacts.customers import NORTHGATE, OLD_MILL, edit, read_contacts
from tests.services.contacts.test_reading import imports, reading_later, rows
from tests.services.dispatch.other_engine import beside
from tests.world import ACCOUNT, World

pytestmark = pytest.mark.crash

STOPS = [
    *(("with_page", 1, 0), ("inside_page", 1, 0), ("after_page", 2, 13)),
    *(("with_page", 2, 13), ("inside_page", 2, 13), ("after_page", 3, 27)),
    *(("before_commit", 3, 27),),
]
"""Where each reader dies, the page at which the next one goes on, and how many contacts the feed shows then."""


def read_on(world: World, seen: list[FedContact]) -> None:
    """What Kyrios does meanwhile: read on from its cursor."""
    after = seen[-1].seq if seen else 0
    seen += world.engine.contact_feed(ACCOUNT, after).contacts


@pytest.mark.article("R6")
def test_readers_that_die_at_every_stop_are_followed_by_others_and_the_feed_shows_each_contact_once(
    world: World, child: StartChild
) -> None:
    seen: list[FedContact] = []
    for point, page, shown in STOPS:
        dying = child(point, "contacts")
        dying.wait_at(point)
        dying.kill()
        (reading,) = rows(world, "contact_reading")
        assert (reading["next_page"], reading["watermark"]) == (page, None), point
        read_on(world, seen)
        assert len(seen) == shown, point
        reading_later(world, 301)
    read_contacts(world)
    read_on(world, seen)
    (reading,) = rows(world, "contact_reading")
    assert reading["watermark"] is not None
    assert [one.seq for one in seen] == list(range(1, 28))
    assert len({one.xero_contact_id for one in seen}) == 27
    assert OLD_MILL not in {one.xero_contact_id for one in seen}
    assert imports(world) == [(27, 0, 0)]


@pytest.mark.parametrize("point", ["inside_page", "after_page", "before_commit"])
def test_a_change_whose_reader_died_reaches_the_feed_once(world: World, child: StartChild, point: str) -> None:
    read_contacts(world)
    world.control.post("/clock", json={"advance_seconds": 600}).raise_for_status()
    edit(world, ContactID=NORTHGATE, Name="Northgate Wines Limited")
    edit(world, Name="Kingfisher Rentals", ContactStatus="ACTIVE")
    dying = child(point, "contacts")
    dying.wait_at(point)
    dying.kill()
    reading_later(world, 301)
    with beside(world, Parts(session=ReadsSmallPages)) as other:
        read_contacts(other)
    news = world.engine.contact_feed(ACCOUNT, 27).contacts
    assert [one.seq for one in news] == [28, 29]
    assert {one.name for one in news} == {"Northgate Wines Limited", "Kingfisher Rentals"}
    assert imports(world) == [(27, 0, 0), (1, 1, 0)]
