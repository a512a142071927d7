"""An invoice finds its customer in Xero by link, e-mail or name, and never changes what Xero holds of them."""

from typing import Any

import msgspec
import pytest

from domain.refusals import NotPossible
from tests.services.contacts.customers import (
    COASTAL,
    NORTHGATE,
    OLD_MILL,
    archive,
    bill,
    causes,
    customer,
    edit,
    in_xero,
    link_of,
    link_story,
    merge,
    put_contacts,
    read_contacts,
    settle,
    xero_contacts,
)
from tests.services.dispatch.seen import statuses, story
from tests.world import ACCOUNT, BACKEND, OWNER, World

BAKERY = customer("cus-b", "Coastal Bakery Limited", " Office@Coastal-Bakery.example ")


def later(world: World) -> None:
    """Let Xero's clock go on, so that what is changed now is seen to be newer."""
    world.control.post("/clock", json={"advance_seconds": 2}).raise_for_status()


def invoiced(world: World) -> list[str]:
    """The contacts Xero's invoices bear."""
    return [invoice["Contact"]["ContactID"] for invoice in world.in_xero()]


def how(world: World, contact_id: str) -> tuple[str | None, list[str]]:
    """To whom a customer is linked, and how each link was found."""
    link = link_of(world, contact_id)
    events = [e for _, e in world.engine.store.read_log(0, 10_000) if type(e).__name__ == "ContactLinked"]
    found = [str(e.how) for e in events if getattr(e, "kyrios_contact_id", "") == contact_id]  # type: ignore[attr-defined]
    return (link.xero_contact_id if link else None), found


def test_a_customer_is_found_by_email_and_the_invoice_goes_at_once(shop: World) -> None:
    bill(shop, BAKERY, 3)
    shop.work()
    assert story(shop) == ["InvoiceQueued", "InvoiceSynced"]
    assert invoiced(shop) == [COASTAL] * 3
    assert how(shop, "cus-b") == (COASTAL, ["email"])
    assert put_contacts(shop) == []


def test_a_customer_is_found_by_exact_name(shop: World) -> None:
    bill(shop, customer("cus-b", "Coastal  Bakery ", "another@address.example"))
    shop.work()
    assert how(shop, "cus-b") == (COASTAL, ["name"])
    assert invoiced(shop) == [COASTAL]


def test_a_contact_that_is_another_customers_is_not_found_by_its_name(shop: World) -> None:
    bill(shop, BAKERY)
    settle(shop)
    bill(shop, customer("cus-c", "Coastal Bakery", "office@coastal-bakery-south.example"), start=1)
    settle(shop)
    assert (invoiced(shop), causes(shop, "inv-1")) == ([COASTAL], [("contact_name_taken", "cus-c")])
    shop.engine.contact_links.unlink(ACCOUNT, "cus-b", OWNER)
    settle(shop)
    assert invoiced(shop) == [COASTAL, COASTAL], "nobody else's any more, it fits by its name"


@pytest.mark.complaint(2)
def test_a_name_that_differs_in_letter_case_is_not_linked_without_asking(shop: World) -> None:
    bill(shop, customer("cus-b", "COASTAL BAKERY"))
    settle(shop)
    assert causes(shop) == [("contact_name_taken", "cus-b")]
    assert put_contacts(shop) == []
    shop.engine.contact_links.link(ACCOUNT, {"cus-b": COASTAL}, OWNER)
    settle(shop)
    assert invoiced(shop) == [COASTAL]


def test_an_email_several_contacts_share_is_for_a_person_to_decide(shop: World) -> None:
    edit(shop, ContactID=NORTHGATE, EmailAddress="office@coastal-bakery.example")
    later(shop)
    read_contacts(shop)
    bill(shop, BAKERY, 2)
    settle(shop)
    assert causes(shop) == causes(shop, "inv-1") == [("contact_ambiguous", "cus-b")]
    found = shop.engine.contact_candidates(ACCOUNT, "cus-b")
    assert [(one.name, one.fits_by) for one in found.candidates] == [
        ("Coastal Bakery", ("email",)),
        ("Northgate Wines", ("email",)),
    ]
    assert (found.name, found.verdict) == ("Coastal Bakery Limited", "ambiguous")
    shop.engine.contact_links.link(ACCOUNT, {"cus-b": NORTHGATE.upper()}, OWNER)
    settle(shop)
    assert invoiced(shop) == [NORTHGATE] * 2


