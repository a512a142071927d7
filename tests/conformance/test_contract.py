"""The judge itself: it notices what it is there to notice."""

import json
from pathlib import Path

import pytest

from tests.conformance.contract import Contract, require_files
from tests.conformance.recorder import Exchange

HEADERS = {"xero-tenant-id": "0b6f1c52-7c0e-4f0e-9a51-3f1d6a2b9c01", "authorization": "Bearer x"}
JSON = {"content-type": "application/json; charset=utf-8"}


def exchange(answer: object, body: object = None, **changes: object) -> Exchange:
    """A GET, or a PUT with a body, of invoices."""
    told = {
        "method": "GET" if body is None else "PUT",
        "target": "/api.xro/2.0/Invoices",
        "request_headers": HEADERS,
        "body": b"" if body is None else json.dumps(body).encode(),
        "status": 200,
        "headers": JSON,
        "answer": json.dumps(answer).encode(),
    }
    return Exchange(**(told | changes))  # type: ignore[arg-type]


def an_answer(**invoice: object) -> object:
    """An answer with one invoice."""
    return {"Id": "1", "Status": "OK", "Invoices": [invoice]}


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (exchange(an_answer(Total="12.50")), "Total"),
        (exchange(an_answer(Status="OPEN")), "Status"),
        (exchange(an_answer(Colour="red")), "Colour"),
        (exchange(an_answer(LineItems=[{"Quantity": None}])), "Quantity"),
        (exchange(an_answer(Contact={"ContactID": "7"})), "ContactID"),
        (exchange({"ErrorNumber": "ten"}, status=400), "ErrorNumber"),
        (exchange(an_answer(), {"Invoices": [{"LineItems": [{"Colour": "red"}]}]}), "Colour"),
        (exchange(an_answer(), {"Invoices": [{"AmountDue": 1}]}), "read-only"),
        (exchange(an_answer(), target="/api.xro/2.0/Invoices?colour=red"), "colour"),
        (exchange(an_answer(), target="/api.xro/2.0/Invoices?unitdp=four"), "unitdp"),
        (exchange(an_answer(), target="/api.xro/2.0/Unicorns"), "Unicorns"),
        (exchange(an_answer(), request_headers={}), "Missing required header parameter"),
        (exchange([{"id": 7}], target="/connections"), "id"),
    ],
)
def test_what_xeros_files_do_not_allow_is_noticed(contract: Contract, found: Exchange, wrong: str) -> None:
    with pytest.raises(AssertionError, match=wrong):
        contract.check(found)


def test_what_they_allow_passes(contract: Contract) -> None:
    contract.check(exchange(an_answer(Total=12.5, Status="PAID", LineItems=[{"Quantity": 1}])))
    contract.check(exchange({"ErrorNumber": 10, "Elements": [{"ValidationErrors": [{"Message": "no"}]}]}, status=400))


def test_a_request_that_was_meant_to_be_wrong_is_not_judged(contract: Contract) -> None:
    contract.check(exchange({"ErrorNumber": 14}, {"Invoices": [{"Colour": 1}]}, status=400), request_too=False)


@pytest.mark.parametrize(("in_ci", "ends"), [(True, pytest.fail.Exception), (False, pytest.skip.Exception)])
def test_absent_files_are_said_and_skipped_but_fail_in_ci(tmp_path: Path, in_ci: bool, ends: type[Exception]) -> None:
    with pytest.raises(ends, match=r"not beside the project: xero\.yaml"):
        require_files([tmp_path / "xero.yaml"], in_ci)


def test_echoes_a_client_cannot_help_are_left_out(contract: Contract) -> None:
    contract.check(exchange(an_answer(), {"Invoices": [{"HasAttachments": False}]}), echoes=("HasAttachments",))
