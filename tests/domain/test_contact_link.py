"""Which Xero contact stands for a Kyrios contact."""

from typing import Any, Final

import pytest

from domain.causes import Cause
from domain.contact_link import (
    ContactLinked,
    ContactRefused,
    ContactUnlinked,
    ContactWanted,
    SubjectErased,
    link,
    move,
    refuse,
    unlink,
    want,
    want_again,
)
from domain.event import Event
from domain.refusals import NotPossible
from tests.examples import ACCOUNT, CONTACT, ORGANISATION, OTHER_ORGANISATION, XERO_CONTACT, identity, moment
from tests.given import fact, folded, given

LINKED: Final = fact(ContactLinked, kyrios_contact_id=CONTACT, xero_contact_id=XERO_CONTACT, how="person")
UNLINKED: Final = fact(ContactUnlinked, kyrios_contact_id=CONTACT, xero_contact_id=XERO_CONTACT)
WANTED: Final = fact(ContactWanted, kyrios_contact_id=CONTACT)
REFUSED: Final = fact(ContactRefused, kyrios_contact_id=CONTACT, cause=Cause("contact_name_taken", key=CONTACT))


def linking(xero_contact_id: str = XERO_CONTACT, organisation_id: str = ORGANISATION) -> tuple[Any, ...]:
    return link, ACCOUNT, CONTACT, xero_contact_id, "person", organisation_id


def linked(xero_contact_id: str = XERO_CONTACT, organisation_id: str = ORGANISATION) -> Event:
    return fact(
        ContactLinked,
        organisation_id=organisation_id,
        kyrios_contact_id=CONTACT,
        xero_contact_id=xero_contact_id,
        how="person",
    )


def test_a_contact_is_linked_and_how_is_recorded() -> None:
    given().when(*linking()).then(LINKED)


def test_the_same_link_again_is_no_news() -> None:
    given(LINKED).when(*linking()).then_nothing()


def test_a_link_to_another_xero_contact_replaces_the_first() -> None:
    outcome = given(LINKED).when(*linking("another")).then(linked("another"))
    assert outcome.state.xero_contact_id == "another"


def test_the_same_id_in_another_organisation_is_another_link() -> None:
    given(LINKED).when(*linking(organisation_id=OTHER_ORGANISATION)).then(linked(organisation_id=OTHER_ORGANISATION))


def test_a_contact_that_was_unlinked_can_be_linked_again() -> None:
    given(LINKED, UNLINKED).when(*linking()).then(LINKED)


def test_a_link_ends_the_wish_to_create_a_contact() -> None:
    assert folded(WANTED).wanted
    state = folded(WANTED, REFUSED, WANTED, LINKED)
    assert (state.wanted, state.refused_for) == (False, None)


def test_a_refusal_ends_the_wish_and_keeps_its_cause() -> None:
    state = folded(WANTED, REFUSED)
    assert (state.wanted, state.refused_for) == (False, Cause("contact_name_taken", key=CONTACT))


def test_a_contact_wanted_in_another_organisation_leaves_the_link_where_it_was_made() -> None:
    wanted = fact(ContactWanted, organisation_id=OTHER_ORGANISATION, kyrios_contact_id=CONTACT)
    state = folded(LINKED, wanted)
    assert (state.xero_contact_id, state.organisation_id) == (XERO_CONTACT, ORGANISATION)


def test_erasing_the_person_leaves_the_ids() -> None:
    state = folded(LINKED, fact(SubjectErased, organisation_id=None, kyrios_contact_id=CONTACT, reason="asked"))
    assert (state.erased, state.xero_contact_id, state.organisation_id) == (True, XERO_CONTACT, ORGANISATION)


def wanting(organisation_id: str = ORGANISATION) -> tuple[Any, ...]:
    return want, ACCOUNT, CONTACT, organisation_id


def test_a_contact_is_wanted_once_however_often_it_is_asked_for() -> None:
    given().when(*wanting()).then(WANTED)
    given(WANTED).when(*wanting()).then_nothing()


