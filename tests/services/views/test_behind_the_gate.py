"""Behind a closed gate nothing is looked at: what is known stays known, and nobody is promised otherwise."""

import datetime as dt

import pytest

from domain.invoice import RetryRequested
from domain.refusals import NotPossible
from domain.streams import invoice_stream
from projections import blocked_by
from services.actions.choice import Fitting
from services.actions.retry import Retry
from services.intake import IssuedInvoice
from services.proof.verify import verify
from tests.scenarios.table import document, explained, in_books, plain
from tests.services.mailing.post import strangers
from tests.services.test_releaser import link
from tests.world import ACCOUNT, OWNER, World

OLD = dt.date(2026, 9, 10)
AWAY = "Xero is not connected. Connect it in Settings."
NO_EUROS = "Your Xero does not use EUR. Add it in Xero."


def in_euros(number: int) -> IssuedInvoice:
    return document(plain(number), currency="EUR")


def follow(world: World) -> None:
    world.engine.projector.catch_up()
    world.engine.releaser.step(world.engine.projector.position())
    world.engine.projector.catch_up()


def causes(world: World, number: int = 0) -> list[str]:
    return [cause.code for cause in world.invoice(f"inv-{number}").causes]


def waiting_for(world: World, cause: str) -> int:
    """How many invoices a list of those with this cause shows."""
    world.engine.projector.catch_up()
    with world.engine.read.connect() as reading:
        return len(blocked_by.waiting_for_any(reading, world.lane, [cause], after=0, limit=100))


def taken_on(world: World, *issued: IssuedInvoice) -> None:
    world.queue(issued)
    world.work()
    follow(world)


def previewed(world: World, number: int = 0) -> list[str]:
    shown = world.engine.preview_invoice(ACCOUNT, invoice_stream(ACCOUNT, f"inv-{number}"))
    return [cause.code for cause in shown.in_the_way]


def test_a_retry_behind_a_closed_gate_is_refused_with_all_that_is_in_the_way_and_forgets_nothing(world: World) -> None:
    taken_on(world, in_euros(0))
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    head = world.engine.store.head()
    with pytest.raises(NotPossible, match="waits on, as nothing can be tried now") as refused:
        world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    assert f"{AWAY} Once that is fixed, press Retry. It waits for this, too: {NO_EUROS}" in str(refused.value)
    by_cause = world.engine.actions(ACCOUNT, Fitting(cause="currency_not_enabled"), Retry(), OWNER)
    assert (by_cause.how_many("refused"), world.engine.store.head()) == (1, head)
    assert (causes(world), waiting_for(world, "currency_not_enabled")) == (["currency_not_enabled"], 1)
    assert [cause.code for cause in explained(world).causes] == previewed(world)
    assert explained(world).sentence.startswith(f"Waiting for you: {NO_EUROS} {AWAY}")


def test_what_waited_on_goes_by_itself_once_both_are_fixed(world: World) -> None:
    taken_on(world, in_euros(0))
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    in_books(world, "currencies", Code="EUR")
    world.consent()
    world.engine.references.refresh(ACCOUNT)
    world.work()
    assert world.invoice("inv-0").status == "synced"


def test_what_failed_is_tried_again_once_the_gate_is_open(world: World) -> None:
    world.refuse({"T-0": "No purple."})
    taken_on(world, plain(0))
    world.refuse({})
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    world.consent()
    world.work()
    assert world.invoice("inv-0").status == "synced"


def test_a_retry_with_the_gate_open_tries_what_is_blocked(world: World) -> None:
    taken_on(world, in_euros(0))
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    history = world.engine.store.events_of(invoice_stream(ACCOUNT, "inv-0"))
    assert any(isinstance(event, RetryRequested) for event in history)


@pytest.mark.parametrize("connected", [True, False])
def test_an_older_invoice_that_is_released_waits_on_for_what_else_is_in_its_way(world: World, connected: bool) -> None:
    world.engine.set_up.change_setting(ACCOUNT, "sync_from", "2026-10-01", OWNER)
    old = [document(one, date=OLD, due_date=OLD) for one in (in_euros(0), plain(1))]
    taken_on(world, *old)
    assert causes(world) == ["before_sync_start", "currency_not_enabled"]
    if not connected:
        world.engine.set_up.disconnect(ACCOUNT, OWNER)
    found = world.engine.older_invoices.preview(ACCOUNT)
    assert (found.also_held, found.go) == (1, 1)
    assert world.engine.older_invoices.release(ACCOUNT, OWNER) == 2
    assert (causes(world), causes(world, 1)) == (["currency_not_enabled"], [])
    assert [world.invoice(f"inv-{n}").status for n in range(2)] == ["blocked", "queued"]
    assert (waiting_for(world, "currency_not_enabled"), waiting_for(world, "before_sync_start")) == (1, 0)
    assert world.engine.older_invoices.release(ACCOUNT, OWNER) == 0
    assert "EUR" in explained(world).sentence
    if not connected:
        world.consent()
    in_books(world, "currencies", Code="EUR")
    world.engine.references.refresh(ACCOUNT)
    world.work()
    assert [world.invoice(f"inv-{n}").status for n in range(2)] == ["synced", "synced"]
    follow(world)
    assert verify(world.engine.read).clean


@pytest.mark.parametrize("connected", [True, False])
def test_a_fix_behind_a_closed_gate_leaves_the_other_cause_known(world: World, connected: bool) -> None:
    world.engine.set_up.change_setting(ACCOUNT, "contact.create", "off", OWNER)
    taken_on(world, strangers("cus-a", in_euros(0)))
    assert causes(world) == ["contact_missing", "currency_not_enabled"]
    if not connected:
        world.engine.set_up.disconnect(ACCOUNT, OWNER)
    link(world, "cus-a")
    follow(world)
    world.work()
    assert (causes(world), world.invoice("inv-0").status) == (["currency_not_enabled"], "blocked")
    assert waiting_for(world, "contact_missing") == 0


def test_what_was_taken_on_behind_a_closed_gate_is_shown_with_what_a_preview_finds(world: World) -> None:
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.queue([in_euros(0), plain(1)])
    assert previewed(world) == ["currency_not_enabled", "not_connected"]
    for number in range(2):
        assert [cause.code for cause in explained(world, f"inv-{number}").causes] == previewed(world, number)
    assert explained(world).sentence == f"Waiting for you: {NO_EUROS} {AWAY} It leaves by itself once that is fixed."
    world.queue([document(plain(2), date=dt.date(2025, 1, 1))])
    assert "by itself" not in explained(world, "inv-2").sentence + explained(world, "inv-2").next_step
