"""A customer of whom no search told whether it was created: its invoices wait for support; nobody is there twice."""

from collections.abc import Sequence

from adapters.xero.answers import ContactsAnswer
from adapters.xero.session import BeforeSend, XeroSession, nothing
from services.bootstrap import Parts
from tests.services.contacts.customers import bill, causes, customer, in_xero, link_story, settle
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.test_failed_searches import until_ended
from tests.world import ACCOUNT, OWNER, World


class NeverFinds(XeroSession):
    """Reading what a search for contacts brings breaks."""

    def find_contacts(self, numbers: Sequence[str], *, before_send: BeforeSend = nothing) -> ContactsAnswer:
        """Break."""
        before_send()
        raise RuntimeError("no answer looks like that")


def test_a_customer_no_search_tells_of_ends_for_support_and_a_retry_takes_the_one_that_is_there(shop: World) -> None:
    shop.fault("answer_lost", method="PUT", path="/Contacts")
    with beside(shop, Parts(session=NeverFinds)) as other:
        bill(other, customer())
        until_ended(other)
        settle(other)
    assert link_story(shop) == ["ContactWanted", "ContactRefused"]
    assert causes(shop) == [("outcome_unresolved", "new-1")]
    assert shop.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    settle(shop)
    assert len(in_xero(shop, "Kingfisher Rentals")) == 1
    assert shop.invoice("inv-0").status == "synced"
