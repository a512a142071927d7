"""Xero refuses what preflight let pass, because its books changed since we read them: the invoice waits for that cause
until Xero is read again, and goes by itself; refused for it twice, it fails with Xero's own words.
"""

import pytest

from services.proof.verify import verify
from tests.scenarios.table import BY_ITSELF, asked, explained, held, in_books, plain, settle, told
from tests.services.contacts.customers import NORTHGATE, archive, edit, read_contacts
from tests.services.dispatch.seen import story
from tests.world import ACCOUNT, OWNER, World

LOCKED = "The document date cannot be before the period lock date, currently set at 30-Sep-2026"
WAITED = ["InvoiceQueued", "InvoiceBlocked", "InvoiceReleased", "InvoiceSynced"]


@pytest.mark.complaint(7)
def test_books_locked_since_they_were_read_hold_the_invoice_until_they_are_opened(world: World) -> None:
    in_books(world, "organisation", PeriodLockDate="2026-09-30")
    world.queue([plain(0)])
    settle(world)
    says = "Books are locked up to 2026-09-30. Move the lock date, or re-date the invoice."
    found = explained(world)
    assert (found.status, told(found)) == ("blocked", [("period_locked", says)])
    assert found.sentence == f"Waiting for you: {says} {BY_ITSELF}"
    assert_words_are_kept(world, LOCKED)
    world.engine.references.refresh(ACCOUNT)
    settle(world)
    assert (explained(world).status, asked(world)) == ("blocked", 1)
    in_books(world, "organisation", PeriodLockDate=None)
    world.engine.references.refresh(ACCOUNT)
    settle(world)
    assert story(world) == WAITED
    assert held(world, "T-0") == 1
    assert verify(world.engine.read).clean


@pytest.mark.complaint(3)
def test_a_customer_archived_since_contacts_were_read_holds_the_invoice_until_it_is_restored(world: World) -> None:
    read_contacts(world)
    archive(world, NORTHGATE)
    world.queue([plain(0)])
    settle(world)
    says = "The customer is archived in Xero. Restore it there or link another."
    assert told(explained(world)) == [("contact_archived", says)]
    read_contacts(world)
    settle(world)
    assert (told(explained(world)), asked(world)) == ([("contact_archived", says)], 1)
    edit(world, ContactID=NORTHGATE, ContactStatus="ACTIVE")
    read_contacts(world)
    settle(world)
    assert (story(world), held(world, "T-0")) == (WAITED, 1)


def test_a_customer_archived_and_restored_between_two_readings_holds_its_invoice_until_the_second(world: World) -> None:
    read_contacts(world)
    archive(world, NORTHGATE)
    world.queue([plain(0)])
    settle(world)
    assert [code for code, _ in told(explained(world))] == ["contact_archived"]
    edit(world, ContactID=NORTHGATE, ContactStatus="ACTIVE")
    settle(world)
    assert (explained(world).status, asked(world)) == ("blocked", 1)
    read_contacts(world)
    settle(world)
    assert (story(world), held(world, "T-0")) == (WAITED, 1)
    assert verify(world.engine.read).clean


def test_refused_again_for_what_we_cannot_see_it_fails_with_xeros_words(world: World) -> None:
    world.refuse({"T-0": LOCKED})
    world.queue([plain(0)])
    settle(world)
    assert (explained(world).status, asked(world)) == ("blocked", 1)
    world.engine.projector.catch_up()
    world.engine.references.refresh(ACCOUNT)
    settle(world)
    found = explained(world)
    assert (found.status, asked(world)) == ("failed", 2)
    assert told(found) == [("rejected_by_xero", f'Xero refused it with: "{LOCKED}". Fix that, or ask support.')]
    world.later(100_000)
    world.engine.references.refresh(ACCOUNT)
    settle(world)
    assert asked(world) == 2
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    settle(world)
    assert explained(world).status == "blocked", "a person's word begins it anew"
    assert verify(world.engine.read).clean


def assert_words_are_kept(world: World, words: str) -> None:
    """Xero's own words can be read."""
    kept = world.invoice("inv-0").answer_ref
    assert kept is not None
    assert world.engine.answer_words(kept, ACCOUNT) == words
