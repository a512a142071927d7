"""Rate limits: windows, headers, and the three ways to be told to wait."""

import threading

import httpx
import pytest

from tests.adapters.simulator.visitor import TENANT, Visitor, an_invoice


@pytest.fixture
def limited(connected: Visitor) -> Visitor:
    """A connected visitor whose calls are counted, at the start of no particular window."""
    connected.steer("POST", "/options", {"rate_limits": True})
    return connected


def test_the_sixty_first_call_of_a_minute_is_refused_until_the_window_ends(limited: Visitor) -> None:
    answers = [limited.get("Currencies") for _ in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    last = answers[-1]
    assert last.headers["X-Rate-Limit-Problem"] == "minute"
    assert last.headers["X-MinLimit-Remaining"] == "0"
    assert 1 <= int(last.headers["Retry-After"]) <= 60
    assert limited.rules_broken() == ["minute_limit"]
    limited.steer("POST", "/clock", {"advance_seconds": int(last.headers["Retry-After"])})
    assert limited.get("Currencies").status_code == 200


def test_every_answer_tells_what_is_left(limited: Visitor) -> None:
    first, second = limited.get("Currencies"), limited.get("Accounts/unknown")
    for answer, used in ((first, 1), (second, 2)):
        assert answer.headers["X-MinLimit-Remaining"] == str(60 - used)
        assert answer.headers["X-DayLimit-Remaining"] == str(5000 - used)
        assert "X-AppMinLimit-Remaining" in answer.headers


def test_the_day_ends_too(limited: Visitor) -> None:
    limited.steer("POST", "/options", {"per_day": 1})
    limited.get("Currencies")
    answer = limited.get("Currencies")
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, "day")
    assert 60 < int(answer.headers["Retry-After"]) <= 86400
    assert limited.rules_broken() == ["day_limit"]


def test_the_app_has_a_limit_over_all_organisations(xero: Visitor, second_tenant: str) -> None:
    token = xero.connect(tenant_ids=[TENANT, second_tenant])["access_token"]
    xero.steer("POST", "/options", {"rate_limits": True, "app_per_minute": 2})
    xero.get("Currencies")
    xero.speak(token, second_tenant)
    xero.get("Currencies")
    answer = xero.get("Currencies")
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, "appminute")


def test_each_organisation_has_its_own_minute(xero: Visitor, second_tenant: str) -> None:
    token = xero.connect(tenant_ids=[TENANT, second_tenant])["access_token"]
    xero.steer("POST", "/options", {"rate_limits": True, "per_minute": 1})
    assert xero.get("Currencies").status_code == 200
    xero.speak(token, second_tenant)
    assert xero.get("Currencies").status_code == 200
    assert xero.get("Currencies").status_code == 429


def test_a_sixth_call_at_once_is_refused_and_noted(limited: Visitor) -> None:
    held = limited.fault("hold", method="PUT", times=5)
    callers = [threading.Thread(target=limited.put, args=(an_invoice(f"K-{n}"),)) for n in range(5)]
    for caller in callers:
        caller.start()
    assert limited.fired(held, times=5)
    answer = limited.get("Currencies")
    limited.steer("POST", "/release", {})
    for caller in callers:
        caller.join()
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
    assert "Retry-After" not in answer.headers
    assert limited.rules_broken() == ["concurrent_limit"]
    assert limited.steer("GET", "/ledger/max_in_flight")["by_tenant"] == {TENANT: 6}
    assert limited.get("Currencies").status_code == 200


def test_five_callers_that_wait_for_their_answers_are_never_too_many(limited: Visitor) -> None:
    limited.steer("POST", "/options", {"per_minute": 1000})
    statuses: list[int] = []

    def call() -> None:
        statuses.extend(limited.get("Currencies").status_code for _ in range(30))

    callers = [threading.Thread(target=call) for _ in range(5)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert statuses == [200] * 150
    assert limited.steer("GET", "/ledger/max_in_flight")["max_in_flight"] <= 5


def test_a_caller_that_hung_up_on_a_held_answer_frees_its_place(limited: Visitor) -> None:
    limited.steer("POST", "/options", {"concurrent": 1})
    limited.fault("hold", method="PUT")
    impatient = Visitor(limited.api_url, str(limited.control.base_url))
    impatient.api.headers.update(limited.api.headers)
    impatient.api.timeout = httpx.Timeout(60, read=0.2)
    with pytest.raises(httpx.ReadTimeout):
        impatient.put(an_invoice())
    impatient.close()
    assert limited.steer("GET", "/wait?requests=1&method=PUT&path=/Invoices&timeout=60")["reached"]
    assert limited.get("Currencies").status_code == 200


def test_without_limits_the_headers_tell_of_a_full_allowance(connected: Visitor) -> None:
    for _ in range(3):
        answer = connected.get("Currencies")
    assert answer.headers["X-MinLimit-Remaining"] == "60"


def test_a_refused_call_uses_nothing_up(limited: Visitor) -> None:
    limited.steer("POST", "/options", {"per_minute": 1})
    for _ in range(3):
        answer = limited.get("Currencies")
    assert answer.headers["X-DayLimit-Remaining"] == "4999"


def test_a_minute_may_be_shorter_so_that_limits_are_measured_in_less_time(limited: Visitor) -> None:
    limited.steer("POST", "/options", {"minute_seconds": 2, "per_minute": 1})
    limited.steer("POST", "/clock", {"now": "2026-11-02T10:00:00Z"})
    refused = [limited.get("Currencies") for _ in range(2)][-1]
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 2
    limited.steer("POST", "/clock", {"advance_seconds": 2})
    assert limited.get("Currencies").status_code == 200
