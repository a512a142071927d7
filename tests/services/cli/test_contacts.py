"""`contacts`: a person sees who a customer might be, and decides."""

import json

import pytest

from tests.services.cli.conftest import Kyrios, runner
from tests.services.cli.program import variables_of
from tests.services.contacts.conftest import shop
from tests.services.contacts.customers import COASTAL, NORTHGATE, bill, customer, edit, link_of, read_contacts, settle
from tests.services.dispatch.seen import statuses
from tests.world import ACCOUNT, World

__all__ = ["shop"]


@pytest.fixture
def kyrios(shop: World) -> Kyrios:
    """The program, where two Xero contacts share an e-mail and a customer waits for somebody to choose."""
    edit(shop, ContactID=NORTHGATE, EmailAddress="office@coastal-bakery.example")
    shop.control.post("/clock", json={"advance_seconds": 2}).raise_for_status()
    read_contacts(shop)
    bill(shop, customer("cus-b", "Coastal Bakery Limited", "office@coastal-bakery.example"))
    settle(shop)
    return runner(variables_of(shop))


def test_candidates_are_shown_and_the_chosen_one_gets_the_invoice(kyrios: Kyrios, shop: World) -> None:
    shown = kyrios("contacts", "candidates", ACCOUNT, "cus-b", COLUMNS="200").stdout
    assert "Several Xero contacts fit. Pick the right one." in shown
    assert [line.split()[0] for line in shown.splitlines()[-2:]] == [COASTAL, NORTHGATE]
    found = json.loads(kyrios("contacts", "candidates", ACCOUNT, "cus-b", "--json").stdout)
    assert [one["name"] for one in found["candidates"]] == ["Coastal Bakery", "Northgate Wines"]
    kyrios("contacts", "link", ACCOUNT, "cus-b", COASTAL)
    settle(shop)
    assert statuses(shop, 1) == ["synced"]


def test_whoever_reads_that_a_customer_is_in_question_reads_how_to_answer(kyrios: Kyrios, shop: World) -> None:
    how = f"Whom that may be in Xero: kyrios-xero contacts candidates {ACCOUNT} cus-b"
    shown = kyrios("invoices", "show", ACCOUNT, "inv-0").stdout
    assert how in shown.splitlines()
    (listed,) = [line for line in kyrios("invoices", "list", ACCOUNT).stdout.splitlines() if line.startswith("inv-0")]
    assert listed.endswith(how)
    kyrios("contacts", "link", ACCOUNT, "cus-b", COASTAL)
    settle(shop)
    assert "contacts candidates" not in kyrios("invoices", "show", ACCOUNT, "inv-0").stdout
    assert "contacts candidates" not in kyrios("invoices", "list", ACCOUNT).stdout


def test_a_link_is_cut_and_moved(kyrios: Kyrios, shop: World) -> None:
    kyrios("contacts", "link", ACCOUNT, "cus-b", COASTAL)
    assert f"cus-c is linked to Xero contact {COASTAL}" in kyrios("contacts", "move", ACCOUNT, "cus-b", "cus-c").stdout
    assert kyrios("contacts", "unlink", ACCOUNT, "cus-c").stdout == "cus-c is no longer linked.\n"
    assert kyrios("contacts", "unlink", ACCOUNT, "cus-c").stdout == "cus-c was not linked.\n"
    again = json.loads(kyrios("contacts", "link", ACCOUNT, "cus-c", COASTAL, "--json").stdout)
    moved = json.loads(kyrios("contacts", "move", ACCOUNT, "cus-c", "cus-d", "--json").stdout)
    cut = json.loads(kyrios("contacts", "unlink", ACCOUNT, "cus-d", "--json").stdout)
    assert (again, moved["xero_contact_id"], cut["unlinked"]) == ({"linked": 1, "known": 0}, COASTAL, True)
    link = link_of(shop, "cus-c")
    assert link is not None
    assert link.xero_contact_id is None


def test_what_cannot_be_done_is_said(kyrios: Kyrios, shop: World) -> None:
    head = shop.engine.store.head()
    assert "is moved to is empty" in kyrios("contacts", "move", ACCOUNT, "cus-b", " ", code=2).stderr
    assert shop.engine.store.head() == head
    assert "no link to move" in kyrios("contacts", "move", ACCOUNT, "cus-x", "cus-c", code=2).stderr
    assert "has no contact cus-x" in kyrios("contacts", "candidates", ACCOUNT, "cus-x", code=2).stderr
