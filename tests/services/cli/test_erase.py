"""`kyrios-xero contacts erase`: it shows what goes, asks, and says what it did."""

import json

from tests.services.cli.conftest import Kyrios
from tests.services.contacts.customers import bill, customer, read_contacts, settle
from tests.world import ACCOUNT, World

ERASE = ("contacts", "erase", ACCOUNT, "new-1", "--reason", "asked_by_subject")


def test_it_asks_first_and_tells_what_it_did(world: World, kyrios_in_world: Kyrios) -> None:
    read_contacts(world)
    bill(world, customer())
    waiting = kyrios_in_world(*ERASE, "--yes", code=2).stderr
    assert "Contact new-1 cannot be erased yet: 1 of its invoices is not in Xero as in Kyrios (inv-0)" in waiting
    settle(world)
    head = world.engine.store.head()
    asked = kyrios_in_world(*ERASE, stdin=b"n\n", code=2).stderr
    assert "Texts of 1 invoice, and what was sent of them; amounts stay" in asked
    assert "Erase this for good? [y/N]" in asked
    assert world.engine.store.head() == head
    assert kyrios_in_world(*ERASE, "--yes").stdout == "new-1 is erased: 1 text, 2 sent fragments, 0 answers.\n"
    assert json.loads(kyrios_in_world(*ERASE, "--yes", "--json").stdout)["texts"] == 0
    unknown = kyrios_in_world("contacts", "erase", ACCOUNT, "new-1", "--reason", "so", "--yes", code=2).stderr
    assert "there is no reason 'so'; there are: asked_by_subject, " in unknown
