"""Connecting an account and setting it up: each step once or again, refusals with reasons, and what opens the gate."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.simulator.server import Simulator
from adapters.vault.secret import Secret
from adapters.xero.errors import XeroError
from domain.event import Event
from domain.refusals import NotPossible, Refusal
from domain.tax import DeclaredTaxSet, TaxComponent, TaxSet
from tests.examples import GST
from tests.world import (
    ACCOUNT,
    BACKEND,
    OWNER,
    World,
    declared_taxes,
    example_invoices,
    organisation_id,
    world_on,
)

RATE_15 = GST.components[0].rate


@pytest.fixture
def fresh(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """An engine whose account was never connected."""
    with world_on(xero, database_url, tmp_path) as world:
        yield world


def consent(world: World, account: str = ACCOUNT, decision: str = "allow") -> Secret:
    """Begin to connect, and decide at Xero; where the browser is sent back to."""
    asked = {"authorize_url": world.engine.set_up.begin_connect(account), "decision": decision}
    allowed = {"tenant_ids": [organisation_id()]}
    return Secret(world.control.post("/consent", json=asked | allowed).json()["redirect"])


def gate(world: World) -> str | None:
    """The gate of the account's lane, None while it has no lane."""
    with world.engine.store.cursor() as cursor:
        row = cursor.execute("SELECT gate FROM app.lane WHERE connection_id = %s", [world.lane]).fetchone()
    return None if row is None else row["gate"]


def events(world: World) -> list[Event]:
    """The connection's events."""
    return world.engine.store.events_of(world.lane)


def names(world: World) -> list[str]:
    """The names of the connection's events."""
    return [type(event).__name__ for event in events(world)]


# ── consent ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_consent_connects_the_account_and_lists_the_organisations_of_this_consent(fresh: World) -> None:
    (listed,) = fresh.engine.set_up.finish_connect(ACCOUNT, consent(fresh), OWNER)
    assert listed.organisation_id == organisation_id()
    assert names(fresh)[0] == "Connected"
    assert gate(fresh) in (None, "closed")


def test_an_answer_is_taken_once(fresh: World) -> None:
    answer = consent(fresh)
    fresh.engine.set_up.finish_connect(ACCOUNT, answer, OWNER)
    before = names(fresh)
    with pytest.raises(NotPossible, match="was used or is over ten minutes old"):
        fresh.engine.set_up.finish_connect(ACCOUNT, answer, OWNER)
    assert names(fresh) == before


def test_another_accounts_answer_is_refused_and_connects_nobody(fresh: World) -> None:
    answer = consent(fresh)
    with pytest.raises(NotPossible, match="not one we wait for"):
        fresh.engine.set_up.finish_connect("moa-press", answer, OWNER)
    assert fresh.engine.store.head() == 0


def test_an_answer_after_ten_minutes_is_refused(fresh: World) -> None:
    answer = consent(fresh)
    with fresh.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.oauth_state SET expires_at = expires_at - %s", [dt.timedelta(minutes=10, seconds=1)])
    with pytest.raises(NotPossible, match="over ten minutes old"):
        fresh.engine.set_up.finish_connect(ACCOUNT, answer, OWNER)
    assert fresh.engine.store.head() == 0


@pytest.mark.parametrize("query", ["", "?code=c", "?code=c&state=invented", "?state=", "?code=c&state=a&state=b"])
def test_an_answer_nobody_asked_for_is_refused(fresh: World, query: str) -> None:
    with pytest.raises(NotPossible, match="not one we wait for"):
        fresh.engine.set_up.finish_connect(ACCOUNT, Secret("http://localhost:8080/xero/callback" + query), OWNER)
    assert fresh.engine.store.head() == 0


def test_a_denied_consent_connects_nothing_and_says_so(fresh: World) -> None:
    with pytest.raises((XeroError, Refusal)) as denied:
        fresh.engine.set_up.finish_connect(ACCOUNT, consent(fresh, decision="deny"), OWNER)
    assert str(denied.value)
    assert fresh.engine.store.head() == 0


# ── organisation and accounts ───────────────────────────────────────────────────────────────────────────────────────


def test_an_organisation_xero_does_not_list_is_refused_with_those_it_lists(fresh: World) -> None:
    fresh.engine.set_up.finish_connect(ACCOUNT, consent(fresh), OWNER)
    before = names(fresh)
    with pytest.raises(NotPossible, match=f"does not list organisation other.*{organisation_id()}"):
        fresh.engine.set_up.choose_organisation(ACCOUNT, "other", OWNER)
    assert names(fresh) == before


def test_no_step_comes_before_the_one_it_stands_on(fresh: World) -> None:
    set_up = fresh.engine.set_up
    for step in (set_up.organisations, set_up.ledger_accounts, set_up.tax_rates):
        with pytest.raises(NotPossible, match="was never connected"):
            step(ACCOUNT)
    set_up.finish_connect(ACCOUNT, consent(fresh), OWNER)
    with pytest.raises(NotPossible, match="no organisation is chosen yet"):
        set_up.ledger_accounts(ACCOUNT)


