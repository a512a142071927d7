"""Idempotency keys: six minutes, one answer, byte for byte."""

import threading
import uuid

import httpx
import pytest

from tests.adapters.simulator.visitor import TENANT, Visitor, an_invoice, contact


def test_a_repeat_gets_the_same_bytes_and_no_second_invoice(connected: Visitor) -> None:
    first, again = (connected.put(an_invoice(InvoiceNumber=...), key="k") for _ in range(2))
    assert first.content == again.content
    assert len(connected.numbers()) == 1


def test_a_key_is_forgotten_six_minutes_after_its_first_call(connected: Visitor) -> None:
    connected.put(an_invoice(InvoiceNumber=...), key="k")
    connected.steer("POST", "/clock", {"advance_seconds": 359})
    connected.put(an_invoice(InvoiceNumber=...), key="k")
    assert len(connected.numbers()) == 1
    connected.steer("POST", "/clock", {"advance_seconds": 1})
    connected.put(an_invoice(InvoiceNumber=...), key="k")
    assert len(connected.numbers()) == 2


def test_a_key_with_another_body_or_address_is_refused_and_noted(connected: Visitor) -> None:
    connected.put(an_invoice("K-1"), key="k")
    for answer in (connected.put(an_invoice("K-2"), key="k"), connected.put(an_invoice("K-1"), key="k", unitdp="2")):
        assert answer.status_code == 400
        assert answer.json()["Message"] == "Idempotency Key: k is used with a different request."
    assert connected.rules_broken() == ["idempotency_key_reused"] * 2
    assert connected.numbers() == ["K-1"]


@pytest.mark.parametrize(("bound", "status"), [(True, 400), (False, 200)])
def test_a_key_used_for_another_organisation(xero: Visitor, second_tenant: str, bound: bool, status: int) -> None:
    xero.steer("POST", "/options", {"key_is_bound_to_tenant": bound})
    token = xero.connect(tenant_ids=[TENANT, second_tenant])["access_token"]
    xero.put(an_invoice(), key="k")
    xero.speak(token, second_tenant)
    assert xero.put(an_invoice(), key="k").status_code == status


def test_a_key_of_more_than_128_characters_is_refused(connected: Visitor) -> None:
    assert connected.put(an_invoice("K-1"), key="k" * 128).status_code == 200
    assert connected.put(an_invoice("K-2"), key="k" * 129).status_code == 400
    assert connected.numbers() == ["K-1"]


def test_an_internal_error_is_repeated_when_its_cause_is_gone(connected: Visitor) -> None:
    connected.fault("http_500_before")
    first, again = (connected.put(an_invoice(), key="k") for _ in range(2))
    assert first.status_code == again.status_code == 500
    assert first.content == again.content
    assert connected.numbers() == []


@pytest.mark.parametrize(("replays", "status"), [(True, 400), (False, 200)])
def test_a_refusal_is_replayed_although_the_books_changed(connected: Visitor, replays: bool, status: int) -> None:
    connected.steer("POST", "/options", {"replays_validation_400": replays})
    invoice = an_invoice(Contact={"ContactID": contact(10)})
    assert connected.put(invoice, key="k", summarise=True).status_code == 400
    connected.steer("POST", f"/organisations/{TENANT}/contacts", {"ContactID": contact(10), "ContactStatus": "ACTIVE"})
    assert connected.put(invoice, key="k", summarise=True).status_code == status


def test_a_concurrent_repeat_waits_for_the_first_answer(connected: Visitor) -> None:
    late = connected.fault("late_commit", method="PUT", delay=0.2)
    key = str(uuid.uuid4())
    with pytest.raises(httpx.RemoteProtocolError):
        connected.put(an_invoice(InvoiceNumber=...), key=key)
    assert connected.put(an_invoice(InvoiceNumber=...), key=key).status_code == 200
    assert connected.fired(late, "completed")
    assert len(connected.numbers()) == 1


def test_where_same_keys_are_not_serialised_a_concurrent_repeat_duplicates(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"serialises_same_key": False})
    late = connected.fault("late_commit", method="PUT", delay=2.0)
    with pytest.raises(httpx.RemoteProtocolError):
        connected.put(an_invoice(InvoiceNumber=...), key="k")
    connected.put(an_invoice(InvoiceNumber=...), key="k")
    assert connected.fired(late, "completed")
    assert len(connected.numbers()) == 2


def test_a_429_is_not_remembered_under_the_key(connected: Visitor) -> None:
    connected.steer("POST", "/options", {"rate_limits": True, "per_minute": 0})
    assert connected.put(an_invoice(), key="k").status_code == 429
    connected.steer("POST", "/options", {"rate_limits": False})
    assert connected.put(an_invoice(), key="k").status_code == 200


def test_keys_mean_nothing_on_a_get(connected: Visitor) -> None:
    first, again = (connected.get("Invoices", headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json()["Id"] != again.json()["Id"]


def test_eight_callers_with_one_key_make_one_invoice(connected: Visitor) -> None:
    answers: list[bytes] = []

    def call() -> None:
        answers.append(connected.put(an_invoice(InvoiceNumber=...), key="k").content)

    callers = [threading.Thread(target=call) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(set(answers)) == 1
    assert len(connected.numbers()) == 1
