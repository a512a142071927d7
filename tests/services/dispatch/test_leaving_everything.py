"""Whoever leaves leaves nothing behind in Xero: no connection that only this account held, however it left, and none
that the account's own newer consent still needs."""

import pytest

from adapters.xero.errors import NotConnected
from domain import connection as connections
from domain.connection import AccessRemoved, ConnectionRemoved, Disconnected, DisconnectReason
from domain.event import ENGINE
from domain.refusals import NotPossible
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
from tests.world import ACCOUNT, World, example_invoices


@pytest.fixture
def books(world: World) -> World:
    """The Xero user keeps three sets of books."""
    return more_books(world)


# ── other books, other consents ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.article("R17")
def test_a_consent_for_other_books_and_a_fresh_start_there_leave_nothing_of_the_former(books: World) -> None:
    former = connection(books)
    assert books.consent(ELSEWHERE) == "elsewhere"
    choose(books, ELSEWHERE, afresh=True)
    spin(books)
    assert held(books) == [ELSEWHERE]
    (end,) = ended(books)
    assert (end.in_xero, end.xero_connection_id) == ("removed", former.xero_connection_id)
    assert isinstance(end, AccessRemoved)
    assert (end.revoked, end.removed) == (False, (former.xero_connection_id,))
    assert_works(books)
    assert_clean(books)
    disconnect(books)
    assert held(books) == []


@pytest.mark.article("R17")
def test_a_fresh_start_within_one_consent_removes_the_connection_that_was_left_and_no_other(books: World) -> None:
    assert books.consent(HOME, ELSEWHERE, THIRD) == "resumed"
    grant, former = connection(books).grant_id, connection(books).xero_connection_id
    choose(books, ELSEWHERE, afresh=True)
    spin(books)
    assert held(books) == sorted([ELSEWHERE, THIRD])
    end = ended(books)[-1]
    assert isinstance(end, ConnectionRemoved)
    assert (end.in_xero, end.xero_connection_id, end.grant_id) == ("removed", former, grant)
    assert connection(books).grant_id == grant
    assert [one.organisation_id for one in books.engine.set_up.organisations(ACCOUNT)] == [ELSEWHERE, THIRD]
    assert_works(books)
    assert_clean(books)
    disconnect(books)
    assert held(books) == []
    assert_clean(books)


def test_choosing_removes_none_of_the_others_on_offer_and_disconnecting_removes_them_all(books: World) -> None:
    books.consent(ELSEWHERE, THIRD, account=CLIENT, user="an accountant")
    choose(books, THIRD, CLIENT)
    spin(books, CLIENT)
    assert held(books) == sorted([HOME, ELSEWHERE, THIRD])
    disconnect(books, CLIENT)
    assert held(books) == [HOME]
    (end,) = ended(books, CLIENT)
    assert isinstance(end, AccessRemoved)
    assert (end.in_xero, end.revoked, len(end.removed)) == ("removed", True, 2)
    assert_works(books)


def test_the_books_are_chosen_again_before_their_connection_was_removed_and_keep_it(books: World) -> None:
    books.consent(HOME, ELSEWHERE)
    choose(books, ELSEWHERE, afresh=True)
    choose(books, HOME, afresh=True)
    spin(books)
    assert held(books) == [HOME]
    assert [(type(end), end.in_xero) for end in ended(books)[-2:]] == [
        (ConnectionRemoved, "replaced"),
        (ConnectionRemoved, "removed"),
    ]
    assert_works(books)


def test_the_account_leaves_altogether_before_the_connection_it_left_was_removed(books: World) -> None:
    books.consent(HOME, ELSEWHERE)
    choose(books, ELSEWHERE, afresh=True)
    disconnect(books)
    assert held(books) == []
    assert_clean(books)


def test_the_consent_of_another_xero_user_takes_the_former_one_back(world: World) -> None:
    assert world.consent(user="the new bookkeeper") == "resumed"
    spin(world)
    assert held(world) == [HOME]
    (end,) = ended(world)
    assert isinstance(end, AccessRemoved)
    assert (end.in_xero, end.revoked) == ("replaced", True)
    assert_works(world)
    disconnect(world)
    assert held(world) == []
    assert_clean(world)


def test_the_same_user_consents_to_fewer_books_and_the_rest_is_given_up(books: World) -> None:
    books.consent(HOME, ELSEWHERE, THIRD)
    assert books.consent(HOME, THIRD) == "resumed"
    spin(books)
    assert held(books) == sorted([HOME, THIRD])
    assert_works(books)


def test_a_consent_of_another_user_for_the_wrong_books_is_no_trace_either_once_the_account_leaves(books: World) -> None:
    assert books.consent(ELSEWHERE, user="the new bookkeeper") == "elsewhere"
    disconnect(books)
    assert held(books) == []
    assert_clean(books)


