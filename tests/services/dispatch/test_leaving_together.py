"""One Xero user, several accounts: whoever leaves takes nothing from the others, and the last one leaves nothing."""

from typing import Any

import pytest

from domain.connection import AccessRemoved
from domain.refusals import OrganisationInUse
from domain.streams import connection_id
from services.dispatch.remove_connection import RemoveConnection
from services.dispatch.what_leaves import WhatLeaves
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
from tests.world import ACCOUNT, OWNER, World


@pytest.fixture
def books(world: World) -> World:
    """The Xero user keeps three sets of books."""
    return more_books(world)


@pytest.mark.article("R16")
def test_an_account_that_leaves_before_it_chose_gives_up_what_it_was_offered_and_harms_nobody(books: World) -> None:
    assert books.consent(ELSEWHERE, THIRD, account=CLIENT) == "connected"
    disconnect(books, CLIENT)
    assert held(books) == [HOME]
    (end,) = ended(books, CLIENT)
    assert isinstance(end, AccessRemoved)
    assert (end.in_xero, end.revoked, len(end.removed)) == ("gone", False, 2)
    assert_works(books)


def test_the_wrong_books_ticked_before_leaving_stay_with_the_account_whose_they_are(books: World) -> None:
    books.consent(ELSEWHERE, account=CLIENT)
    choose(books, ELSEWHERE, CLIENT)
    assert books.consent(ELSEWHERE) == "elsewhere"
    disconnect(books)
    assert held(books) == [ELSEWHERE]
    assert_works(books, CLIENT)
    # The connection names the consent of the account that left; the one whose it is removes it all the same.
    disconnect(books, CLIENT)
    assert held(books) == []
    assert_clean(books)


def test_what_another_account_may_still_choose_stays(books: World) -> None:
    books.consent(HOME, ELSEWHERE)
    books.consent(ELSEWHERE, account=CLIENT)
    disconnect(books)
    assert held(books) == [ELSEWHERE]
    choose(books, ELSEWHERE, CLIENT)
    assert_works(books, CLIENT)


def test_what_somebody_is_just_bringing_back_from_xero_is_not_removed(books: World) -> None:
    """Whose the consent is cannot be known before it is here; if it never comes, nobody can choose by it any more."""
    books.engine.set_up.disconnect(ACCOUNT, OWNER)
    way = books.leave_for_xero(CLIENT)
    answer = books.answer_in_xero(way, HOME)
    books.work()
    assert held(books) == [HOME]
    assert books.engine.set_up.come_back(answer, way.browser) == "connected"
    spin(books)
    assert held(books) == [HOME]
    choose(books, HOME, CLIENT)
    assert_works(books, CLIENT)
    # The next one never comes back: the connection goes with the account that used it.
    way = books.leave_for_xero("third-client")
    books.answer_in_xero(way, HOME)
    books.engine.set_up.disconnect(CLIENT, OWNER)
    books.engine.dispatcher.look_at(connection_id(CLIENT))
    assert held(books) == [HOME]
    with books.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.oauth_state SET expires_at = app.now() - interval '1 second'")
    books.later(31)
    spin(books, CLIENT)
    assert held(books) == []


class MindsNobody(WhatLeaves):
    """Removes whatever the account's consents gave, whoever needs it."""

    def is_needed(self, subject: Any, one: Any) -> bool:
        return False


class MindsTheUsedOne(WhatLeaves):
    """Removes the connection that was used, and none of those that were only on offer."""

    def _offered(self, subject: Any, listed: Any) -> list[Any]:
        return []


@pytest.mark.parametrize(("judge", "left"), [(WhatLeaves, [HOME]), (MindsNobody, []), (MindsTheUsedOne, [HOME, THIRD])])
def test_only_looking_at_everything_keeps_what_others_need_and_leaves_nothing_else(
    books: World, judge: type[WhatLeaves], left: list[str]
) -> None:
    engine = books.engine
    judging = judge(engine.store, engine.grants, engine.vault.oauth_states)
    engine.kinds["remove_connection"] = RemoveConnection(engine.grants, engine.oauth, judging)
    books.consent(HOME, THIRD, account=CLIENT)
    disconnect(books, CLIENT)
    assert held(books) == sorted(left)


@pytest.mark.parametrize("first", [ACCOUNT, CLIENT])
def test_two_accounts_of_one_user_that_leave_together_leave_nothing(books: World, first: str) -> None:
    books.consent(ELSEWHERE, account=CLIENT)
    choose(books, ELSEWHERE, CLIENT)
    for account in (ACCOUNT, CLIENT):
        books.engine.set_up.disconnect(account, OWNER)
    spin(books, first, CLIENT if first == ACCOUNT else ACCOUNT)
    assert held(books) == []
    assert [
        end.revoked for who in (ACCOUNT, CLIENT) for end in ended(books, who) if isinstance(end, AccessRemoved)
    ] in (
        [False, True],
        [True, False],
    )


@pytest.mark.article("R17")
def test_a_refused_consent_for_anothers_books_takes_nothing_from_who_has_them(books: World) -> None:
    before = books.engine.set_up.organisations(ACCOUNT)
    books.consent(account=CLIENT)
    with pytest.raises(OrganisationInUse):
        choose(books, HOME, CLIENT)
    assert (
        [(one.organisation_id, one.connection_id) for one in books.engine.set_up.organisations(ACCOUNT)]
        == [(one.organisation_id, one.connection_id) for one in before]
        == [(HOME, connection(books).xero_connection_id)]
    )
    choose(books, HOME)
    disconnect(books, CLIENT)
    assert held(books) == [HOME]
    assert_works(books)
    assert connection(books).gate_open
    disconnect(books)
    assert held(books) == []
