"""Effects follow event types and nothing else; the entries still open follow from the log alone."""

from typing import Final

import msgspec
import pytest

from domain.causes import Cause
from domain.effects import Entry, effects_of, entries_still_open
from domain.event import Event
from domain.invoice import DismissalUndone, InvoiceReleased, InvoiceRevised, RetryRequested
from domain.streams import connection_id
from domain.topics import TOPIC_OF
from tests.domain.every_event import EVERY_EVENT
from tests.domain.invoice_history import (
    ABSENT,
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
from tests.examples import ACCOUNT, DOCUMENT, INVOICE, identity, queued_invoice
from tests.given import fact

OPENING: Final = {"InvoiceQueued.1", "InvoiceReleased.1", "RetryRequested.1", "DismissalUndone.1"}
RELEASED: Final = fact(InvoiceReleased, cause=Cause("contact_missing", key="cus-001"), opens="create_invoice")
REVISED: Final = fact(InvoiceRevised, document=DOCUMENT, text_hash="b", revision=2, opens="create_invoice")
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
    assert kinds == (["create_invoice"] if TOPIC_OF[type(event)] in OPENING else [])


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
        ([QUEUED, REVISED], 2),
        ([QUEUED, BLOCKED, REVISED], 3),
    ],
)
def test_at_most_one_entry_of_an_invoice_is_open_and_the_log_says_which(
    events: list[Event], opened_by: int | None
) -> None:
    log = stream(*events)
    expected = {} if opened_by is None else {e.effect_key: e for e in effects_of(log[opened_by - 1])}
    assert entries_still_open(log) == expected
