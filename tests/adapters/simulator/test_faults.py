"""Each fault does what its name says, to the request it was ordered for, as often as ordered."""

import threading

import httpx
import pytest

from tests.adapters.simulator.visitor import Json, Visitor, an_invoice


def requests(xero: Visitor) -> list[Json]:
    """The journal."""
    found: list[Json] = xero.steer("GET", "/ledger/requests")["requests"]
    return found


def test_a_lost_answer_leaves_the_invoice_behind(connected: Visitor) -> None:
    fault = connected.fault("answer_lost", method="PUT", path="/Invoices")
    with pytest.raises(httpx.RemoteProtocolError):
        connected.put(an_invoice(), key="k")
    assert connected.fired(fault)
    assert connected.numbers() == ["K-1"]
    assert connected.put(an_invoice(), key="k").status_code == 200
    assert connected.numbers() == ["K-1"]
    assert [(r["processed_status"], r["status"], r["fault"]) for r in requests(connected)][-2:] == [
        (200, None, "answer_lost"),
        (200, 200, None),
    ]


def test_a_late_commit_comes_after_the_hang_up(connected: Visitor) -> None:
    fault = connected.fault("late_commit", method="PUT", delay=3.0)
    with pytest.raises(httpx.RemoteProtocolError):
        connected.put(an_invoice())
    assert connected.numbers() == []
    assert connected.fired(fault, "completed")
    assert connected.numbers() == ["K-1"]


def test_a_reset_has_no_effect(connected: Visitor) -> None:
    fault = connected.fault("reset", method="PUT")
    with pytest.raises(httpx.ReadError):
        connected.put(an_invoice())
    assert connected.fired(fault)
    assert connected.numbers() == []
    assert connected.put(an_invoice()).status_code == 200


@pytest.mark.parametrize(("kind", "numbers"), [("http_500_before", []), ("http_500_after", ["K-1"])])
def test_a_500_comes_before_or_after_the_effect(connected: Visitor, kind: str, numbers: list[str]) -> None:
    connected.fault(kind, method="PUT")
    answer = connected.put(an_invoice())
    assert (answer.status_code, answer.json()["Title"]) == (500, "An error occurred")
    assert connected.numbers() == numbers


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("http_503", "The Xero API is temporarily unavailable"),
        ("http_503_maintenance", "The Xero API is currently offline for maintenance"),
        ("http_503_organisation_offline", "The Organisation is offline"),
    ],
)
def test_a_503_is_text_without_effect_and_without_memory(connected: Visitor, kind: str, text: str) -> None:
    connected.fault(kind, method="PUT")
    answer = connected.put(an_invoice(), key="k")
    assert (answer.status_code, answer.text) == (503, text)
    assert connected.put(an_invoice(), key="k").status_code == 200


@pytest.mark.parametrize(
    ("problem", "empty"),
    [
        ("minute", "X-MinLimit-Remaining"),
        ("day", "X-DayLimit-Remaining"),
        ("concurrent", None),
        ("appminute", "X-AppMinLimit-Remaining"),
    ],
)
def test_a_429_on_demand_looks_like_a_real_one(connected: Visitor, problem: str, empty: str | None) -> None:
    connected.fault(f"http_429_{problem}", method="PUT", retry_after=7)
    answer = connected.put(an_invoice())
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, problem)
    assert answer.headers["Retry-After"] == "7"
    assert empty is None or answer.headers[empty] == "0"
    assert connected.numbers() == []
    assert connected.rules_broken() == []


def test_a_cut_answer_has_its_effect(connected: Visitor) -> None:
    connected.fault("truncated_json", method="PUT")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        connected.put(an_invoice())
    assert connected.numbers() == ["K-1"]


def test_a_slow_answer_comes_in_the_end(connected: Visitor) -> None:
    fault = connected.fault("slow", method="GET", path="/Currencies", delay=0.2)
    assert connected.get("Currencies").elapsed.total_seconds() >= 0.2
    assert connected.fired(fault)


def test_a_held_answer_waits_for_its_release_with_the_effect_done(connected: Visitor) -> None:
    fault = connected.fault("hold", method="PUT")
    answers: list[httpx.Response] = []
    caller = threading.Thread(target=lambda: answers.append(connected.put(an_invoice())))
    caller.start()
    assert connected.fired(fault)
    assert connected.numbers() == ["K-1"]
    assert answers == []
    assert connected.steer("POST", "/release", {"fault": fault}) == {"released": [fault]}
    caller.join()
    assert answers[0].status_code == 200


def test_a_refused_batch_saves_nothing(connected: Visitor) -> None:
    connected.fault("batch_400", method="PUT")
    answer = connected.put(an_invoice())
    assert (answer.status_code, answer.json()["Type"]) == (400, "ValidationException")
    assert connected.numbers() == []


def test_a_batch_can_be_refused_and_have_saved_its_elements_all_the_same(connected: Visitor) -> None:
    connected.fault("batch_400_after", method="PUT")
    answer = connected.put(an_invoice())
    assert (answer.status_code, answer.json()["Type"]) == (400, "ValidationException")
    assert connected.numbers() == ["K-1"]


