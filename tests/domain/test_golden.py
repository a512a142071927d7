"""Stored events are read for ever: each topic has a file with one event exactly as it is stored.

A file is never changed to make a test pass. A new field gets a default, and a new file shape a new topic.
"""

from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pytest

from domain.connection import DisconnectReason, Referenced
from domain.connection_events import RemovedHow
from domain.contact_link import HowLinked
from domain.document import LineAmounts
from domain.event import Event, Role
from domain.invoice import EntryKind
from domain.topics import EVENT_TYPES, TOPIC_OF, TOPICS
from tests.domain.every_event import EVERY_EVENT

_GOLDEN: Final = Path(__file__).parent / "golden"
_BASE: Final[dict[str, Any]] = {"causation_id": None, "organisation_id": None}
_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "AccessRemoved.1": {"xero_connection_id": "", "revoked": False, "removed": ()},
    "AccountsSelected.1": {"default_payment": None, "also_allowed": ()},
    "Connected.1": {"leaves": None, "leaves_later": None, "offered": ()},
    "ConnectionRemoved.1": {"xero_connection_id": ""},
    "ContactRefused.1": {"answer_ref": None, "fragment_hash": ""},
    "ContactUnlinked.1": {"moved_to": None},
    "Disconnected.1": {"evidence": {}, "grant_id": None, "xero_connection_id": "", "leaves_now": ()},
    "DismissalUndone.1": {"opens": None, "reason_ref": None},
    "GateClosed.1": {"during_setup": False, "known": ()},
    "GateOpened.1": {"during_setup": False},
    "InvoiceBlocked.1": {"told": False, "answer_ref": None, "known": ()},
    "InvoiceQueued.1": {"revision": 1},
    "InvoiceReleased.1": {"fixed": False},
    "InvoiceSynced.1": {"adopted": False, "payments": (), "payment_account_id": None, "opens": None},
    "InvoiceRevised.1": {"opens": None, "searches": None},
    "InvoiceVoided.1": {"opens": None, "awaits": "", "searches": None},
    "OrganisationSelected.1": {"leaves": "", "first_day": None, "leaves_now": ()},
    "OutcomeResolved.1": {"another": ""},
    "PaymentSynced.1": {"opens": None},
    "RetryRequested.1": {"payments": (), "payment_account_id": None, "searches": None, "payments_sought": {}},
    "ReviewCleared.1": {"reason_ref": None},
    "ReviewRaised.1": {"answer_ref": None, "closes": None, "opens": None},
    "SyncDismissed.1": {"reason_ref": None},
    "SyncFailed.1": {"delivery_id": None, "answer_ref": None, "opens": None},
    "TaxMapped.1": {"override_reason_ref": None},
    "TaxRatesDeclared.1": {"needs_mapping": ()},
}
"""What a field left out of a stored event means. Events are stored without their defaults, so these never change."""


def test_every_topic_has_a_golden_file_and_every_file_a_topic() -> None:
    files = {path.stem for path in _GOLDEN.glob("*.json")}
    for topic in TOPICS.keys() - files:
        example = EVERY_EVENT.get(TOPICS[topic])
        pytest.fail(
            f"golden/{topic}.json is missing; it would hold:\n{example and msgspec.json.encode(example).decode()}"
        )
    assert files <= TOPICS.keys(), f"stored once, these topics must stay readable: {sorted(files - TOPICS.keys())}"


def test_the_six_names_of_the_brief_are_topics() -> None:
    names = ("Connected", "TaxMapped", "InvoiceQueued", "InvoiceSynced", "SyncFailed", "Disconnected")
    assert [f"{name}.1" for name in names if f"{name}.1" not in TOPICS] == []


