"""A customer Xero does not have is created there once, whatever happens on the way, and its invoices follow."""

from pathlib import Path

import msgspec
import pytest

from adapters.simulator.server import Simulator
from adapters.xero.answers import ContactsAnswer
from adapters.xero.session import BeforeSend, XeroSession, nothing
from services.bootstrap import Parts
from services.proof.verify import verify
from tests.services.contacts.customers import (
    bill,
    billed,
    causes,
    customer,
    edit,
    in_xero,
    link_of,
    link_story,
    put_contacts,
    read_contacts,
    settle,
    xero_contacts,
)
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.seen import statuses, story
from tests.world import ACCOUNT, OWNER, World, example_invoices, world_on

KINGFISHER = customer(email="hello@kingfisher.example", phone="+64 4 555 0199")


@pytest.mark.article("R1")
def test_a_customer_xero_does_not_have_is_created_and_the_invoice_goes(shop: World) -> None:
    bill(shop, KINGFISHER)
    shop.work()
    assert causes(shop) == [("contact_pending", "new-1")]
    assert link_story(shop) == ["ContactWanted", "ContactLinked"]
    settle(shop)
    (created,) = in_xero(shop, "Kingfisher Rentals")
    assert created["ContactNumber"] == "new-1"
    assert created["EmailAddress"] == "hello@kingfisher.example"
    assert [phone["PhoneNumber"] for phone in created["Phones"] if phone.get("PhoneNumber")] == ["+64 4 555 0199"]
    assert story(shop) == ["InvoiceQueued", "InvoiceBlocked", "InvoiceReleased", "InvoiceSynced"]
    (invoice,) = shop.in_xero()
    assert invoice["Contact"]["ContactID"] == created["ContactID"]
    link = link_of(shop)
    assert link is not None
    assert link.xero_contact_id == created["ContactID"]


def test_one_contact_is_created_for_twelve_waiting_invoices(shop: World) -> None:
    bill(shop, KINGFISHER, 12)
    settle(shop)
    assert statuses(shop, 12) == ["synced"] * 12
    assert len(put_contacts(shop)) == 1
    assert len(in_xero(shop, "Kingfisher Rentals")) == 1
    assert link_story(shop) == ["ContactWanted", "ContactLinked"]


def test_many_new_customers_share_one_request(shop: World) -> None:
    issued = [
        billed(one, customer(f"new-{number}", f"Customer {number}")) for number, one in enumerate(example_invoices(60))
    ]
    shop.queue(issued)
    settle(shop)
    assert statuses(shop, 60) == ["synced"] * 60
    assert len(put_contacts(shop)) == 2
    names = [contact["Name"] for contact in xero_contacts(shop)]
    assert len({name for name in names if name.startswith("Customer ")}) == 60
    assert len(names) == len(set(names))


def test_no_contact_is_created_for_an_invoice_that_cannot_go_anyway(shop: World) -> None:
    (one,) = example_invoices(1)
    foreign = msgspec.structs.replace(one.document, currency="EUR")
    shop.queue([billed(msgspec.structs.replace(one, document=foreign), KINGFISHER)])
    settle(shop)
    assert causes(shop) == [("currency_not_enabled", "EUR")]
    assert put_contacts(shop) == []
    assert link_of(shop) is None


@pytest.mark.article("R1")
def test_nothing_is_created_if_the_account_does_not_want_that(shop: World) -> None:
    shop.engine.set_up.change_setting(ACCOUNT, "contact.create", "off", OWNER)
    bill(shop, KINGFISHER)
    settle(shop)
    assert causes(shop) == [("contact_missing", "new-1")]
    assert put_contacts(shop) == []
    shop.engine.set_up.change_setting(ACCOUNT, "contact.create", "on", OWNER)
    settle(shop)
    assert statuses(shop, 1) == ["synced"]