def test_errors_can_be_summarised_although_nobody_asked_for_it(connected: Visitor) -> None:
    connected.fault("summarised", method="PUT", times=None)
    answer = connected.put(an_invoice(), an_invoice("K-2", DueDate=...))
    assert answer.status_code == 400
    assert [one["InvoiceNumber"] for one in answer.json()["Elements"]] == ["K-2"]
    assert answer.json()["Elements"][0]["ValidationErrors"]
    assert connected.numbers() == ["K-1"]
    assert connected.put(an_invoice("K-3")).status_code == 200


def test_an_unavailable_xero_may_say_for_how_long(connected: Visitor) -> None:
    connected.fault("http_503", path="/Organisation", retry_after=4)
    connected.fault("http_503", path="/Organisation")
    said = [connected.get("Organisation").headers.get("Retry-After") for _ in range(2)]
    assert said == ["4", None]


def test_a_fault_hits_by_chance_and_the_same_seed_hits_the_same_requests(connected: Visitor) -> None:
    def statuses() -> list[int]:
        connected.steer("DELETE", "/faults")
        connected.fault("http_503", path="/Organisation", times=None, chance=0.5, seed=7)
        return [connected.get("Organisation").status_code for _ in range(20)]

    first = statuses()
    assert set(first) == {200, 503}
    assert statuses() == first


def test_a_token_can_be_found_expired(connected: Visitor) -> None:
    connected.fault("token_expired", path="/Organisation")
    assert connected.get("Organisation").json()["Detail"].startswith("TokenExpired")
    assert connected.get("Organisation").status_code == 200


@pytest.mark.parametrize("kind", ["answer_lost", "reset", "http_500_after", "http_503", "http_429_minute"])
def test_faults_reach_the_token_endpoint(xero: Visitor, kind: str) -> None:
    token = xero.connect()["refresh_token"]
    fault = xero.fault(kind, method="POST", path="/connect/token")
    if kind.startswith("http"):
        assert xero.refresh(token).status_code == int(kind[5:8])
    else:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            xero.refresh(token)
    assert xero.fired(fault)
    assert xero.refresh(token).status_code == 200


def test_faults_skip_and_count_and_look_into_bodies(connected: Visitor) -> None:
    fault = connected.fault("http_503", method="PUT", path="/api.xro/2.0/invoices", skip=1, times=2, body_contains="K-")
    connected.put(an_invoice("X-1"))
    statuses = [connected.put(an_invoice(f"K-{n}")).status_code for n in range(4)]
    assert statuses == [200, 503, 503, 200]
    (listed,) = connected.steer("GET", "/faults")["faults"]
    assert (listed["id"], listed["matched"], listed["fired"]) == (fault, 2, 2)
    assert connected.steer("DELETE", "/faults") == {"faults": []}


def test_a_fault_looks_into_queries_and_at_organisations(connected: Visitor, second_tenant: str) -> None:
    asked = connected.fault("http_500_before", method="GET", path="/Invoices", query_contains="K-1,K", times=None)
    there = connected.fault("http_503_organisation_offline", tenant_id=second_tenant.upper(), times=None)
    assert connected.get("Invoices", InvoiceNumbers="K-1,K-2").status_code == 500
    assert connected.get("Invoices", InvoiceNumbers="K-2").status_code == 200
    connected.connect(tenant_ids=[second_tenant])
    assert connected.get("Invoices", InvoiceNumbers="K-2").status_code == 503
    left = connected.steer("DELETE", f"/faults?fault={there}")["faults"]
    assert [fault["id"] for fault in left] == [asked]
    assert connected.get("Invoices", InvoiceNumbers="K-2").status_code == 200
    assert connected.control.delete(f"/faults?fault={there}").status_code == 404


def test_a_path_also_stands_for_what_lies_below_it(connected: Visitor) -> None:
    connected.fault("http_503", path="/Invoices", times=None)
    assert connected.get("Invoices/K-1").status_code == 503
    assert connected.get("Invoices", InvoiceNumbers="K-1").status_code == 503
    assert connected.get("Currencies").status_code == 200


@pytest.mark.parametrize(
    "order", [{"kind": "earthquake"}, {"kind": "slow", "dealy": 1}, {}, [], {"kind": "slow", "delay": -1}]
)
def test_a_fault_that_cannot_be_is_refused_with_a_sentence(xero: Visitor, order: object) -> None:
    answer = xero.control.post("/faults", json=order)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_request_with_something_in_it_is_refused_whole_as_long_as_it_is_in_it(connected: Visitor) -> None:
    connected.fault("http_413", method="PUT", body_contains='"K-2"', times=None)
    assert connected.put(an_invoice(InvoiceNumber="K-2")).status_code == 413
    assert connected.put(an_invoice(InvoiceNumber="K-1")).status_code == 200
    assert connected.put(an_invoice(InvoiceNumber="K-2")).status_code == 413
    assert connected.numbers() == ["K-1"]


def test_a_retry_after_may_be_anything_a_header_can_hold(connected: Visitor) -> None:
    connected.fault("http_429_minute", method="PUT", retry_after="soon")
    assert connected.put(an_invoice()).headers["Retry-After"] == "soon"
