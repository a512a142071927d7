"""A customer whose kept record cannot be opened harms its own invoices, which say so, and nobody else's."""

from services.proof.verify import verify
from services.views.invoice_listing import list_invoices
from services.views.invoice_question import Question
from tests.services.contacts.customers import bill, causes, customer, link_story, read_contacts, settle
from tests.services.dispatch.seen import statuses, story
from tests.world import ACCOUNT, World

KINGFISHER = customer(email="hello@kingfisher.example")
OTHER = customer("new-2", "Heron Boats")
OUR_FAULT = [("internal_error", "new-1")]


def damage(world: World, contact_id: str = "new-1") -> None:
    """Turn one bit of what is kept of a customer."""
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.kyrios_contact SET sealed = set_bit(sealed, 400, 1 - get_bit(sealed, 400))"
            " WHERE kyrios_contact_id = %s",
            (contact_id,),
        )
        assert cursor.rowcount == 1


def test_its_invoices_wait_as_our_own_fault_all_others_arrive_and_they_follow_once_kyrios_sends_it_again(
    shop: World,
) -> None:
    bill(shop, KINGFISHER, 2)
    damage(shop)
    bill(shop, OTHER, 2, start=2)
    settle(shop)
    assert statuses(shop, 4) == ["blocked", "blocked", "synced", "synced"]
    assert (causes(shop), causes(shop, "inv-1")) == (OUR_FAULT, OUR_FAULT)
    told = Question(shop.engine).explain(shop.invoice("inv-0"))
    assert (told.causes[0].code, told.who) == ("internal_error", ("support",))
    listed = list_invoices(shop.engine.read, Question(shop.engine).explain_all, ACCOUNT, cause="internal_error")
    assert [one.invoice.kyrios_invoice_id for one in listed.invoices] == ["inv-1", "inv-0"]
    assert shop.engine.contact_candidates(ACCOUNT, "new-1").says == told.causes[0].words
    assert verify(shop.engine.read).clean
    bill(shop, KINGFISHER, 1, start=4)
    settle(shop)
    assert statuses(shop, 5) == ["synced"] * 5
    assert story(shop) == ["InvoiceQueued", "InvoiceBlocked", "InvoiceReleased", "InvoiceSynced"]


def test_one_that_is_damaged_before_it_is_created_in_xero_is_not_created(shop: World) -> None:
    shop.fault("http_500_before", method="PUT", path="/Contacts")
    bill(shop, KINGFISHER)
    shop.work()
    assert link_story(shop) == ["ContactWanted"]
    damage(shop)
    shop.later(3.1)
    settle(shop)
    assert link_story(shop) == ["ContactWanted", "ContactRefused"]
    assert (statuses(shop, 1), causes(shop)) == (["blocked"], OUR_FAULT)


def test_one_that_already_stands_for_a_xero_contact_of_that_name_is_no_reason_against_another(shop: World) -> None:
    bill(shop, KINGFISHER)
    settle(shop)
    read_contacts(shop)
    damage(shop)
    bill(shop, customer("new-3", KINGFISHER.name, KINGFISHER.email), start=1)
    settle(shop)
    assert statuses(shop, 2) == ["synced"] * 2
