"""What a caller is told when a write goes wrong on the way, over HTTP against the simulator."""

from uuid import uuid4

import pytest

from adapters.xero.calls import Call
from adapters.xero.errors import (
    BatchRefused,
    NotFound,
    OutcomeUnclear,
    RateLimited,
)
from adapters.xero.session import XeroSession
from tests.adapters.xero.invoices import held, put
from tests.adapters.xero.simulated import ORGANISATION, World


@pytest.mark.parametrize(
    ("kind", "reason", "effect"),
    [
        ("answer_lost", None, True),
        ("reset", None, False),
        ("truncated_json", None, True),
        ("http_500_before", "server_error", False),
        ("http_500_after", "server_error", True),
        ("http_503", "server_error", False),
    ],
)
def test_an_answer_that_did_not_come_whole_leaves_the_outcome_unclear(
    session: XeroSession, world: World, kind: str, reason: str | None, effect: bool
) -> None:
    world.control.fault(kind)
    with pytest.raises(OutcomeUnclear) as unclear:
        put(session, "INV-1")
    assert reason is None or unclear.value.reason == reason
    assert held(world) == (["INV-1"] if effect else [])
    assert len(world.control.requests("/Invoices")) == 1


def test_a_maintenance_answer_asks_for_five_minutes(session: XeroSession, world: World) -> None:
    world.control.fault("http_503")
    with pytest.raises(OutcomeUnclear) as unclear:
        put(session, "INV-1")
    assert unclear.value.retry_after == 300


def test_silence_longer_than_the_read_timeout_leaves_the_outcome_unclear(session: XeroSession, world: World) -> None:
    fault = world.control.fault("hold")
    with pytest.raises(OutcomeUnclear, match="timeout"):
        put(session, "INV-1")
    world.control.post("/release", fault=fault["id"])
    assert held(world) == ["INV-1"]


@pytest.mark.parametrize("kind", ["minute", "day", "concurrent"])
def test_a_limit_is_told_with_its_kind_and_how_long_it_lasts(session: XeroSession, world: World, kind: str) -> None:
    world.control.fault(f"http_429_{kind}", retry_after=17)
    with pytest.raises(RateLimited) as limited:
        put(session, "INV-1")
    assert limited.value.kind == kind
    assert limited.value.retry_after in (17, None)
    assert kind == "concurrent" or limited.value.retry_after == 17
    assert held(world) == []


def test_a_batch_refused_as_a_whole_says_why_apart_from_its_text(session: XeroSession, world: World) -> None:
    world.control.fault("batch_400")
    with pytest.raises(BatchRefused) as refused:
        put(session, "INV-1")
    assert refused.value.type == "ValidationException"
    assert refused.value.error_number == 10
    assert refused.value.words
    assert refused.value.words not in f"{refused.value} {refused.value!r}"
    assert (refused.value.faults, refused.value.told_why) == ((), False)


def test_a_body_xero_cannot_read_is_refused_as_a_whole(session: XeroSession) -> None:
    with pytest.raises(BatchRefused):
        session.put_invoices(b'{"Invoices":[{"Type":"ACCREC","Nonsense":1}]}', str(uuid4()))


def test_an_unknown_path_is_not_found(world: World, session: XeroSession) -> None:
    token = world.tokens.access_token(world.grant_id)
    with pytest.raises(NotFound):
        world.client.send(Call(method="GET", path="/api.xro/2.0/Nonsense", organisation_id=ORGANISATION), token.secret)
