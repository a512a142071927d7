"""One way only: whatever people do inside Xero, nothing of it comes back but contacts, and we write nothing there.

Source: the article (invoices created or edited in Xero do not sync back, neither do payments made there).
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.simulator.server import Simulator
from adapters.xero.session import XeroSession
from domain.event import Event
from domain.ledger_account import XeroAccount
from services.bootstrap import Parts
from tests.adapters.simulator.test_webhooks import KEY, App, listening, settled, subscribe
from tests.payments import paid_invoices, take_payments
from tests.services.contacts.customers import NORTHGATE, edit
from tests.services.contacts.test_reading import reading_later
from tests.world import ACCOUNT, BACKEND, World, example_invoices, organisation_id, world_on

DAY = 24.1
HOURS = "UPDATE app.reference_data SET read_at = read_at - %s * interval '1 hour', asked_at = NULL"
BUDGET = "UPDATE app.lane SET tokens = 20, refilled_at = app.now()"
READS = ("/Accounts", "/TaxRates", "/Contacts", "/Organisation")


def by_hand(world: World, kind: str, **given: Any) -> dict[str, Any]:
    """Somebody works in Xero."""
    answer = world.control.post(f"/organisations/{organisation_id()}/{kind}", json=given)
    answer.raise_for_status()
    (made,) = answer.json()[kind]
    return dict(made)


def held(world: World, number: str) -> dict[str, Any]:
    """An invoice as Xero holds it."""
    found = world.control.get("/ledger/invoices").json()["invoices"]
    return next(dict(one) for one in found if one["InvoiceNumber"] == number)


def pay(world: World, number: str, amount: str) -> dict[str, Any]:
    """Somebody enters a payment in Xero."""
    return by_hand(
        world,
        "payments",
        Invoice={"InvoiceID": held(world, number)["InvoiceID"]},
        Account={"Code": "850"},
        Date="2026-10-12",
        Amount=amount,
    )


def edited(world: World) -> None:
    one = held(world, "T-0")
    by_hand(world, "invoices", InvoiceID=one["InvoiceID"], Reference="changed in Xero", Total=1, SubTotal=1, TotalTax=0)


def renumbered(world: World) -> None:
    by_hand(world, "invoices", InvoiceID=held(world, "T-1")["InvoiceID"], InvoiceNumber="BY-HAND-1")


def paid(world: World) -> None:
    pay(world, "T-2", "414.00")
    pay(world, "T-3", "100.00")


def voided_and_deleted(world: World) -> None:
    by_hand(world, "invoices", InvoiceID=held(world, "T-4")["InvoiceID"], Status="VOIDED")
    by_hand(world, "invoices", InvoiceID=held(world, "T-5")["InvoiceID"], Status="DELETED")


def unpaid(world: World) -> None:
    """The payment we entered is removed again."""
    ours = next(p for p in world.control.get("/ledger/payments").json()["payments"] if p["origin"] == "api")
    by_hand(world, "payments", PaymentID=ours["PaymentID"], Status="DELETED")


def created(world: World) -> None:
    one = {name: value for name, value in held(world, "T-3").items() if name in ("Type", "Contact", "CurrencyCode")}
    lines = [{"Description": "By hand", "Quantity": 1, "UnitAmount": 10, "AccountCode": "200", "TaxType": "OUTPUT2"}]
    days = {"Date": "2026-10-12", "DueDate": "2026-10-20"}
    by_hand(world, "invoices", InvoiceNumber="XERO-1", Status="AUTHORISED", LineItems=lines, **one, **days)


def contact_edited(world: World) -> None:
    edit(world, ContactID=NORTHGATE, EmailAddress="bills@northgate-wines.example")


WEEK: Sequence[Callable[[World], None]] = (
    edited,
    renumbered,
    paid,
    voided_and_deleted,
    unpaid,
    created,
    contact_edited,
)
"""What people do in Xero, a day each."""


def a_day_passes(world: World) -> None:
    """Everything that is read of Xero by the day is read, and everything that follows is done."""
    engine = world.engine
    with engine.store.cursor() as cursor:
        cursor.execute(HOURS, (DAY,))
        cursor.execute(BUDGET)
    reading_later(world, DAY * 3_600)
    world.control.post("/clock", json={"advance_seconds": 60}).raise_for_status()
    assert engine.references.round() == 1
    assert engine.contact_reader.read_due() == 1
    engine.sweeper.sweep()
    world.work()
    engine.projector.catch_up()
    engine.releaser.step(engine.projector.position())
    world.work()


def appended(world: World, after: int) -> list[Event]:
    return [event for _, event in world.engine.store.read_log(after, 10_000)]


def requests_since(world: World, seq: int) -> list[dict[str, Any]]:
    return [one for one in world.control.get("/ledger/requests").json()["requests"] if one["seq"] > seq]


def written(seen: Sequence[dict[str, Any]]) -> list[str]:
    """What was written to Xero; renewing a token is no writing."""
    return [one["path"] for one in seen if one["method"] != "GET" and "/connect/token" not in one["path"]]


class Meddling(XeroSession):
    """Reads accounts, and writes a contact while it is there."""

    def ledger_accounts(self) -> tuple[XeroAccount, ...]:
        self.put_contacts(b'{"Contacts":[{"Name":"Nobody"}]}', "meddling")
        return super().ledger_accounts()


def test_an_engine_that_wrote_while_it_reads_would_be_found_out(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    with world_on(xero, database_url, tmp_path, Parts(session=Meddling)) as world:
        world.set_up()
        world.engine.projector.catch_up()
        seq = max(one["seq"] for one in world.control.get("/ledger/requests").json()["requests"])
        a_day_passes(world)
        assert written(requests_since(world, seq)) != []


class Hinted(App):
    """Our app as Xero's webhooks meet it: each body goes to the use case that takes hints."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._hints = world.engine.webhook_hints

    def answer(self, body: bytes, signature: str) -> int:
        """What the use case answers."""
        self.told += msgspec.json.decode(body)["events"]
        return self._hints.receive(body, signature.encode())