def test_no_two_event_types_share_a_topic() -> None:
    assert len(TOPICS) == len(TOPIC_OF) == len(EVENT_TYPES)


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_stored_event_is_read_as_it_was_meant(topic: str) -> None:
    event = EVERY_EVENT[TOPICS[topic]]
    try:
        read = msgspec.json.decode(_stored(topic), type=TOPICS[topic])
    except msgspec.ValidationError as error:
        pytest.fail(f"an event stored as {topic} can no longer be read: {error}")
    changed = _changed_fields(msgspec.to_builtins(read), msgspec.to_builtins(event))
    assert read == event, f"an event stored as {topic} is read differently in: {changed}"


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_an_event_is_stored_byte_for_byte_as_before(topic: str) -> None:
    encoded = msgspec.json.encode(EVERY_EVENT[TOPICS[topic]])
    changed = _changed_fields(msgspec.json.decode(_stored(topic)), msgspec.json.decode(encoded))
    assert encoded == _stored(topic), f"{topic} is stored differently now; changed: {changed or 'order of fields'}"


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_fields_left_out_of_a_stored_event_mean_what_they_always_meant(topic: str) -> None:
    expected = _BASE | _DEFAULTS.get(topic, {})
    event_type = TOPICS[topic]
    fields = msgspec.structs.fields(event_type)
    assert {field.name for field in fields if not field.required} == expected.keys(), (
        f"the optional fields of {topic} changed; a field stored once stays, a new one needs a default in this table"
    )
    stored = msgspec.json.decode(_stored(topic))
    least = {field.name: stored[field.name] for field in fields if field.required}
    event = msgspec.convert(least, event_type)
    assert {name: getattr(event, name) for name in expected} == expected


def test_the_golden_files_exercise_every_field_of_every_stored_value() -> None:
    seen: dict[type[msgspec.Struct], set[str]] = {}
    for event in EVERY_EVENT.values():
        _collect(event, seen)
    never = {
        f"{kind.__name__}.{field.name}"
        for kind, written in seen.items()
        for field in msgspec.structs.fields(kind)
        if field.name not in written
    }
    assert never == set()


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_golden_file_holds_every_field_of_its_event(topic: str) -> None:
    fields = {field.name for field in msgspec.structs.fields(TOPICS[topic])}
    assert msgspec.json.decode(_stored(topic)).keys() == fields


def test_the_words_stored_in_events_stay_as_they_are() -> None:
    assert get_args(EntryKind) == (
        "create_invoice",
        "update_invoice",
        "void_invoice",
        "create_payment",
        "create_contact",
        "remove_connection",
    )
    assert get_args(RemovedHow) == ("removed", "gone", "replaced", "refused", "unanswered")
    assert get_args(DisconnectReason) == ("user", "inactivity", "authorisation_lost", "removed_in_xero")
    assert get_args(Referenced) == ("tax_rate", "ledger_account", "organisation", "permissions")
    assert get_args(HowLinked) == ("person", "email", "name", "created", "merged", "moved")
    assert get_args(LineAmounts) == ("exclusive", "inclusive", "no_tax")
    assert get_args(Role) == ("backend", "owner", "support", "auditor", "admin", "engine")


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=lambda event_type: str(event_type.__name__))
def test_an_event_can_not_be_altered(event_type: type[Event]) -> None:
    with pytest.raises(AttributeError, match="immutable"):
        EVERY_EVENT[event_type].account_id = "another"  # type: ignore[misc]


def test_no_event_holds_a_number_that_is_not_exact() -> None:
    for event in EVERY_EVENT.values():
        assert not _floats(msgspec.json.decode(msgspec.json.encode(event))), f"{type(event).__name__} stores a float"


def _stored(topic: str) -> bytes:
    return (_GOLDEN / f"{topic}.json").read_bytes().removesuffix(b"\n")


def _changed_fields(one: Any, other: Any, place: str = "") -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [*one, *(key for key in other if key not in one)]
        return [
            c
            for key in keys
            for c in _changed_fields(one.get(key, "absent"), other.get(key, "absent"), f"{place}/{key}")
        ]
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        return [
            c for n, (a, b) in enumerate(zip(one, other, strict=True)) for c in _changed_fields(a, b, f"{place}/{n}")
        ]
    return [] if one == other else [f"{place}: {one!r} → {other!r}"]


def _collect(value: Any, seen: dict[type[msgspec.Struct], set[str]]) -> None:
    if isinstance(value, msgspec.Struct):
        written = msgspec.to_builtins(value)
        seen.setdefault(type(value), set()).update(written)
        for name in value.__struct_fields__:
            _collect(getattr(value, name), seen)
    elif isinstance(value, tuple):
        for item in value:
            _collect(item, seen)


def _floats(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [found for item in value.values() for found in _floats(item)]
    if isinstance(value, list):
        return [found for item in value for found in _floats(item)]
    return [value] if isinstance(value, float) else []