def test_a_contact_wanted_in_one_organisation_can_be_wanted_in_another() -> None:
    wanted = fact(ContactWanted, organisation_id=OTHER_ORGANISATION, kyrios_contact_id=CONTACT)
    given(WANTED).when(*wanting(OTHER_ORGANISATION)).then(wanted)


def test_a_refused_contact_is_tried_again_only_if_a_person_asks() -> None:
    given(WANTED, REFUSED).when(want_again, ORGANISATION).then(WANTED)
    given(WANTED).when(want_again, ORGANISATION).then_nothing()
    given(WANTED, REFUSED, LINKED).when(want_again, ORGANISATION).then_nothing()
    given(WANTED, REFUSED).when(want_again, OTHER_ORGANISATION).then_nothing()
    given().when(want_again, ORGANISATION).then_nothing()


def test_a_refusal_is_recorded_with_what_was_sent_and_where_xeros_words_are() -> None:
    cause, answer = Cause("rejected_by_xero", key=CONTACT), identity("answer")
    outcome = given(WANTED).when(refuse, cause, organisation_id=ORGANISATION, fragment_hash="sent", answer_ref=answer)
    outcome.then(fact(ContactRefused, kyrios_contact_id=CONTACT, cause=cause, fragment_hash="sent", answer_ref=answer))
    assert (outcome.state.refused_hash, outcome.state.answer_ref) == ("sent", answer)
    assert outcome.state.refused_at == moment().now


def test_a_contact_that_is_no_longer_wanted_is_not_refused() -> None:
    given(WANTED, LINKED).when(refuse, REFUSED.cause, organisation_id=ORGANISATION).then_nothing()


def test_a_link_that_is_cut_is_remembered_until_it_is_made_again() -> None:
    state = given(LINKED).when(unlink).then(UNLINKED).state
    assert (state.xero_contact_id, state.cut) == (None, (XERO_CONTACT,))
    assert folded(LINKED, UNLINKED, LINKED).cut == ()
    assert folded(LINKED, UNLINKED, linked("another")).cut == (XERO_CONTACT,)


def test_what_is_not_linked_cannot_be_cut_and_nothing_is_said() -> None:
    given().when(unlink).then_nothing()
    given(LINKED, UNLINKED).when(unlink).then_nothing()


def moved(*target: Event) -> list[Event]:
    return move(folded(LINKED), folded(*target) if target else None, CONTACT, "cus-002", moment())


def test_a_moved_link_stands_for_the_other_contact_and_the_first_one_follows() -> None:
    made, cut = moved()
    assert isinstance(made, ContactLinked)
    assert (made.kyrios_contact_id, made.xero_contact_id, made.how) == ("cus-002", XERO_CONTACT, "moved")
    assert isinstance(cut, ContactUnlinked)
    assert (cut.kyrios_contact_id, cut.moved_to) == (CONTACT, "cus-002")
    state = folded(LINKED, cut)
    assert (state.xero_contact_id, state.moved_to, state.cut) == (None, "cus-002", ())
    assert folded(LINKED, cut, LINKED).moved_to is None


def test_a_link_moved_to_a_contact_that_has_the_same_one_is_only_cut() -> None:
    same = fact(ContactLinked, kyrios_contact_id="cus-002", xero_contact_id=XERO_CONTACT, how="email")
    (cut,) = moved(same)
    assert isinstance(cut, ContactUnlinked)


def test_two_links_to_different_xero_contacts_cannot_become_one() -> None:
    other = fact(ContactLinked, kyrios_contact_id="cus-002", xero_contact_id="another", how="email")
    with pytest.raises(NotPossible, match=r"cus-002 is linked to Xero contact another already"):
        moved(other)


def test_what_is_not_linked_cannot_be_moved() -> None:
    with pytest.raises(NotPossible, match="no link to move"):
        move(folded(WANTED), None, CONTACT, "cus-002", moment())
    with pytest.raises(NotPossible, match="to itself"):
        move(folded(LINKED), None, CONTACT, CONTACT, moment())
