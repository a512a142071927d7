"""Which Xero contact stands for a Kyrios contact: the table of verdicts, and laws that hold for any directory."""

import datetime as dt
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.causes import CATALOGUE, Cause
from domain.contact_link import ContactLink
from domain.contact_matching import (
    ContactStanding,
    Directory,
    DirectoryContact,
    Sought,
    email_key,
    like_name_key,
    standing_of,
    tidy_name,
)
from tests.examples import ACCOUNT, CONTACT, NOON, ORGANISATION, OTHER_ORGANISATION

READ: Final = NOON
LATER: Final = NOON + dt.timedelta(minutes=1)
CONTACTS: Final = (
    DirectoryContact("a"),
    DirectoryContact("b"),
    DirectoryContact("gone", "ARCHIVED"),
    DirectoryContact("into-a", "ARCHIVED", "a"),
    DirectoryContact("into-into-a", "ARCHIVED", "into-a"),
    DirectoryContact("into-gone", "ARCHIVED", "gone"),
    DirectoryContact("into-new", "ARCHIVED", "not read yet"),
    DirectoryContact("round", "ARCHIVED", "and round"),
    DirectoryContact("and round", "ARCHIVED", "round"),
    DirectoryContact("erased", "GDPRREQUEST"),
)
REFUSED: Final = Cause("rejected_by_xero", key=CONTACT)
TAKEN: Final = Cause("contact_name_taken", key=CONTACT)


def link(xero_contact_id: str | None = None, **more: Any) -> ContactLink:
    facts: dict[str, Any] = {"organisation_id": ORGANISATION, "asked_in": ORGANISATION} | more
    return ContactLink(
        account_id=ACCOUNT, kyrios_contact_id=CONTACT, version=1, xero_contact_id=xero_contact_id, **facts
    )


def refused(cause: Cause, **more: Any) -> ContactLink:
    return link(refused_for=cause, **{"refused_at": NOON, "refused_hash": "sent", **more})


def stands(
    known_link: ContactLink | None = None, *, create: bool = True, read: dt.datetime | None = READ, **sought: Any
) -> ContactStanding:
    """How the contact stands, by the fits given as `by_email`, `by_name`, `by_like_name`."""
    asked = Sought(kyrios_contact_id=CONTACT, link=known_link, fragment_hash="sent", **sought)
    directory = Directory(contacts={c.xero_contact_id: c for c in CONTACTS}, read_since=read)
    return standing_of(asked, directory, ORGANISATION, may_create=create)