def test_each_account_that_is_not_offered_says_why(fresh: World) -> None:
    fresh.connect()
    accounts = {one.code: one for one in fresh.engine.set_up.ledger_accounts(ACCOUNT)}
    assert {code for code, one in accounts.items() if one.offered} == {"200", "260", "850"}
    assert all(one.not_offered for one in accounts.values() if not one.offered)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("205", "cannot be used"),
        ("400", "cannot be used"),
        ("610", "cannot be used"),
        ("999", "offered are: .*200 Sales"),
    ],
)
def test_an_account_that_is_not_offered_cannot_be_chosen(fresh: World, chosen: str, words: str) -> None:
    fresh.connect()
    before = names(fresh)
    for line, also in ((chosen, []), ("200", [chosen])):
        with pytest.raises(NotPossible, match=words):
            fresh.engine.set_up.choose_accounts(ACCOUNT, line=line, payment=None, also=also, actor=OWNER)
    assert names(fresh) == before


def test_a_rate_xero_does_not_have_cannot_be_mapped(fresh: World) -> None:
    fresh.connect()
    (declared, _), *_ = declared_taxes()
    with pytest.raises(NotPossible, match=r"has no tax rate OUTPUT9; it has: .*OUTPUT2"):
        fresh.engine.set_up.map_tax(ACCOUNT, declared.tax_set, "OUTPUT9", OWNER)


# ── the gate ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.article("R27")
def test_the_last_step_opens_the_gate_and_none_before_it(fresh: World) -> None:
    fresh.connect()
    set_up = fresh.engine.set_up
    set_up.choose_accounts(ACCOUNT, line="200", payment=None, also=[], actor=OWNER)
    set_up.declare_taxes(ACCOUNT, [one for one, _ in declared_taxes()], BACKEND)
    *first, (last, tax_type) = declared_taxes()
    for one, its_type in first:
        set_up.map_tax(ACCOUNT, one.tax_set, its_type, OWNER)
        assert gate(fresh) == "closed"
    set_up.map_tax(ACCOUNT, last.tax_set, tax_type, OWNER)
    assert gate(fresh) == "open"


def test_every_step_may_be_repeated_and_then_says_nothing(world: World) -> None:
    before = names(world)
    set_up = world.engine.set_up
    set_up.choose_organisation(ACCOUNT, organisation_id(), OWNER)
    set_up.choose_accounts(ACCOUNT, line="200", payment=None, also=["260"], actor=OWNER)
    set_up.declare_taxes(ACCOUNT, [one for one, _ in declared_taxes()], BACKEND)
    for one, tax_type in declared_taxes():
        set_up.map_tax(ACCOUNT, one.tax_set, tax_type, OWNER)
    set_up.change_setting(ACCOUNT, "sync_from", "2026-01-01", OWNER)
    assert names(world) == before


@pytest.mark.article("R14")
def test_a_newly_declared_tax_closes_the_gate_until_it_is_mapped(world: World) -> None:
    declared = [one for one, _ in declared_taxes()]
    new = DeclaredTaxSet(tax_set=TaxSet((TaxComponent(tax_id="new", rate=RATE_15),)), name="New 15%")
    world.engine.set_up.declare_taxes(ACCOUNT, [*declared, new], BACKEND)
    assert gate(world) == "closed"
    world.queue(example_invoices(2))
    world.work()
    assert world.requests("PUT", "/Invoices") == []
    assert {entry["state"] for entry in world.outbox()} == {"PENDING"}
    assert {entry["attempts"] for entry in world.outbox()} == {0}
    world.engine.set_up.map_tax(ACCOUNT, new.tax_set, "OUTPUT2", OWNER)
    assert gate(world) == "open"
    world.work()
    assert len(world.in_xero()) == 2


def test_disconnecting_closes_the_gate_keeps_the_queue_and_can_be_repeated(world: World) -> None:
    world.queue(example_invoices(2))
    assert world.engine.set_up.disconnect(ACCOUNT, OWNER) is True
    assert world.engine.set_up.disconnect(ACCOUNT, OWNER) is False
    assert gate(world) == "closed"
    world.work()
    assert world.in_xero() == []
    assert [entry["state"] for entry in world.outbox()] == ["PENDING", "PENDING"]


def test_reconnecting_the_same_organisation_resumes_where_it_stopped(world: World) -> None:
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.queue(example_invoices(3))
    world.engine.set_up.finish_connect(ACCOUNT, consent(world), OWNER)
    assert gate(world) == "open"
    world.work()
    assert len(world.in_xero()) == 3
    assert {world.invoice(f"inv-{n}").status for n in range(3)} == {"synced"}


def test_each_step_that_changes_something_rings(fresh: World) -> None:
    fresh.connect()
    before = len(fresh.rung)
    fresh.engine.set_up.change_setting(ACCOUNT, "sync_from", "2026-02-01", OWNER)
    fresh.engine.set_up.change_setting(ACCOUNT, "sync_from", "2026-02-01", OWNER)
    assert fresh.rung[before:] == [fresh.lane]
