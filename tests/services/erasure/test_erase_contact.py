"""Erasing a Kyrios contact: its canaries are found nowhere, and what happened can be proved as before."""

from pathlib import Path

import msgspec
import pytest

from adapters.tables import METADATA
from domain.document import InvoiceText
from domain.refusals import InvalidInput, NotPossible
from domain.streams import invoice_stream
from services.actions.choice import Named
from services.actions.leaving_out import BringBack
from services.erasure.subject import Erasure
from services.intake import IssuedInvoice
from services.proof.rebuild import rebuild
from services.proof.verify import verify
from tests.changes import assert_clean, revised
from tests.leaks import Leaks, files_below
from tests.services.contacts.customers import bill, billed, customer, edit, link_of, link_story, read_contacts, settle
from tests.services.erasure.kept import SEALED, everything
from tests.services.test_secrets import everything_logged
from tests.world import ACCOUNT, BACKEND, OWNER, World, example_invoices

NAME, EMAIL, PHONE = "Petronella Quillfeather", "petronella@quillfeather.example", "+64 21 555 98431"
LINE, REFERENCE, REASON = "Portrait in oil on old canvas", "ORDER-4711-from-her-aunt", "Madam pays in old banknotes"
CANARIES = Leaks(
    {"name": NAME, "e-mail": EMAIL, "phone": PHONE, "line": LINE, "reference": REFERENCE, "reason": REASON}
)
QUILL = customer(name=NAME, email=EMAIL, phone=PHONE)


def told(one: IssuedInvoice) -> IssuedInvoice:
    """The invoice to her, with texts that name her."""
    text = InvoiceText(reference=REFERENCE, descriptions=tuple(LINE for _ in one.document.lines))
    return msgspec.structs.replace(billed(one, QUILL), text=text)


def erase(world: World, contact_id: str = "new-1") -> Erasure:
    return world.engine.erase_contact(ACCOUNT, contact_id, "asked_by_subject", OWNER)


@pytest.fixture
def known(world: World) -> World:
    """She is a customer whose contact was created in Xero and read back; one invoice is revised, one was left out."""
    read_contacts(world)
    assert set(world.queue([told(one) for one in example_invoices(2)])) == {"accepted"}
    settle(world)
    assert [world.invoice(f"inv-{n}").status for n in range(2)] == ["synced"] * 2
    world.engine.revise_invoices([told(revised(0))], BACKEND)
    world.work()
    world.queue([told(one) for one in example_invoices(1, start=2)])
    world.engine.dismiss_invoices(ACCOUNT, [invoice_stream(ACCOUNT, "inv-2")], REASON, OWNER)
    bill(world, customer("other", "Someone Else", "else@elsewhere.example"), start=3)
    settle(world)
    read_contacts(world)
    return world


def test_every_column_that_holds_something_sealed_is_opened_here() -> None:
    sealed = {table.name for table in METADATA.tables.values() for column in table.columns if column.name == "sealed"}
    assert sealed <= SEALED.keys()


def test_no_piece_of_her_is_left_anywhere_and_everything_holds(known: World, tmp_path: Path) -> None:
    assert CANARIES.found_in(*everything(known)) == ["e-mail", "line", "name", "phone", "reason", "reference"]
    head, synced = known.engine.store.head(), known.invoice("inv-0")
    preview = known.engine.erase_contact.preview(ACCOUNT, "new-1")
    assert (preview.contacts, preview.invoices, len(preview.xero_contacts)) == (
        ("new-1",),
        ("inv-0", "inv-1", "inv-2"),
        1,
    )
    assert known.engine.store.head() == head
    with everything_logged(tmp_path / "logs"):
        done = erase(known)
        assert (done.texts, done.fragments, done.answers) == (4, 4, 1)
        assert CANARIES.found_in(*everything(known), *files_below(tmp_path / "logs")) == []
        # What Xero still calls her is not read back, even when it changes there.
        edit(known, ContactID=done.xero_contacts[0], Name=f"{NAME} again")
        read_contacts(known)
        settle(known)
        assert CANARIES.found_in(*everything(known), *files_below(tmp_path / "logs")) == []
    assert link_story(known)[-1] == "SubjectErased"
    assert known.invoice("inv-0") == synced
    assert_clean(known)
    known.engine.projector.catch_up()
    rebuild(known.engine.read)
    assert verify(known.engine.read).clean
    assert known.engine.past.contact(ACCOUNT, "new-1").state.erased


