"""What Xero says is read before sending, as a routine and when asked; drift is recorded, and fixes release invoices."""

from typing import Any

import msgspec
import pytest

from adapters.reference_data import KINDS
from domain import connection as connections
from domain.causes import Cause
from domain.connection import Connection
from domain.event import Event
from services.intake import IssuedInvoice, read_invoice
from tests.services.dispatch.seen import lane, story
from tests.world import ACCOUNT, OWNER, World, example_invoices, organisation_id

SALES = "7d9e2c41-8f36-4b75-a1d8-0c53e6f9b200"
PATHS = ("/Organisation", "/Organisation/Actions", "/Accounts", "/TaxRates", "/Currencies")


def in_xero(world: World, kind: str, **changes: Any) -> None:
    """Somebody changes the books inside Xero."""
    world.control.post(f"/organisations/{organisation_id()}/{kind}", json=changes).raise_for_status()


def reads(world: World) -> int:
    """How often anything was read that is kept as reference data."""
    return sum(path.partition("?")[0].endswith(PATHS) for path in (r["path"] for r in world.requests("GET", "/")))


def connection(world: World) -> Connection:
    known = world.engine.store.load(world.lane, connections.evolve)
    assert known is not None
    return known


def last_events(world: World, count: int) -> list[str]:
    events: list[Event] = world.engine.store.events_of(world.lane)
    return [type(event).__name__ for event in events[-count:]]


def age(world: World, hours: float) -> None:
    """Everything that was read was read so long ago, and nobody has looked since."""
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.reference_data SET read_at = read_at - %s * interval '1 hour'", (hours,))
    world.engine.__dict__.pop("references", None)


def follow(world: World) -> int:
    """Project and release what is due."""
    world.engine.projector.catch_up()
    return world.engine.releaser.step(world.engine.projector.position())


def invoices(count: int, **changes: Any) -> list[IssuedInvoice]:
    """Invoices whose documents have some fields changed."""
    return [
        msgspec.structs.replace(one, document=msgspec.structs.replace(one.document, **changes))
        for one in example_invoices(count)
    ]


def blocked_for(world: World, invoice_id: str = "inv-0") -> list[str]:
    known = world.invoice(invoice_id)
    assert known.status == "blocked", known.status
    return [cause.code for cause in known.causes]


def sent_after_check(world: World, count: int) -> None:
    """Check again releases what waits, and it goes."""
    world.engine.projector.catch_up()
    world.engine.references.refresh(ACCOUNT)
    follow(world)
    world.work()
    assert {world.invoice(f"inv-{number}").status for number in range(count)} == {"synced"}


def test_set_up_reads_all_that_an_invoice_needs(world: World) -> None:
    with world.engine.store.cursor() as cursor:
        kept = {row["kind"] for row in cursor.execute("SELECT kind FROM app.reference_data").fetchall()}
    assert kept == set(KINDS)


@pytest.mark.parametrize(
    ("changed", "back", "code"),
    [
        ({"Status": "ARCHIVED"}, {"Status": "ACTIVE"}, "tax_rate_unavailable"),
        (
            {"TaxComponents": [{"Name": "GST", "Rate": 17.5, "IsCompound": False}]},
            {"TaxComponents": [{"Name": "GST", "Rate": 15, "IsCompound": False}]},
            "tax_rate_mismatch",
        ),
        ({"CanApplyToRevenue": False}, {"CanApplyToRevenue": True}, "tax_not_allowed_on_account"),
    ],
)
@pytest.mark.article("R24")
@pytest.mark.complaint(5)
def test_a_rate_that_changes_in_xero_blocks_what_uses_it_until_it_is_put_right(
    world: World, changed: Any, back: Any, code: str
) -> None:
    in_xero(world, "tax_rates", TaxType="OUTPUT2", **changed)
    world.engine.references.refresh(ACCOUNT)
    world.queue(example_invoices(3))
    world.work()
    assert [blocked_for(world, f"inv-{number}") for number in range(3)] == [[code]] * 3
    assert lane(world)["gate"] == "open"
    in_xero(world, "tax_rates", TaxType="OUTPUT2", **back)
    sent_after_check(world, 3)
    assert len(world.in_xero()) == 3


@pytest.mark.article("R21")
@pytest.mark.complaint(9)
def test_a_default_account_that_is_archived_closes_the_gate_until_it_is_restored(world: World) -> None:
    in_xero(world, "accounts", AccountID=SALES, Status="ARCHIVED")
    answer = world.engine.references.refresh(ACCOUNT)
    assert [cause.code for cause in answer.drifted] == ["account_archived"]
    assert last_events(world, 2) == ["ReferenceDrifted", "GateClosed"]
    world.queue(example_invoices(2))
    assert not world.engine.look_at(world.lane)
    in_xero(world, "accounts", AccountID=SALES, Status="ACTIVE")
    assert world.engine.references.refresh(ACCOUNT).drifted == ()
    assert last_events(world, 2) == ["ReferenceRestored", "GateOpened"]
    world.work()
    assert len(world.in_xero()) == 2