@pytest.fixture
def told(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world that Xero tells of every change, in books and contacts, as it happens."""
    with world_on(xero, database_url, tmp_path, KYRIOS_XERO_WEBHOOK_KEY=KEY) as world:
        world.set_up()
        yield world


@pytest.mark.article("R10", "R8", "R1")
def test_a_week_of_work_inside_xero_comes_back_as_contacts_and_nothing_else(told: World) -> None:
    app = Hinted(told)
    with listening(app) as url:
        a_week_passes(told, url)
    categories = {event["eventCategory"] for event in app.told}
    assert {"INVOICE", "CONTACT"} <= categories, "Xero told of invoices, too, and it made no difference"


def a_week_passes(world: World, webhooks: str) -> None:
    """Seven days of work in Xero, looked at every day and told of at once; nothing of it but contacts is found here."""
    take_payments(world)
    plain, paid_ones = example_invoices(6), paid_invoices(1, "50.00", start=6)
    world.queue([*plain, *paid_ones])
    world.work()
    assert world.engine.contact_reader.read(world.lane)
    world.engine.projector.catch_up()
    ids = [one.invoice_id for one in (*plain, *paid_ones)]
    assert {world.invoice(one).status for one in ids} == {"synced"}
    before, head = [world.invoice(one) for one in ids], world.engine.store.head()
    seq = max(one["seq"] for one in world.control.get("/ledger/requests").json()["requests"])
    fed = world.engine.contact_feed(ACCOUNT).next_cursor

    assert subscribe(world.control, webhooks)["status"] == "ok"
    for happens in WEEK:
        happens(world)
        assert settled(world.control)["waiting"] == 0
        a_day_passes(world)

    assert [world.invoice(one) for one in ids] == before
    assert {type(event).__name__ for event in appended(world, head)} == {"ContactsSynced"}
    seen = requests_since(world, seq)
    assert written(seen) == []
    assert all(sum(path in one["path"] for one in seen) >= len(WEEK) for path in READS), "nobody looked"
    assert not any("/Invoices" in one["path"] or "/Payments" in one["path"] for one in seen)
    news = world.engine.contact_feed(ACCOUNT, fed).contacts
    assert [(one.xero_contact_id, one.email) for one in news] == [(NORTHGATE, "bills@northgate-wines.example")]
    assert held(world, "XERO-1")["Status"] == "AUTHORISED"


@pytest.mark.article("R10", "R25")
def test_kyrioss_own_change_meets_what_xero_did_as_a_review_and_is_not_repeated(world: World) -> None:
    world.queue(example_invoices(1))
    world.work()
    pay(world, "T-0", "414.00")
    (one,) = example_invoices(1)
    dearer = msgspec.structs.replace(one, revision=2, document=_dearer(one.document))
    world.engine.revise_invoices([dearer], BACKEND)
    world.work()
    assert [review.code for review in world.invoice("inv-0").reviews] == ["edit_refused"]
    world.engine.projector.catch_up()
    assert Decimal(str(held(world, "T-0")["Total"])) == Decimal("414.00")
    head = world.engine.store.head()
    a_day_passes(world)
    assert {type(event).__name__ for event in appended(world, head)} <= {"ContactsSynced"}


def _dearer(document: Any) -> Any:
    doubled = [msgspec.structs.replace(line, unit_amount=line.unit_amount * 2) for line in document.lines]
    totals = document.totals
    doubled_totals = type(totals)(
        sub_total=totals.sub_total * 2, total_tax=totals.total_tax * 2, total=totals.total * 2
    )
    return msgspec.structs.replace(document, lines=tuple(doubled), totals=doubled_totals)
