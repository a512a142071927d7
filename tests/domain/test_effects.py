"""Effects follow event types and nothing else; the entries still open follow from the log alone."""

from typing import Final

import msgspec
import pytest

from domain.causes import Cause
from domain.contact_link import ContactLinked, ContactRefused, ContactWanted
from domain.effects import Entry, effects_of, entries_still_open
from domain.event import Event
from domain.invoice import (
    DismissalUndone,
    InvoiceReleased,
    InvoiceRevised,
    InvoiceSynced,
    InvoiceVoided,
    RetryRequested,
    ReviewRaised,
    VoidSynced,
)
from domain.streams import connection_id
from domain.topics import TOPIC_OF
from tests.domain.every_event import EVERY_EVENT
from tests.domain.invoice_history import (
    ABSENT,
    ANSWERED,
    BLOCKED,
    DISMISSED,
    FOUND,
    QUEUED,
    RETRIED,
    SYNCED,
    UNKNOWN,
    VOIDED,
    failed,
)
from tests.examples import ACCOUNT, CONTACT, DOCUMENT, INVOICE, XERO_CONTACT, identity, queued_invoice
from tests.given import fact

OPENING: Final = {"InvoiceQueued.1", "InvoiceReleased.1", "DismissalUndone.1", "SyncFailed.1"}
OPENED: Final = {
    "ContactWanted.1": ["create_contact"],
    "Connected.1": ["remove_connection"],
    "Disconnected.1": ["remove_connection", "remove_connection"],
    "OrganisationSelected.1": ["remove_connection", "remove_connection"],
    "InvoiceRevised.1": ["update_invoice"],
    "ReviewRaised.1": ["update_invoice"],
    "InvoiceVoided.1": ["void_invoice"],
    "PaymentSynced.1": ["void_invoice"],
    "InvoiceSynced.1": ["update_invoice", "create_payment"],
    "RetryRequested.1": ["create_payment"],
}
RELEASED: Final = fact(InvoiceReleased, cause=Cause("contact_missing", key="cus-001"), opens="create_invoice")
REVISED: Final = fact(InvoiceRevised, document=DOCUMENT, text_hash="b", revision=2, opens="create_invoice")
REVISED_ON_ITS_WAY: Final = fact(InvoiceRevised, document=DOCUMENT, text_hash="b", revision=2)
UPDATED: Final = fact(InvoiceRevised, document=DOCUMENT, text_hash="b", revision=2, opens="update_invoice")
SUPERSEDED: Final = fact(InvoiceSynced, revision=1, opens="update_invoice", **ANSWERED)
SYNCED_THEN_VOID: Final = fact(InvoiceSynced, revision=1, opens="void_invoice", **ANSWERED)
REFUSED_BEFORE: Final = failed(opens="create_invoice")
EDIT_REFUSED: Final = fact(ReviewRaised, cause=Cause("edit_refused"), closes="update_invoice")
TOTAL_DIFFERS: Final = fact(ReviewRaised, cause=Cause("total_differs_in_xero"))
VOIDED_IN_XERO_TOO: Final = fact(InvoiceVoided, opens="void_invoice")
VOIDED_ON_THE_WIRE: Final = fact(InvoiceVoided, awaits=f"create_invoice/{identity('event 1')}")
VOID_SYNCED: Final = fact(VoidSynced, delivery_id=identity("delivery"))
BROUGHT_BACK: Final = fact(DismissalUndone, opens="create_invoice")


def stream(*events: Event) -> list[Event]:
    """The events as they lie in the log: numbered, each with its id."""
    return [
        msgspec.structs.replace(event, originator_version=version, event_id=identity(f"event {version}"))
        for version, event in enumerate(events, start=1)
    ]


@pytest.mark.parametrize("event", EVERY_EVENT.values(), ids=lambda event: TOPIC_OF[type(event)])
def test_an_event_opens_what_its_type_says(event: Event) -> None:
    kinds = [entry.kind for entry in effects_of(event)]
    expected = OPENED | {topic: ["create_invoice"] for topic in OPENING}
    assert kinds == expected.get(TOPIC_OF[type(event)], [])


def test_an_entry_is_named_by_the_event_that_asked_for_it() -> None:
    (event,) = queued_invoice(INVOICE)
    assert effects_of(event) == [
        Entry(
            effect_key=f"create_invoice/{event.event_id}",
            kind="create_invoice",
            connection_id=connection_id(ACCOUNT),
            stream_id=event.originator_id,
            seq=1,
        )
    ]


