"""Which Xero contact stands for a Kyrios contact."""

from typing import Any, Final

from domain.causes import Cause
from domain.contact_link import ContactLinked, ContactRefused, ContactUnlinked, ContactWanted, SubjectErased, link
from domain.event import Event
from tests.examples import ACCOUNT, CONTACT, ORGANISATION, OTHER_ORGANISATION, XERO_CONTACT
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