@pytest.mark.parametrize(
    ("verdict", "found", "how", "codes", "known"),
    [
        # by link
        ("linked", "a", None, [], {"known_link": link("a")}),
        ("linked", "unheard-of", None, [], {"known_link": link("unheard-of")}),
        ("linked", "a", None, [], {"known_link": link("a"), "by_email": ("b",)}),
        ("linked", "a", None, [], {"known_link": link("a"), "read": None}),
        ("link", "a", "merged", [], {"known_link": link("into-a")}),
        ("link", "a", "merged", [], {"known_link": link("into-into-a")}),
        ("link", "not read yet", "merged", [], {"known_link": link("into-new")}),
        ("archived", "", None, ["contact_archived"], {"known_link": link("gone")}),
        ("archived", "", None, ["contact_archived"], {"known_link": link("into-gone")}),
        ("archived", "", None, ["contact_archived"], {"known_link": link("round")}),
        ("archived", "", None, ["contact_archived"], {"known_link": link("erased")}),
        ("wanted", "", None, ["contact_pending"], {"known_link": link("a", organisation_id=OTHER_ORGANISATION)}),
        # by e-mail
        ("link", "a", "email", [], {"by_email": ("a",)}),
        ("link", "a", "email", [], {"by_email": ("a",), "by_name": ("b",), "by_like_name": ("b",)}),
        ("link", "a", "email", [], {"by_email": ("a", "gone")}),
        ("link", "a", "email", [], {"by_email": ("into-a", "a", "into-into-a")}),
        ("link", "a", "email", [], {"by_email": ("a",), "create": False}),
        ("ambiguous", "", None, ["contact_ambiguous"], {"by_email": ("a", "b")}),
        ("link", "b", "name", [], {"by_email": ("a", "b"), "by_name": ("b",)}),
        # by exact name
        ("link", "a", "name", [], {"by_name": ("a",), "by_like_name": ("a",)}),
        ("link", "b", "name", [], {"by_email": ("gone",), "by_name": ("b",)}),
        ("ambiguous", "", None, ["contact_ambiguous"], {"by_name": ("a", "b")}),
        # by a name that is another customer's already
        ("name_taken", "", None, ["contact_name_taken"],
         {"by_name": ("a",), "by_like_name": ("a",), "of_others": ("a",)}),
        ("name_taken", "", None, ["contact_name_taken"],
         {"by_name": ("into-a",), "by_like_name": ("into-a",), "of_others": ("a",)}),
        ("link", "b", "name", [], {"by_name": ("a", "b"), "by_like_name": ("a", "b"), "of_others": ("a",)}),
        ("link", "a", "email", [], {"by_email": ("a",), "by_name": ("a",), "of_others": ("a",)}),
        ("link", "a", "name", [], {"by_email": ("a", "b"), "by_name": ("a",), "of_others": ("a",)}),
        ("linked", "a", None, [], {"known_link": link("a"), "of_others": ("a",)}),
        # nobody fits
        ("wanted", "", None, ["contact_pending"], {}),
        ("missing", "", None, ["contact_missing"], {"create": False}),
        ("missing", "", None, ["contact_missing"], {"known": False}),
        ("name_taken", "", None, ["contact_name_taken"], {"by_like_name": ("a",)}),
        ("name_taken", "", None, ["contact_name_taken"], {"by_like_name": ("a",), "create": False}),
        ("wanted", "", None, ["contact_pending"], {"by_like_name": ("gone",)}),
        ("archived", "", None, ["contact_archived"], {"by_email": ("gone",)}),
        ("archived", "", None, ["contact_archived"], {"by_name": ("gone",), "create": False}),
        # a person parted them
        ("wanted", "", None, ["contact_pending"], {"known_link": link(cut=("a",)), "by_email": ("a",)}),
        ("link", "b", "email", [], {"known_link": link(cut=("a",)), "by_email": ("a", "b")}),
        (
            "name_taken", "", None, ["contact_name_taken"],
            {"known_link": link(cut=("a",)), "by_name": ("a",), "by_like_name": ("a",)},
        ),
        # it is on its way
        ("pending", "", None, ["contact_pending"], {"known_link": link(wanted=True)}),
        ("pending", "", None, ["contact_pending"], {"known_link": link(wanted=True), "by_email": ("a",)}),
        ("link", "a", "email", [], {"known_link": link(wanted=True, asked_in=OTHER_ORGANISATION), "by_email": ("a",)}),
        # nobody has looked yet
        ("unread", "", None, ["contact_pending"], {"read": None}),
        ("unread", "", None, ["contact_missing"], {"read": None, "create": False}),
        # what is kept of it cannot be opened
        ("unreadable", "", None, ["internal_error"], {"known": False, "unreadable": True}),
        ("unreadable", "", None, ["internal_error"], {"unreadable": True, "known_link": refused(REFUSED)}),
        ("linked", "a", None, [], {"known_link": link("a"), "unreadable": True}),
        ("pending", "", None, ["contact_pending"], {"known_link": link(wanted=True), "unreadable": True}),
        # Xero refused it
        ("refused", "", None, ["rejected_by_xero"], {"known_link": refused(REFUSED)}),
        ("refused", "", None, ["rejected_by_xero"], {"known_link": refused(REFUSED), "read": LATER}),
        ("wanted", "", None, ["contact_pending"], {"known_link": refused(REFUSED, refused_hash="other name")}),
        ("wanted", "", None, ["contact_pending"], {"known_link": refused(REFUSED, asked_in=OTHER_ORGANISATION)}),
        ("refused", "", None, ["contact_name_taken"], {"known_link": refused(TAKEN)}),
        ("wanted", "", None, ["contact_pending"], {"known_link": refused(TAKEN), "read": LATER}),
        ("link", "a", "name", [], {"known_link": refused(TAKEN), "by_name": ("a",)}),
    ],
)  # fmt: skip
def test_how_a_contact_stands(verdict: str, found: str, how: str | None, codes: list[str], known: Any) -> None:
    standing = stands(**known)
    assert (standing.verdict, standing.xero_contact_id, standing.how) == (verdict, found, how)
    assert [cause.code for cause in standing.causes] == codes
    assert {cause.key for cause in standing.causes} <= {CONTACT}


