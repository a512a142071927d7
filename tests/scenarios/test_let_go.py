"""Blocked invoices that go by what a person says, or without anybody: older ones, new customers, refunds."""

import datetime as dt
from typing import Final

import pytest

from tests.scenarios.table import (
    Scenario,
    asked,
    document,
    explained,
    held,
    in_books,
    nothing,
    plain,
    settle,
    told,
)
from tests.scenarios.test_blocked import (
    assert_arrived,
    assert_waits,
    corrected,
    refund,
    release_older,
    xero,
)
from tests.services.contacts.customers import (
    billed,
    customer,
)
from tests.world import ACCOUNT, World


@pytest.mark.article("R26")
@pytest.mark.cause("before_sync_start")
def test_an_invoice_from_before_the_start_waits_until_a_person_lets_it_go(shop: World) -> None:
    in_books(shop, "organisation", PeriodLockDate=None)
    shop.engine.references.refresh(ACCOUNT)
    shop.queue([document(plain(1), date=dt.date(2025, 12, 30))])
    settle(shop)
    says = "It is dated before 2026-01-01. Release it by date range, or leave it out."
    found = explained(shop, "inv-1")
    assert (found.status, told(found)) == ("blocked", [("before_sync_start", says)])
    assert found.sentence == f"Waiting for you: {says}"
    assert found.next_step == "It goes once it is released, or stays out if it is left out."
    shop.engine.references.refresh(ACCOUNT)
    settle(shop)
    assert held(shop, "T-1") == 0
    release_older(shop)
    settle(shop)
    assert_arrived(shop, 1)


@pytest.mark.cause("contact_pending")
def test_an_invoice_whose_customer_is_being_created_waits_for_nobody(shop: World) -> None:
    shop.fault("reset", method="PUT", path="/Contacts")
    shop.queue([billed(plain(2), customer("new-pending", "Tidewater Canoes"))])
    shop.work()
    says = "The customer is being looked for, or created, in Xero. It goes right after."
    found = explained(shop, "inv-2")
    assert (found.status, found.who, told(found)) == ("blocked", (), [("contact_pending", says)])
    assert found.sentence == f"Waiting: {says}"
    assert found.next_step == "Nobody has to act; it goes by itself."
    assert held(shop, "T-2") == 0
    shop.later(400)
    settle(shop)
    assert_arrived(shop, 2)


WAITS_OR_STAYS_OUT: Final = Scenario(
    code="negative_total",
    says="Refunds and totals below zero are credit notes in Xero, which we do not send yet. "
    "Enter it there and leave it out here, or correct it.",
    fix=nothing,
    leaves="",
    then="It goes once it is corrected, or stays out if it is left out.",
)


@pytest.mark.article("R26")
@pytest.mark.cause("before_sync_start")
def test_an_invoice_from_before_the_start_that_waits_for_more_is_not_said_to_go_once_it_is_released(
    shop: World,
) -> None:
    xero("organisation", PeriodLockDate="2026-06-30")(shop)
    shop.queue([document(plain(5), date=dt.date(2025, 12, 30))])
    settle(shop)
    found = explained(shop, "inv-5")
    assert [code for code, _ in told(found)] == ["before_sync_start", "period_locked"]
    assert found.next_step == (
        "It goes once it is released and what else it waits for is fixed, or stays out if it is left out."
    )


@pytest.mark.article("R2")
@pytest.mark.cause("negative_total")
def test_a_refund_waits_until_it_is_corrected_or_left_out(shop: World) -> None:
    before = asked(shop)
    shop.queue([refund(plain(3)), refund(plain(4))])
    settle(shop)
    for number in (3, 4):
        assert_waits(shop, number, WAITS_OR_STAYS_OUT)
    assert asked(shop) == before
    corrected(3)(shop)
    settle(shop)
    assert_arrived(shop, 3)