def test_another_default_account_opens_the_gate_and_the_drift_is_over(world: World) -> None:
    in_xero(world, "accounts", AccountID=SALES, Status="ARCHIVED")
    world.engine.references.refresh(ACCOUNT)
    world.engine.set_up.choose_accounts(ACCOUNT, line="260", payment=None, also=[], actor=OWNER)
    assert connection(world).gate_open
    assert connection(world).drifted == {}


def test_an_organisation_whose_plan_no_longer_invoices_closes_the_gate(world: World) -> None:
    in_xero(world, "organisation", Edition="PARTNER")
    world.engine.references.refresh(ACCOUNT)
    assert [cause.code for cause in connection(world).held_by] == ["organisation_cannot_invoice"]
    in_xero(world, "organisation", Edition="BUSINESS")
    world.engine.references.refresh(ACCOUNT)
    assert connection(world).gate_open


def test_a_user_whose_role_lacks_approving_closes_the_gate_and_the_right_is_named(world: World) -> None:
    for action in ("CreateApprovedInvoice", "CreateInvoicePayment"):
        in_xero(world, "actions", Name=action, Status="NOT-ALLOWED")
    world.engine.references.refresh(ACCOUNT)
    assert connection(world).held_by == (Cause("permission_missing", facts={"missing": "approving invoices"}),)
    world.queue(example_invoices(1))
    world.work()
    assert (world.requests("PUT", "/Invoices"), story(world)) == ([], ["InvoiceQueued"])
    for action in ("CreateApprovedInvoice", "CreateInvoicePayment"):
        in_xero(world, "actions", Name=action, Status="ALLOWED")
    world.engine.references.refresh(ACCOUNT)
    world.work()
    assert story(world) == ["InvoiceQueued", "InvoiceSynced"]


def test_a_limit_that_is_used_up_closes_no_gate_and_is_said_of_the_invoices_it_stops(world: World) -> None:
    world.control.post("/options", json={"approval_limit": 0}).raise_for_status()
    world.engine.references.refresh(ACCOUNT)
    assert connection(world).gate_open
    world.queue(example_invoices(1))
    world.work()
    assert [cause.code for cause in world.invoice("inv-0").causes] == ["approval_limit_reached"]


def test_a_currency_waits_until_xero_uses_it(world: World) -> None:
    world.queue(invoices(2, currency="EUR"))
    world.work()
    assert blocked_for(world) == ["currency_not_enabled"]
    in_xero(world, "currencies", Code="EUR")
    sent_after_check(world, 2)
    assert {invoice["CurrencyCode"] for invoice in world.in_xero()} == {"EUR"}


@pytest.mark.complaint(7)
def test_an_invoice_of_locked_books_waits_until_the_lock_date_moves(world: World) -> None:
    day = example_invoices(1)[0].document.date
    in_xero(world, "organisation", PeriodLockDate=day.isoformat())
    world.engine.references.refresh(ACCOUNT)
    world.queue(example_invoices(1))
    world.work()
    assert blocked_for(world) == ["period_locked"]
    assert world.requests("PUT", "/Invoices") == []
    in_xero(world, "organisation", PeriodLockDate=None)
    sent_after_check(world, 1)


def test_what_is_still_in_the_way_stays_where_it_is(world: World) -> None:
    world.queue(invoices(2, currency="EUR"))
    world.work()
    world.engine.projector.catch_up()
    assert world.engine.references.refresh(ACCOUNT).released == 0
    assert story(world) == ["InvoiceQueued", "InvoiceBlocked"]


@pytest.mark.complaint(6)
def test_another_rounding_lets_invoices_go_that_were_a_cent_off(world: World) -> None:
    engine = world.engine
    engine.set_up.change_setting(ACCOUNT, "rounding", "block", OWNER)
    world.queue([a_cent_off()])
    world.work()
    assert blocked_for(world) == ["total_mismatch"]
    follow(world)
    engine.set_up.change_setting(ACCOUNT, "rounding", "line_tax", OWNER)
    follow(world)
    world.work()
    (held,) = world.in_xero()
    assert (str(held["TotalTax"]), str(held["Total"])) == ("11.45", "87.75")
    assert world.invoice("inv-0").reviews == ()


def a_cent_off() -> IssuedInvoice:
    """15 % of 76.30 is 11.445: 11.45 in Kyrios, 11.44 line by line."""
    sent = {
        "account_id": ACCOUNT,
        "invoice_id": "inv-0",
        "number": "T-0",
        "date": "2026-10-01",
        "due_date": "2026-10-21",
        "currency": "NZD",
        "url": "https://app.kyrios.example/invoices/inv-0",
        "contact": {"id": example_invoices(1)[0].contact.contact_id, "name": "Northgate Wines"},
        "lines": [
            {"description": "Work", "quantity": "1", "unit_amount": price, "taxes": [{"id": "gst", "rate": "15"}]}
            for price in ("25.06", "25.61", "25.63")
        ],
        "totals": {"sub_total": "76.30", "total_tax": "11.45", "total": "87.75"},
    }
    return read_invoice(msgspec.json.encode(sent))


# ── when it is read ─────────────────────────────────────────────────────────────────────────────────────────────────