_IDS: Final = st.sampled_from([c.xero_contact_id for c in CONTACTS])
_SOME: Final = st.lists(_IDS, unique=True, max_size=5).map(tuple)
_LINKS: Final = st.one_of(
    st.none(),
    st.builds(
        link,
        st.one_of(st.none(), _IDS),
        wanted=st.booleans(),
        cut=_SOME,
        refused_for=st.sampled_from([None, REFUSED, TAKEN]),
        refused_at=st.just(NOON),
        refused_hash=st.sampled_from(["", "sent"]),
    ),
)


@given(_LINKS, _SOME, _SOME, _SOME, st.booleans(), st.booleans())
def test_an_invoice_goes_only_to_an_active_contact_and_waits_for_a_cause_of_the_catalogue(
    known: ContactLink | None,
    by_email: tuple[str, ...],
    by_name: tuple[str, ...],
    by_like_name: tuple[str, ...],
    create: bool,
    read: bool,
) -> None:
    standing = stands(
        known, by_email=by_email, by_name=by_name, by_like_name=by_like_name, create=create, read=READ if read else None
    )
    assert bool(standing.causes) is (standing.verdict not in ("linked", "link"))
    assert bool(standing.xero_contact_id) is not bool(standing.causes)
    assert (standing.how is not None) is (standing.verdict == "link")
    assert {cause.code for cause in standing.causes} <= CATALOGUE.keys()
    active = {c.xero_contact_id for c in CONTACTS if c.active} | {"not read yet"}
    assert standing.xero_contact_id in active | {""}
    if standing.verdict == "wanted":
        assert create
        assert read


@given(_SOME, _SOME, st.permutations(CONTACTS), st.randoms())
def test_the_order_of_candidates_decides_nothing(
    by_email: tuple[str, ...], by_name: tuple[str, ...], contacts: list[DirectoryContact], random: Any
) -> None:
    shuffled = [list(by_email), list(by_name)]
    for candidates in shuffled:
        random.shuffle(candidates)
    one, other = (
        standing_of(
            Sought(kyrios_contact_id=CONTACT, by_email=tuple(emails), by_name=tuple(names), by_like_name=tuple(names)),
            Directory(contacts={c.xero_contact_id: c for c in contacts}, read_since=READ),
            ORGANISATION,
            may_create=True,
        )
        for emails, names in ((by_email, by_name), shuffled)
    )
    assert one == other


def test_the_same_cause_again_is_no_reason_to_look_again() -> None:
    ambiguous = stands(by_email=("a", "b"))
    assert not ambiguous.differs_from(ambiguous.causes)
    assert not ambiguous.differs_from([Cause("total_mismatch")])
    assert ambiguous.differs_from([Cause("contact_archived", key=CONTACT)])
    assert stands(by_email=("a",)).differs_from(ambiguous.causes)
    assert not stands(link(wanted=True)).differs_from([Cause("contact_pending", key=CONTACT)])


def test_a_contact_nobody_has_asked_for_yet_is_a_reason_to_look_again() -> None:
    assert stands().differs_from([Cause("contact_pending", key=CONTACT)])
    assert not stands().differs_from([Cause("total_mismatch")])


def test_emails_are_the_same_but_for_letter_case_and_outer_blanks() -> None:
    assert email_key(" Accounts@Harbour-Books.Example ") == email_key("accounts@harbour-books.example")
    assert email_key("  ") == ""


@pytest.mark.parametrize(
    ("name", "tidy"), [("  Harbour   Books ", "Harbour Books"), ("Tu\u0304i\u0304", "Tūī"), ("Ltd\tNZ", "Ltd NZ")]
)
def test_names_are_compared_as_xero_keeps_them(name: str, tidy: str) -> None:
    assert tidy_name(name) == tidy
    assert like_name_key(name) == like_name_key(tidy.upper())


def test_letter_case_makes_an_exact_name_another() -> None:
    assert tidy_name("HARBOUR BOOKS") != tidy_name("Harbour Books")