def test_nothing_is_created_before_xeros_contacts_have_been_read(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    with world_on(xero, database_url, tmp_path) as world:
        world.set_up(link=False)
        bill(world, KINGFISHER)
        bill(world, customer("cus-001", "Northgate Wines"), start=1)
        settle(world)
        assert causes(world) == [("contact_pending", "new-1")]
        assert link_of(world) is None
        read_contacts(world)
        settle(world)
        assert statuses(world, 2) == ["synced", "synced"]
        assert link_story(world, "cus-001") == ["ContactLinked"]
        assert len(put_contacts(world)) == 1


# ── crashes and lost answers ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["answer_lost", "http_500_after", "truncated_json"])
def test_a_contact_that_was_created_although_its_answer_was_lost_is_adopted_by_its_number(
    shop: World, kind: str
) -> None:
    shop.fault(kind, method="PUT", path="/Contacts")
    bill(shop, KINGFISHER, 3)
    settle(shop)
    assert statuses(shop, 3) == ["blocked"] * 3
    assert link_story(shop) == ["ContactWanted"]
    shop.later(3.1)
    settle(shop)
    assert statuses(shop, 3) == ["synced"] * 3
    assert len(put_contacts(shop)) == 1
    assert len(in_xero(shop, "Kingfisher Rentals")) == 1


@pytest.mark.parametrize("kind", ["reset", "http_500_before"])
def test_a_contact_that_was_not_created_is_sent_again_under_a_new_key(shop: World, kind: str) -> None:
    shop.fault(kind, method="PUT", path="/Contacts")
    bill(shop, KINGFISHER)
    settle(shop)
    shop.later(3.1)
    settle(shop)
    assert statuses(shop, 1) == ["synced"]
    first, second = (request["idempotency_key"] for request in put_contacts(shop))
    assert first != second
    assert len(in_xero(shop, "Kingfisher Rentals")) == 1


class DiesAfterCreating(XeroSession):
    """The process dies with the answer in its hands."""

    def put_contacts(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> ContactsAnswer:
        """Send, and die."""
        super().put_contacts(body, idempotency_key, before_send=before_send)
        raise KeyboardInterrupt


def test_a_death_between_creating_and_recording_makes_no_second_contact(shop: World) -> None:
    bill(shop, KINGFISHER, 2)
    with beside(shop, Parts(session=DiesAfterCreating)) as dying, pytest.raises(KeyboardInterrupt):
        dying.work()
    shop.later(60)
    assert shop.engine.dispatcher.recover(shop.lane) == 1
    shop.later(60)
    settle(shop)
    assert statuses(shop, 2) == ["synced", "synced"]
    assert len(put_contacts(shop)) == 1
    assert len(in_xero(shop, "Kingfisher Rentals")) == 1


class SentBefore(XeroSession):
    """The same contacts arrived once already, by a request nobody remembers."""

    def put_contacts(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> ContactsAnswer:
        """Send under a forgotten key, then under the right one."""
        super().put_contacts(body, "a key nobody remembers")
        return super().put_contacts(body, idempotency_key, before_send=before_send)


def test_a_name_taken_by_our_own_contact_is_adopted_at_once(shop: World) -> None:
    bill(shop, KINGFISHER)
    with beside(shop, Parts(session=SentBefore)) as other:
        other.work()
    settle(shop)
    assert statuses(shop, 1) == ["synced"]
    assert link_story(shop) == ["ContactWanted", "ContactLinked"]
    assert len(in_xero(shop, "Kingfisher Rentals")) == 1


def test_every_open_entry_follows_from_the_log_while_a_contact_is_created(shop: World) -> None:
    shop.fault("answer_lost", method="PUT", path="/Contacts")
    bill(shop, KINGFISHER, 2)
    settle(shop)
    found = verify(shop.engine.read)
    assert (found.clean, found.open_entries) == (True, 1), found.summary()
    shop.later(3.1)
    settle(shop)
    assert verify(shop.engine.read).clean


# ── refusals ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_name_taken_since_the_contacts_were_read_waits_for_a_person_or_the_next_reading(shop: World) -> None:
    edit(shop, Name="KINGFISHER RENTALS", ContactStatus="ACTIVE")
    bill(shop, KINGFISHER)
    settle(shop)
    assert causes(shop) == [("contact_name_taken", "new-1")]
    assert link_story(shop) == ["ContactWanted", "ContactRefused"]
    assert len(put_contacts(shop)) == 1
    read_contacts(shop)
    settle(shop)
    assert causes(shop) == [("contact_name_taken", "new-1")]
    assert len(put_contacts(shop)) == 1
    edit(shop, ContactID=in_xero(shop, "KINGFISHER RENTALS")[0]["ContactID"], Name="Kingfisher Holidays")
    shop.control.post("/clock", json={"advance_seconds": 2}).raise_for_status()
    read_contacts(shop)
    settle(shop)
    assert statuses(shop, 1) == ["synced"]
    assert len(in_xero(shop, "Kingfisher Rentals")) == 1


def test_the_same_name_entered_by_hand_after_the_contacts_were_read_is_linked_after_the_next_reading(
    shop: World,
) -> None:
    edit(shop, Name="Kingfisher Rentals", ContactStatus="ACTIVE")
    bill(shop, KINGFISHER)
    settle(shop)
    assert causes(shop) == [("contact_name_taken", "new-1")]
    read_contacts(shop)
    settle(shop)
    assert statuses(shop, 1) == ["synced"]
    assert link_story(shop) == ["ContactWanted", "ContactRefused", "ContactLinked"]
    assert len(in_xero(shop, "Kingfisher Rentals")) == 1


@pytest.mark.complaint(2)
def test_two_customers_of_one_name_with_different_emails_do_not_end_on_one_contact(shop: World) -> None:
    """Xero wants unique names, so the second is not created; that both are the same customer is for a person to say."""
    namesake = customer("new-2", email="stay@kingfisher.example")
    bill(shop, KINGFISHER)
    bill(shop, namesake, start=1)
    settle(shop)
    assert (statuses(shop, 1), causes(shop, "inv-1")) == (["synced"], [("contact_name_taken", "new-2")])
    shop.control.post("/clock", json={"advance_seconds": 2}).raise_for_status()
    read_contacts(shop)
    settle(shop)
    assert causes(shop, "inv-1") == [("contact_name_taken", "new-2")]
    (created,) = in_xero(shop, "Kingfisher Rentals")
    found = shop.engine.contact_candidates(ACCOUNT, "new-2")
    assert (found.verdict, [one.xero_contact_id for one in found.candidates]) == (
        "name_taken",
        [created["ContactID"]],
    )
    assert found.says == "Another Xero contact has this name. Say whether it is the same customer."
    shop.engine.contact_links.link(ACCOUNT, {"new-2": created["ContactID"]}, OWNER)
    settle(shop)
    assert statuses(shop, 2) == ["synced", "synced"]


@pytest.mark.parametrize("email", ["", "HELLO@kingfisher.example"])
def test_a_customer_of_the_same_name_without_another_email_is_taken_for_the_same(shop: World, email: str) -> None:
    bill(shop, KINGFISHER)
    bill(shop, customer("new-2", email=email), start=1)
    settle(shop)
    shop.control.post("/clock", json={"advance_seconds": 2}).raise_for_status()
    read_contacts(shop)
    settle(shop)
    assert statuses(shop, 2) == ["synced", "synced"]
    assert len(in_xero(shop, "Kingfisher Rentals")) == 1


def test_a_namesake_is_created_once_it_bears_another_name_in_kyrios(shop: World) -> None:
    bill(shop, KINGFISHER)
    settle(shop)
    shop.control.post("/clock", json={"advance_seconds": 2}).raise_for_status()
    read_contacts(shop)
    bill(shop, customer("new-2", email="stay@kingfisher.example"), start=1)
    settle(shop)
    assert causes(shop, "inv-1") == [("contact_name_taken", "new-2")]
    bill(shop, customer("new-2", "Kingfisher Rentals, Picton", "stay@kingfisher.example"), start=2)
    settle(shop)
    assert statuses(shop, 3) == ["synced"] * 3
    assert len(in_xero(shop, "Kingfisher Rentals, Picton")) == 1


def test_what_xero_says_against_a_contact_is_kept_and_told(shop: World) -> None:
    bill(shop, customer(email="no address at all"), 2)
    settle(shop)
    assert causes(shop) == causes(shop, "inv-1") == [("rejected_by_xero", "new-1")]
    link = link_of(shop)
    assert link is not None
    assert link.answer_ref is not None
    words = shop.engine.answer_words(link.answer_ref, ACCOUNT)
    assert words == "Email address must be valid."
    assert len(put_contacts(shop)) == 1
    bill(shop, customer(email="no address at all"), start=2)
    settle(shop)
    assert causes(shop, "inv-2") == [("rejected_by_xero", "new-1")]
    assert len(put_contacts(shop)) == 1, "the same is not sent again"


def test_a_corrected_customer_is_sent_again_with_the_next_invoice_and_all_that_waited_go(shop: World) -> None:
    bill(shop, customer(email="no address at all"), 2)
    settle(shop)
    bill(shop, KINGFISHER, start=2)
    settle(shop)
    assert statuses(shop, 3) == ["synced"] * 3
    assert len(put_contacts(shop)) == 2


def test_a_person_who_presses_retry_has_the_contact_tried_again(shop: World) -> None:
    bill(shop, customer(name="Kingfisher <Rentals>"))
    settle(shop)
    assert causes(shop) == [("rejected_by_xero", "new-1")]
    assert shop.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    settle(shop)
    assert len(put_contacts(shop)) == 2
    assert link_story(shop) == ["ContactWanted", "ContactRefused"] * 2
    assert causes(shop) == [("rejected_by_xero", "new-1")]


def test_a_number_that_is_another_contacts_is_for_a_person_to_decide(shop: World) -> None:
    edit(shop, Name="Somebody Else", ContactNumber="new-1", ContactStatus="ACTIVE")
    bill(shop, KINGFISHER)
    settle(shop)
    assert causes(shop) == [("contact_ambiguous", "new-1")]
    assert in_xero(shop, "Kingfisher Rentals") == []


def test_a_bad_contact_does_not_stop_the_good_ones_beside_it(shop: World) -> None:
    bill(shop, customer("new-1", "Kingfisher Rentals", email="no address"))
    bill(shop, customer("new-2", "Heron Cafe"), start=1)
    settle(shop)
    assert statuses(shop, 2) == ["blocked", "synced"]
    assert len(put_contacts(shop)) == 1


def test_a_link_to_a_contact_we_created_stays_cut_before_the_directory_knows_it(shop: World) -> None:
    bill(shop, customer())
    settle(shop)
    shop.engine.contact_links.unlink(ACCOUNT, "new-1", OWNER)
    bill(shop, customer(), 1, 1)
    settle(shop)
    link = link_of(shop)
    assert link is not None
    assert link.xero_contact_id is None
    assert shop.invoice("inv-1").status == "blocked"
