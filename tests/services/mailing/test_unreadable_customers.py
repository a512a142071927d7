"""Mails about customers whose kept record cannot be opened: they go out, and name who is meant by the Kyrios id."""

import pytest

from tests.services.contacts.customers import bill, customer, read_contacts, settle
from tests.services.contacts.test_unreadable import damage
from tests.services.mailing.post import Post, text_of


@pytest.mark.parametrize("damaged", [False, True])
def test_a_customer_is_named_by_its_id_alone_if_its_name_cannot_be_read(post: Post, damaged: bool) -> None:
    post.unlinked(1)
    if damaged:
        damage(post.world, "cus-unknown")
    (mail,) = post.send()
    assert ("cus-unknown (cus-unknown)" in text_of(mail)) is not damaged
    assert "cus-unknown" in text_of(mail)


def test_support_and_the_account_are_told_of_invoices_that_wait_for_a_damaged_customer(post: Post) -> None:
    read_contacts(post.world)
    bill(post.world, customer())
    damage(post.world)
    settle(post.world)
    (mail,) = post.send()
    assert "a fault of ours" in str(mail["Subject"])
    assert [row["cause_code"] for row in post.for_support()] == ["internal_error"]
