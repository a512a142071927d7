"""Customers for tests: invoices to them, what became of their links, and what Xero holds of them."""

from typing import Any

import msgspec

from domain import contact_link
from domain.contact_link import ContactLink
from domain.document import KyriosContact
from domain.streams import contact_link_stream
from services.intake import IssuedInvoice
from tests.world import ACCOUNT, World, example_invoices, organisation_id

NORTHGATE = "fbf4e246-19c5-4c2d-b93c-7ed12b634407"
"""Northgate Wines, accounts@northgate-wines.example, in the example books."""
COASTAL = "3a644bf3-2269-408b-afbe-e9d583db71b1"
"""Coastal Bakery, office@coastal-bakery.example."""
OLD_MILL = "3bf916f5-8132-4337-8e45-c05198cef22d"
"""Old Mill Café, hello@old-mill-cafe.example, archived."""


def customer(contact_id: str = "new-1", name: str = "Kingfisher Rentals", email: str = "", phone: str = "") -> Any:
    """A customer as Kyrios knows it; by default one that Xero does not have."""
    return KyriosContact(contact_id=contact_id, name=name, email=email, phone=phone)


def bill(world: World, to: KyriosContact, count: int = 1, start: int = 0) -> None:
    """Queue invoices inv-{start}, … to a customer."""
    assert set(world.queue([billed(one, to) for one in example_invoices(count, start)])) == {"accepted"}


def billed(one: IssuedInvoice, to: KyriosContact) -> IssuedInvoice:
    """The same invoice to another customer."""
    document = msgspec.structs.replace(one.document, kyrios_contact_id=to.contact_id)
    return msgspec.structs.replace(one, document=document, contact=to)


def read_contacts(world: World) -> None:
    """Read Xero's contacts into the directory, from wherever the last reading came."""
    assert world.engine.contact_reader.read(world.lane)


def settle(world: World) -> None:
    """Do everything that follows from what has happened, until nothing is left to do now."""
    for _ in range(20):
        world.work(40)
        world.engine.projector.catch_up()
        if not world.engine.releaser.step(world.engine.projector.position()):
            return
    raise AssertionError("there is always more to release")


def link_of(world: World, contact_id: str = "new-1") -> ContactLink | None:
    """The link of a customer."""
    return world.engine.store.load(contact_link_stream(ACCOUNT, contact_id), contact_link.evolve)


def link_story(world: World, contact_id: str = "new-1") -> list[str]:
    """The names of what happened to a customer's link."""
    events = world.engine.store.events_of(contact_link_stream(ACCOUNT, contact_id))
    return [type(event).__name__ for event in events]


def causes(world: World, invoice_id: str = "inv-0") -> list[tuple[str, str]]:
    """What an invoice waits for."""
    return [(cause.code, cause.key) for cause in world.invoice(invoice_id).causes]


def xero_contacts(world: World) -> list[dict[str, Any]]:
    """All contacts Xero holds."""
    held: list[dict[str, Any]] = world.control.get("/ledger/contacts").json()["contacts"]
    return held


def in_xero(world: World, name: str) -> list[dict[str, Any]]:
    """The contacts of this name."""
    return [contact for contact in xero_contacts(world) if contact["Name"] == name]


def edit(world: World, **contact: Any) -> None:
    """Change or add a contact by hand, in Xero."""
    world.control.post(f"/organisations/{organisation_id()}/contacts", json=contact).raise_for_status()


def archive(world: World, contact_id: str) -> None:
    """Archive a contact in Xero."""
    edit(world, ContactID=contact_id, ContactStatus="ARCHIVED")


def put_contacts(world: World) -> list[dict[str, Any]]:
    """The requests that created contacts."""
    return world.requests("PUT", "/Contacts")


def merge(world: World, source: str, target: str) -> None:
    """Merge one contact into another in Xero."""
    asked = {"source": source, "target": target}
    world.control.post(f"/organisations/{organisation_id()}/merges", json=asked).raise_for_status()