# ── however it ends ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.article("R16")
@pytest.mark.parametrize("reason", ["inactivity", "removed_in_xero"])
def test_whatever_ends_it_what_was_on_offer_goes_too(books: World, reason: DisconnectReason) -> None:
    books.consent(HOME, ELSEWHERE)
    books.engine.handling.carry_out(
        books.lane, connections.evolve, lambda state, at: connections.disconnect(state, reason, {}, at), ENGINE
    )
    spin(books)
    assert held(books) == []


def test_authorisation_lost_while_a_former_consent_is_still_removed_ends_both(books: World) -> None:
    """The tokens of both are dead: nothing can be removed, and nothing of either is kept."""
    books.consent(HOME, ELSEWHERE)
    assert books.consent(THIRD) == "elsewhere"
    known = connection(books)
    assert known.grant_id is not None
    assert (len(known.waiting), known.departures) == (1, ())
    books.engine.oauth.revoke(books.engine.grants.read(known.grant_id).tokens.refresh_token)
    books.control.post("/expire_tokens").raise_for_status()
    books.engine.handling.carry_out(
        books.lane,
        connections.evolve,
        lambda state, at: connections.disconnect(state, "authorisation_lost", {}, at),
        ENGINE,
    )
    spin(books)
    assert sorted(end.in_xero for end in ended(books)[-2:]) == ["refused", "refused"]
    assert held(books) == []
    assert_clean(books)


def test_removed_in_xero_while_a_former_consent_is_still_removed_ends_both(books: World) -> None:
    books.fault("http_500_before", method="DELETE", path="/connections")
    assert books.consent(user="the new bookkeeper") == "resumed"
    books.work()
    assert len(connection(books).departures) == 1
    books.control.delete(f"/organisations/{HOME}/connection").raise_for_status()
    books.queue(example_invoices(1))
    spin(books)
    (gone,) = (e for e in books.engine.store.events_of(books.lane) if isinstance(e, Disconnected))
    assert gone.reason == "removed_in_xero"
    assert len(ended(books)) == 2
    assert held(books) == []
    assert_clean(books)


@pytest.mark.parametrize("fault", ["answer_lost", "http_500_before", "http_500_after", "reset"])
def test_of_several_connections_one_gets_no_clear_answer_and_all_go(books: World, fault: str) -> None:
    books.consent(HOME, ELSEWHERE, THIRD)
    second = next(
        one["id"]
        for one in books.control.get("/ledger/connections").json()["connections"]
        if one["tenantId"] == ELSEWHERE
    )
    lost = books.fault(fault, method="DELETE", path=f"/connections/{second}")
    disconnect(books)
    books.wait_for_fault(lost)
    assert held(books) == []
    assert_clean(books)


def test_books_left_within_a_consent_and_never_answered_for_are_remembered_and_the_tokens_stay(books: World) -> None:
    books.fault("http_500_before", method="DELETE", path="/connections", times=None)
    books.consent(HOME, ELSEWHERE)
    left = connection(books).xero_connection_id
    choose(books, ELSEWHERE, afresh=True)
    books.work()
    books.later(25 * 3600)
    assert books.engine.overdue_removals.step() == 1
    known = connection(books)
    assert known.departures == ()
    assert [one.xero_connection_id for one in known.unanswered] == [left]
    assert (ended(books)[-1].in_xero, type(ended(books)[-1])) == ("unanswered", ConnectionRemoved)
    assert_works(books)
    assert_clean(books)
    # Leaving altogether takes it along, and it is forgotten.
    books.control.delete("/faults").raise_for_status()
    disconnect(books)
    assert held(books) == []
    assert connection(books).unanswered == ()


# ── whoever is asked meanwhile ──────────────────────────────────────────────────────────────────────────────────────


def test_a_consent_that_does_not_reach_the_former_books_is_not_ended_because_they_cannot_be_read(books: World) -> None:
    assert books.consent(ELSEWHERE) == "elsewhere"
    spin(books)
    assert held(books) == sorted([HOME, ELSEWHERE])
    with books.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.reference_data SET read_at = read_at - interval '48 hours'")
    asked = len(books.requests("GET", "/"))
    books.engine.references.round()
    assert len(books.requests("GET", "/")) == asked
    with pytest.raises(NotPossible, match="choose one first"):
        books.engine.set_up.ledger_accounts(ACCOUNT)
    known = connection(books)
    books.engine.dispatcher._lost.hear(known, NotConnected("AuthenticationUnsuccessful", status=403))
    assert connection(books) == known
    choose(books, ELSEWHERE, afresh=True)
    assert_works(books)


def test_a_call_to_the_books_that_were_just_left_says_nothing_of_the_new_ones(books: World) -> None:
    books.consent(HOME, ELSEWHERE)
    books.queue(example_invoices(1))
    work = books.engine.dispatcher._claim.to_send(books.lane)
    assert work is not None
    choose(books, ELSEWHERE, afresh=True)
    books.work()
    assert held(books) == [ELSEWHERE]
    books.engine.dispatcher._carry_out(work)
    assert connection(books).disconnected_for is None
    assert_works(books)
