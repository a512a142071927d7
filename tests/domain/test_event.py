"""What every event carries: where it stands, when, who, and why; given by the moment, never by the domain."""

import datetime as dt
from typing import Final

import msgspec
import pytest

from domain.connection import connect
from domain.currency import CURRENCIES
from domain.event import ENGINE, Actor
from domain.refusals import Fault, InvalidInput
from domain.streams import connection_id, contact_link_stream, invoice_stream
from tests.domain.connection_history import CONSENT
from tests.examples import ACCOUNT, INVOICE, LINK, NOON, OWNER, identity, moment, open_connection, queued_invoice

LATER: Final = NOON + dt.timedelta(hours=3)


def test_the_moment_gives_time_actor_and_ids_to_every_event_of_a_decision() -> None:
    at = moment(LATER, actor=OWNER, seed="one")
    events = connect(None, ACCOUNT, **CONSENT, at=at)
    assert [(e.occurred_at, e.actor, e.correlation_id, e.causation_id) for e in events] == [
        (LATER, OWNER, identity("one/correlation"), identity("one/causation"))
    ] * 2
    assert [e.event_id for e in events] == [identity(f"one/{LATER.isoformat()}/{n}") for n in (1, 2)]


def test_the_same_decision_in_the_same_moment_gives_the_same_events() -> None:
    one, other = (connect(None, ACCOUNT, **CONSENT, at=moment()) for _ in range(2))
    assert msgspec.json.encode(one) == msgspec.json.encode(other)


def test_a_stream_is_numbered_from_one_without_gaps_across_decisions() -> None:
    events = open_connection()
    assert [e.originator_version for e in events] == list(range(1, len(events) + 1))


def test_each_aggregate_writes_to_its_own_stream() -> None:
    assert {e.originator_id for e in open_connection()} == {connection_id(ACCOUNT)}
    assert {e.originator_id for e in queued_invoice()} == {invoice_stream(ACCOUNT, INVOICE)}
    assert invoice_stream(ACCOUNT, INVOICE) != contact_link_stream(ACCOUNT, LINK.kyrios_contact_id)


def test_every_event_after_the_organisation_was_chosen_carries_it() -> None:
    carried = [bool(e.organisation_id) for e in open_connection()]
    assert carried == sorted(carried)
    assert carried.count(False) == 2


@pytest.mark.parametrize(("actor", "shown"), [(ENGINE, "engine"), (Actor("owner", "usr-1"), "owner usr-1")])
def test_an_actor_is_shown_as_role_and_id(actor: Actor, shown: str) -> None:
    assert str(actor) == shown


def test_a_refused_input_names_every_fault_with_its_place() -> None:
    refusal = InvalidInput(Fault("/lines/3/quantity", "is missing"), Fault("", "is not an object"))
    assert str(refusal) == "/lines/3/quantity: is missing; /: is not an object"
    assert len(refusal.faults) == 2


@pytest.mark.parametrize(("code", "known"), [("NZD", True), ("EUR", True), ("nzd", False), ("XXX", False), ("", False)])
def test_a_currency_is_known_by_its_iso_code_alone(code: str, known: bool) -> None:
    assert (code in CURRENCIES) is known