def test_ambiguity_that_ends_in_xero_lets_the_invoices_go(shop: World) -> None:
    edit(shop, ContactID=NORTHGATE, EmailAddress="office@coastal-bakery.example")
    read_contacts(shop)
    bill(shop, BAKERY)
    settle(shop)
    later(shop)
    edit(shop, ContactID=NORTHGATE, EmailAddress="accounts@northgate-wines.example")
    read_contacts(shop)
    settle(shop)
    assert invoiced(shop) == [COASTAL]


def test_a_customer_archived_in_xero_waits_and_goes_when_restored(shop: World) -> None:
    bill(shop, customer("cus-o", "Old Mill Café"))
    settle(shop)
    assert causes(shop) == [("contact_archived", "cus-o")]
    later(shop)
    edit(shop, ContactID=OLD_MILL, ContactStatus="ACTIVE")
    read_contacts(shop)
    settle(shop)
    assert invoiced(shop) == [OLD_MILL]
    assert put_contacts(shop) == []


@pytest.mark.article("R3")
@pytest.mark.complaint(3)
def test_a_linked_contact_archived_later_stops_its_invoices_until_another_is_linked(shop: World) -> None:
    shop.engine.contact_links.link(ACCOUNT, {"cus-n": NORTHGATE}, BACKEND)
    archive(shop, NORTHGATE)
    later(shop)
    read_contacts(shop)
    bill(shop, customer("cus-n", "Northgate Wines"))
    settle(shop)
    assert causes(shop) == [("contact_archived", "cus-n")]
    shop.engine.contact_links.link(ACCOUNT, {"cus-n": COASTAL}, OWNER)
    settle(shop)
    assert invoiced(shop) == [COASTAL]


@pytest.mark.article("R3")
@pytest.mark.complaint(3)
def test_a_link_follows_a_merge_in_xero(shop: World) -> None:
    shop.engine.contact_links.link(ACCOUNT, {"cus-n": NORTHGATE}, BACKEND)
    merge(shop, NORTHGATE, COASTAL)
    later(shop)
    read_contacts(shop)
    bill(shop, customer("cus-n", "Northgate Wines"))
    settle(shop)
    assert invoiced(shop) == [COASTAL]
    assert how(shop, "cus-n") == (COASTAL, ["person", "merged"])


def test_a_customer_whose_only_match_was_merged_is_linked_to_where_it_went(shop: World) -> None:
    merge(shop, NORTHGATE, COASTAL)
    later(shop)
    read_contacts(shop)
    bill(shop, customer("cus-n", "Northgate Wines", "accounts@northgate-wines.example"))
    settle(shop)
    assert how(shop, "cus-n") == (COASTAL, ["email"])


def test_a_contact_that_turns_up_while_one_is_about_to_be_created_is_linked_instead(shop: World) -> None:
    shop.fault("http_429_minute", method="PUT", path="/Contacts", retry_after=30)
    bill(shop, customer())
    settle(shop)
    assert link_story(shop) == ["ContactWanted"]
    edit(shop, Name="Kingfisher Rentals", ContactStatus="ACTIVE")
    shop.later(31)
    read_contacts(shop)
    settle(shop)
    assert statuses(shop, 1) == ["synced"]
    assert how(shop, "new-1")[1] == ["name"]
    assert len(put_contacts(shop)) == 1
    assert len(in_xero(shop, "Kingfisher Rentals")) == 1


@pytest.mark.article("R3")
@pytest.mark.complaint(2)
def test_an_invoice_never_changes_its_customer_in_xero(shop: World) -> None:
    shop.engine.contact_links.link(ACCOUNT, {"cus-n": NORTHGATE}, BACKEND)
    before = unchanging(shop)
    bill(shop, customer("cus-n", "Quite another name", "quite@another.example", "+64 9 555 0000"), 2)
    bill(shop, BAKERY, start=2)
    settle(shop)
    assert statuses(shop, 3) == ["synced"] * 3
    assert unchanging(shop) == before


def unchanging(world: World) -> list[dict[str, Any]]:
    """All contacts with all their properties."""
    return sorted(xero_contacts(world), key=lambda contact: str(contact["ContactID"]))


