"""Which mails events ask for: by type and cause, one per cause and hour, none where nobody must act."""

import datetime as dt
from typing import Final

import msgspec
import pytest

from domain.alert_entries import IN_PEACE, SOON, alerts_of, each_once, hour_of
from domain.causes import CATALOGUE, Cause
from domain.connection import (
    AlertRecipientsSet,
    Disconnected,
    GateClosed,
    GateOpened,
    InactivityWarned,
    ReferenceDrifted,
    TaxRatesDeclared,
    declare_taxes,
    disconnect,
    unmap_tax,
)
from domain.contact_link import ContactRefused
from domain.event import Event
from domain.invoice import InvoiceBlocked, ReviewRaised
from domain.streams import connection_id
from domain.topics import TOPIC_OF
from tests.domain.connection_history import ALL_MAPPED
from tests.domain.every_event import EVERY_EVENT
from tests.domain.invoice_history import failed
from tests.examples import ACCOUNT, DECLARED_GST, DECLARED_LUXURY, DECLARED_ZERO, GST, NOON
from tests.given import fact, given

ASKING: Final = {
    InvoiceBlocked, ReviewRaised, ContactRefused, TaxRatesDeclared, ReferenceDrifted, InactivityWarned, Disconnected,
    AlertRecipientsSet,
}  # fmt: skip


def asked(*events: Event) -> list[tuple[str, str]]:
    """Kind and cause of each mail these events ask for."""
    return [(one.kind, one.cause_code) for event in events for one in alerts_of(event)]


@pytest.mark.parametrize("event", EVERY_EVENT.values(), ids=lambda event: TOPIC_OF[type(event)])
def test_an_event_asks_for_mails_by_its_type(event: Event) -> None:
    # The examples of SyncFailed and of the gate's events are of the kind that asks for none; they have tests below.
    assert bool(alerts_of(event)) == (type(event) in ASKING)


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_cause_for_which_nobody_must_act_asks_for_no_mail(code: str) -> None:
    expected = [] if CATALOGUE[code].who == ("nobody",) else [("invoices", code)]
    assert asked(fact(InvoiceBlocked, causes=(Cause(code),), revision=1)) == expected
    assert asked(failed(Cause(code))) == expected


def test_causes_that_pass_by_themselves_are_such() -> None:
    passing = [code for code, kind in CATALOGUE.items() if kind.standing == "queued" or code == "contact_pending"]
    assert [code for code in passing if CATALOGUE[code].who != ("nobody",)] == []


def test_an_earlier_revision_that_was_refused_is_no_failure() -> None:
    assert asked(failed(opens="create_invoice")) == []


def test_two_causes_of_one_invoice_are_two_mails_and_one_cause_twice_is_one() -> None:
    causes = (Cause("contact_missing"), Cause("tax_set_unmapped", key="a"), Cause("tax_set_unmapped", key="b"))
    assert asked(fact(InvoiceBlocked, causes=causes, revision=1)) == [
        ("invoices", "contact_missing"),
        ("invoices", "tax_set_unmapped"),
    ]


def test_failures_of_one_cause_share_a_mail_within_the_hour_and_not_beyond() -> None:
    def key(minutes: float) -> str:
        event = msgspec.structs.replace(failed(), occurred_at=NOON + dt.timedelta(minutes=minutes))
        return alerts_of(event)[0].effect_key

    assert key(0) == key(59.99) == f"mail/{connection_id(ACCOUNT)}/invoices/duplicate_number_in_xero/2026-10-01T12"
    assert key(60) != key(0) != key(-0.01)
    assert hour_of(NOON.astimezone(dt.timezone(dt.timedelta(hours=13)))) == "2026-10-01T12"


def test_one_entry_is_kept_of_each_key() -> None:
    entries = [entry for _ in range(3) for entry in alerts_of(EVERY_EVENT[InvoiceBlocked])]
    assert [entry.effect_key for entry in each_once(entries)] == sorted({entry.effect_key for entry in entries})


def test_accounts_never_share_a_mail() -> None:
    mine, others = failed(), msgspec.structs.replace(failed(), account_id="somebody-else")
    assert alerts_of(mine)[0].effect_key != alerts_of(others)[0].effect_key


def test_nothing_is_told_of_the_gate_during_the_first_set_up() -> None:
    assert asked(*ALL_MAPPED) == []


def test_a_disconnection_has_one_mail_of_its_own_and_the_gate_adds_none() -> None:
    for reason in ("user", "inactivity", "removed_in_xero", "authorisation_lost"):
        events = given(*ALL_MAPPED).when(disconnect, reason, {}).events
        assert asked(*events) == [("disconnected", reason)]
        key = alerts_of(events[0])[0].effect_key
        assert key == f"mail/{events[0].event_id}"


def test_a_new_tax_set_is_told_once_whether_or_not_it_closes_the_gate() -> None:
    declared = [DECLARED_GST, DECLARED_LUXURY]
    events = given(*ALL_MAPPED).when(declare_taxes, declared).events
    assert [type(event) for event in events] == [TaxRatesDeclared, GateClosed]
    assert [e.cause_code for e in each_once(a for e in events for a in alerts_of(e))] == ["tax_mapping_incomplete"]


def test_of_what_closes_the_gate_only_what_came_anew_is_told() -> None:
    first = given(*ALL_MAPPED).when(unmap_tax, GST)
    assert asked(*first.events) == [("set_up", "tax_mapping_incomplete")]
    both = given(*ALL_MAPPED, *first.events).when(declare_taxes, [DECLARED_GST, DECLARED_LUXURY, DECLARED_ZERO])
    assert asked(both.events[-1]) == [("set_up", "tax_mapping_incomplete")]
    fewer = given(*ALL_MAPPED, *first.events, *both.events).when(declare_taxes, [DECLARED_GST, DECLARED_LUXURY])
    assert isinstance(fewer.events[-1], GateClosed)
    assert asked(*fewer.events) == []


def test_a_gate_that_opens_after_set_up_is_told() -> None:
    assert asked(fact(GateOpened)) == [("recovered", "")]
    assert asked(fact(GateOpened, during_setup=True)) == []


def test_whoever_sets_up_again_is_left_in_peace_for_half_an_hour() -> None:
    (unfinished,) = alerts_of(fact(GateClosed, causes=(Cause("setup_incomplete"),)))
    (lost,) = alerts_of(fact(GateClosed, causes=(Cause("permission_missing"),)))
    assert (unfinished.due_in, lost.due_in) == (IN_PEACE, SOON)
