"""A consent for other books decides nothing: what the account had stays in Xero until it starts afresh, goes back or
disconnects, and then nothing of it is left, whichever consent Xero has it named by meanwhile."""

from collections.abc import Callable

import msgspec
import pytest

from adapters.xero.session import XeroSession
from domain.connection import AccessRemoved, Connected, Connection, OrganisationSelected
from domain.refusals import OrganisationInUse
from services.set_up.connecting import Connect
from services.views.removals import removals_of, removals_of_all
from tests.services.dispatch.leaving import (
    CLIENT,
    HOME,
    THIRD,
    assert_clean,
    assert_works,
    choose,
    connection,
    disconnect,
    ended,
    held,
    more_books,
    spin,
)
from tests.services.test_reconnect import ELSEWHERE
from tests.world import ACCOUNT, World


@pytest.fixture
def books(world: World) -> World:
    """The Xero user keeps three sets of books."""
    return more_books(world)


def assert_waits(world: World, *organisations: str) -> None:
    """Nothing was asked of Xero, and these are still there; both lists say what that waits for."""
    asked = len(world.requests("DELETE", "/connections/"))
    spin(world)
    assert held(world) == sorted(organisations)
    assert len(world.requests("DELETE", "/connections/")) == asked
    shown = removals_of(world.engine.store, connection(world))
    assert {one.state for one in shown} == {"waiting"}
    assert "Nothing is removed in Xero before the account goes back" in shown[0].words
    assert removals_of_all(world.engine.store) == shown
    assert_clean(world)


@pytest.mark.article("R17")
@pytest.mark.parametrize("user", ["", "the new bookkeeper"])
def test_a_consent_for_other_books_removes_nothing_before_a_fresh_start_is_confirmed(books: World, user: str) -> None:
    former = connection(books)
    assert books.consent(ELSEWHERE, **({"user": user} if user else {})) == "elsewhere"
    assert_waits(books, HOME, ELSEWHERE)
    choose(books, ELSEWHERE)
    assert_waits(books, HOME, ELSEWHERE)
    choose(books, ELSEWHERE, afresh=True)
    (shown,) = removals_of(books.engine.store, connection(books))
    assert (shown.state, shown.xero_connection_id) == ("under_way", former.xero_connection_id)
    spin(books)
    assert held(books) == [ELSEWHERE]
    assert [end.in_xero for end in ended(books)] == ["removed"]
    assert removals_of_all(books.engine.store) == ()
    assert_works(books)
    assert_clean(books)


@pytest.mark.article("R17")
def test_going_back_keeps_the_former_connection_and_gives_up_what_was_on_offer_meanwhile(books: World) -> None:
    former = connection(books).xero_connection_id
    assert books.consent(ELSEWHERE) == "elsewhere"
    assert books.consent(THIRD) == "elsewhere"
    assert_waits(books, HOME, ELSEWHERE, THIRD)
    assert books.consent(HOME) == "resumed"
    spin(books)
    assert held(books) == [HOME]
    assert connection(books).xero_connection_id == former
    assert_works(books)
    assert_clean(books)


def test_disconnecting_before_anything_is_confirmed_leaves_nothing(books: World) -> None:
    books.consent(ELSEWHERE)
    books.consent(THIRD, user="the new bookkeeper")
    assert_waits(books, HOME, ELSEWHERE, THIRD)
    disconnect(books)
    assert held(books) == []
    assert removals_of_all(books.engine.store) == ()
    assert_clean(books)


def named_by_anothers_consent(world: World) -> None:
    """Another account of the same Xero user consents to the account's books as well, takes others, and leaves."""
    world.consent(HOME, ELSEWHERE, account=CLIENT)
    choose(world, ELSEWHERE, CLIENT)
    disconnect(world, CLIENT)
    assert held(world) == [HOME]


def refused_to_another(world: World) -> None:
    """Another account of the same Xero user picks the account's books, is refused, and leaves."""
    world.consent(HOME, account=CLIENT)
    with pytest.raises(OrganisationInUse):
        choose(world, HOME, CLIENT)
    disconnect(world, CLIENT)
    assert held(world) == [HOME]


@pytest.mark.parametrize("meanwhile", [named_by_anothers_consent, refused_to_another])
def test_what_anothers_consent_came_to_name_is_removed_after_a_fresh_start_all_the_same(
    books: World, meanwhile: Callable[[World], None]
) -> None:
    meanwhile(books)
    former = connection(books).xero_connection_id
    assert books.consent(ELSEWHERE) == "elsewhere"
    assert_waits(books, HOME, ELSEWHERE)
    choose(books, ELSEWHERE, afresh=True)
    spin(books)
    assert held(books) == [ELSEWHERE]
    assert [end.xero_connection_id for end in ended(books)] == [former]
    assert_works(books)
    assert_clean(books)


class KnowsConsentsAlone(Connect):
    """Takes for the account's own only what its own consents are named by."""

    def _leaves_behind(self, before: Connection, auth_event_id: str, session: XeroSession) -> bool:
        return super()._leaves_behind(msgspec.structs.replace(before, xero_connection_id=""), auth_event_id, session)


def test_looking_at_the_names_of_consents_alone_leaves_the_former_connection_for_good(books: World) -> None:
    named_by_anothers_consent(books)
    right = getattr(books.engine.set_up.come_back, "__self__", None)
    assert isinstance(right, Connect)
    right.__class__ = KnowsConsentsAlone
    assert books.consent(ELSEWHERE) == "elsewhere"
    choose(books, ELSEWHERE, afresh=True)
    spin(books)
    assert held(books) == sorted([HOME, ELSEWHERE])


def test_the_log_says_which_grants_waited_and_when_they_were_let_go(books: World) -> None:
    first = connection(books).grant_id
    books.consent(ELSEWHERE)
    second = connection(books).grant_id
    books.consent(HOME)
    events = books.engine.store.events_of(books.lane)
    consents = [(e.leaves, e.leaves_later) for e in events if isinstance(e, Connected)]
    assert consents == [(None, None), (None, first), (second, None)]
    chosen = [e.leaves_now for e in events if isinstance(e, OrganisationSelected)]
    assert chosen == [(), (first,)]
    spin(books)
    assert {e.grant_id for e in ended(books) if isinstance(e, AccessRemoved)} == {first, second}
    assert connection(books, ACCOUNT).waiting == ()