@pytest.mark.parametrize("event", EVERY_EVENT.values(), ids=lambda event: TOPIC_OF[type(event)])
def test_what_a_person_tries_again_is_asked_for_and_nothing_else_is(event: Event) -> None:
    assert {entry.asked for entry in effects_of(event)} <= {isinstance(event, RetryRequested)}


def test_the_same_event_always_opens_the_same_entry() -> None:
    (event,) = queued_invoice()
    again = msgspec.json.decode(msgspec.json.encode(event), type=type(event))
    assert effects_of(again) == effects_of(event)


@pytest.mark.parametrize(
    ("event", "opens"),
    [
        (REVISED, ["create_invoice"]),
        (fact(RetryRequested, opens="create_payment"), []),
        (fact(DismissalUndone), []),
        (VOIDED, []),
    ],
)
def test_what_is_opened_is_said_by_the_event_itself(event: Event, opens: list[str]) -> None:
    assert [entry.kind for entry in effects_of(event)] == opens


@pytest.mark.parametrize(
    ("events", "opened_by"),
    [
        ([], None),
        ([QUEUED], 1),
        ([QUEUED, UNKNOWN], 1),
        ([QUEUED, UNKNOWN, ABSENT], 1),
        ([QUEUED, SYNCED], None),
        ([QUEUED, UNKNOWN, FOUND, SYNCED], None),
        ([QUEUED, failed()], None),
        ([QUEUED, failed(), RETRIED], 3),
        ([QUEUED, failed(), RETRIED, SYNCED], None),
        ([QUEUED, BLOCKED], None),
        ([QUEUED, BLOCKED, RELEASED], 3),
        ([QUEUED, BLOCKED, RELEASED, BLOCKED], None),
        ([QUEUED, BLOCKED, RETRIED, BLOCKED, RELEASED, UNKNOWN], 5),
        ([QUEUED, DISMISSED], None),
        ([QUEUED, DISMISSED, BROUGHT_BACK], 3),
        ([QUEUED, VOIDED], None),
        ([QUEUED, REVISED_ON_ITS_WAY], 1),
        ([QUEUED, BLOCKED, REVISED], 3),
        ([QUEUED, REVISED_ON_ITS_WAY, SUPERSEDED], 3),
        ([QUEUED, REVISED_ON_ITS_WAY, REFUSED_BEFORE], 3),
        ([QUEUED, SYNCED, UPDATED], 3),
        ([QUEUED, SYNCED, UPDATED, BLOCKED], None),
        ([QUEUED, SYNCED, UPDATED, SYNCED], None),
        ([QUEUED, SYNCED, UPDATED, EDIT_REFUSED], None),
        ([QUEUED, SYNCED, TOTAL_DIFFERS], None),
        ([QUEUED, SYNCED, UPDATED, TOTAL_DIFFERS], 3),
        ([QUEUED, SYNCED, VOIDED_IN_XERO_TOO], 3),
        ([QUEUED, SYNCED, UPDATED, VOIDED_IN_XERO_TOO], 4),
        ([QUEUED, SYNCED, VOIDED_IN_XERO_TOO, VOID_SYNCED], None),
        ([QUEUED, VOIDED_ON_THE_WIRE], 1),
        ([QUEUED, VOIDED_ON_THE_WIRE, SYNCED_THEN_VOID], 3),
        ([QUEUED, VOIDED_ON_THE_WIRE, VOIDED], None),
    ],
)
def test_at_most_one_entry_of_an_invoice_is_open_and_the_log_says_which(
    events: list[Event], opened_by: int | None
) -> None:
    log = stream(*events)
    expected = {} if opened_by is None else {e.effect_key: e for e in effects_of(log[opened_by - 1])}
    assert entries_still_open(log) == expected


WANTED: Final = fact(ContactWanted, kyrios_contact_id=CONTACT)
LINKED: Final = fact(ContactLinked, kyrios_contact_id=CONTACT, xero_contact_id=XERO_CONTACT, how="created")
REFUSED: Final = fact(ContactRefused, kyrios_contact_id=CONTACT, cause=Cause("contact_name_taken", key=CONTACT))


@pytest.mark.parametrize(
    ("events", "opened_by"),
    [
        ([WANTED], 1),
        ([WANTED, LINKED], None),
        ([WANTED, REFUSED], None),
        ([WANTED, REFUSED, WANTED], 3),
        ([LINKED], None),
    ],
)
def test_a_contact_is_being_created_until_it_is_linked_or_refused(events: list[Event], opened_by: int | None) -> None:
    log = stream(*events)
    expected = {} if opened_by is None else {e.effect_key: e for e in effects_of(log[opened_by - 1])}
    assert entries_still_open(log) == expected
    assert all(entry.kind == "create_contact" for entry in expected.values())