# ── what people do ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_link_that_was_cut_is_not_found_again_by_itself(shop: World) -> None:
    bill(shop, BAKERY)
    settle(shop)
    assert shop.engine.contact_links.unlink(ACCOUNT, "cus-b", OWNER)
    assert not shop.engine.contact_links.unlink(ACCOUNT, "cus-b", OWNER)
    bill(shop, BAKERY, start=1)
    settle(shop)
    (created,) = in_xero(shop, "Coastal Bakery Limited")
    assert invoiced(shop) == [COASTAL, created["ContactID"]]


def test_cutting_a_link_to_an_archived_contact_lets_its_invoices_look_for_another(shop: World) -> None:
    shop.engine.contact_links.link(ACCOUNT, {"cus-b": OLD_MILL}, BACKEND)
    bill(shop, BAKERY)
    settle(shop)
    assert causes(shop) == [("contact_archived", "cus-b")]
    shop.engine.contact_links.unlink(ACCOUNT, "cus-b", OWNER)
    settle(shop)
    assert invoiced(shop) == [COASTAL]


@pytest.mark.article("R3")
def test_a_link_moves_with_a_contact_merged_in_kyrios_and_what_waits_follows(shop: World) -> None:
    shop.engine.contact_links.link(ACCOUNT, {"cus-1": NORTHGATE}, BACKEND)
    shop.engine.set_up.change_setting(ACCOUNT, "contact.create", "off", OWNER)
    bill(shop, customer("cus-2", "Nobody Knows"))
    settle(shop)
    assert causes(shop) == [("contact_missing", "cus-2")]
    assert shop.engine.contact_links.move(ACCOUNT, "cus-1", "cus-2", BACKEND) == NORTHGATE
    settle(shop)
    bill(shop, customer("cus-1", "Nobody Knows Either"), start=1)
    settle(shop)
    assert invoiced(shop) == [NORTHGATE, NORTHGATE]
    assert how(shop, "cus-2") == (NORTHGATE, ["moved"])
    assert how(shop, "cus-1")[0] is None


def test_a_person_who_links_is_faster_than_a_creation_that_waits(shop: World) -> None:
    shop.fault("http_429_minute", method="PUT", path="/Contacts", retry_after=30)
    bill(shop, customer())
    settle(shop)
    shop.engine.contact_links.link(ACCOUNT, {"new-1": NORTHGATE}, OWNER)
    shop.later(31)
    settle(shop)
    assert invoiced(shop) == [NORTHGATE]
    assert [(e["kind"], e["state"]) for e in shop.outbox()][1] == ("create_contact", "WITHDRAWN")
    assert in_xero(shop, "Kingfisher Rentals") == []


def test_a_contact_that_is_being_created_cannot_be_linked_elsewhere_meanwhile(shop: World) -> None:
    shop.fault("answer_lost", method="PUT", path="/Contacts")
    bill(shop, customer())
    settle(shop)
    with pytest.raises(NotPossible, match="new-1 is on its way to Xero"):
        shop.engine.contact_links.link(ACCOUNT, {"new-1": NORTHGATE}, OWNER)
    shop.later(3.1)
    settle(shop)
    assert shop.engine.contact_links.link(ACCOUNT, {"new-1": NORTHGATE}, OWNER) == 1


def test_candidates_are_shown_with_everything_that_speaks_for_them(shop: World) -> None:
    bill(shop, customer("cus-b", "Coastal Bakery", "office@coastal-bakery.example"))
    shop.work()
    found = shop.engine.contact_candidates(ACCOUNT, "cus-b")
    (one,) = found.candidates
    assert msgspec.structs.asdict(one) == {
        "xero_contact_id": COASTAL,
        "name": "Coastal Bakery",
        "email": "office@coastal-bakery.example",
        "phone": "+64 4 555 0102",
        "status": "ACTIVE",
        "merged_to": "",
        "fits_by": ("link", "email", "name"),
    }
    assert (found.verdict, found.xero_contact_id) == ("linked", COASTAL)


def test_nobody_is_a_candidate_for_a_customer_that_is_not_known(shop: World) -> None:
    with pytest.raises(NotPossible, match="has no contact cus-x"):
        shop.engine.contact_candidates(ACCOUNT, "cus-x")