def test_hashes_stay_and_texts_read_as_erased(known: World) -> None:
    (dismissed,) = [
        e for e in known.engine.store.events_of(invoice_stream(ACCOUNT, "inv-2")) if hasattr(e, "reason_ref")
    ]
    seq = max(one.seq for one in known.engine.contact_feed(ACCOUNT).contacts)
    erase(known)
    with known.engine.store.cursor() as cursor:
        kept = cursor.execute(
            "SELECT count(*) AS all, count(fragment) AS readable, count(fragment_sha) AS hashed "
            "FROM app.delivery_fragment WHERE stream_id = %s",
            (invoice_stream(ACCOUNT, "inv-0"),),
        ).fetchone()
    assert kept == {"all": 2, "readable": 0, "hashed": 2}
    assert known.engine.answer_words(dismissed.reason_ref, ACCOUNT) == "[erased]"
    (shown,) = known.engine.contact_feed(ACCOUNT, after=seq).contacts
    assert (shown.erased, shown.name, shown.email, shown.phone) == (True, "", "", "")


def test_the_neighbour_is_untouched(known: World) -> None:
    erase(known)
    neighbour = Leaks({"name": "Someone Else", "e-mail": "else@elsewhere.example"})
    assert neighbour.found_in(*everything(known)) == ["e-mail", "name"]


def test_what_is_still_to_go_is_in_the_way_and_named(known: World) -> None:
    known.queue([told(one) for one in example_invoices(1, start=7)])
    head = known.engine.store.head()
    with pytest.raises(NotPossible, match=r"1 of its invoices is not in Xero as in Kyrios \(inv-7\)"):
        erase(known)
    assert known.engine.store.head() == head
    assert CANARIES.found_in(*everything(known))
    known.engine.void_invoice(ACCOUNT, "inv-7", BACKEND)
    assert erase(known).texts == 5
    with pytest.raises(NotPossible, match="knows no contact nobody"):
        erase(known, "nobody")
    with pytest.raises(NotPossible, match="account strangers knows no contact new-1"):
        known.engine.erase_contact("strangers", "new-1", "asked_by_subject", OWNER)
    assert known.engine.account_keys.find("strangers") is None
    with pytest.raises(InvalidInput, match="there is no reason 'because'"):
        known.engine.erase_contact(ACCOUNT, "new-1", "because", OWNER)


def test_a_contact_that_is_just_being_created_is_not_erased(world: World) -> None:
    read_contacts(world)
    world.fault("answer_lost", method="PUT", path="/Contacts")
    bill(world, QUILL)
    world.work()
    with pytest.raises(NotPossible, match="is to be created in Xero just now"):
        erase(world)


def test_what_comes_after_is_a_new_start_under_the_same_link(known: World) -> None:
    erase(known)
    known.queue([told(one) for one in example_invoices(1, start=8)])
    known.work()
    assert known.invoice("inv-8").status == "synced"
    link = link_of(known)
    assert link is not None
    assert (link.erased, link.xero_contact_id is not None) == (True, True)
    assert erase(known).texts == 1
    assert CANARIES.found_in(*everything(known)) == []


def test_what_was_left_out_and_erased_is_not_brought_back_without_a_new_text(known: World) -> None:
    erase(known)
    head = known.engine.store.head()
    (count,) = known.engine.actions(ACCOUNT, Named(("inv-2",)), BringBack("After all"), OWNER).counts
    assert (count.result, count.why) == (
        "refused",
        "the text of invoice inv-2 was erased; send a newer revision of it from Kyrios first",
    )
    assert known.engine.store.head() == head
    known.engine.revise_invoices([told(revised(2))], BACKEND)
    assert known.engine.actions(ACCOUNT, Named(("inv-2",)), BringBack("After all"), OWNER).how_many("done") == 1
    known.work()
    assert known.invoice("inv-2").status == "synced"


def test_whoever_was_merged_into_her_is_erased_with_her(known: World) -> None:
    known.engine.contact_links.move(ACCOUNT, "new-1", "new-2", BACKEND)
    with pytest.raises(NotPossible, match="was merged into new-2; erase that one"):
        erase(known)
    assert erase(known, "new-2").contacts == ("new-2", "new-1")
    assert CANARIES.found_in(*everything(known)) == []


def test_a_xero_contact_that_stands_for_another_too_is_left_alone(known: World) -> None:
    link = link_of(known)
    assert link is not None
    assert link.xero_contact_id is not None
    known.engine.contact_links.link(ACCOUNT, {"sibling": link.xero_contact_id}, OWNER)
    done = erase(known)
    assert (done.xero_contacts, done.kept) == ((), (link.xero_contact_id,))
    assert CANARIES.found_in(*everything(known)) == ["e-mail", "name", "phone"]
