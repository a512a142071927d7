"""Revisions and voids of the example's invoices, what Xero holds of them, and that every table says what the log says.

The example invoice is one line of 3 x 120.00 with 15 % tax: 360.00 + 54.00 = 414.00. Revised, it is 2 x 100.00:
200.00 + 30.00 = 230.00.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec

from domain.document import Totals
from services.intake import IssuedInvoice
from services.proof.verify import verify
from tests.payments import in_xero as payments_in_xero
from tests.world import ACCOUNT, BACKEND, World, example_invoices, organisation_id

REVISED_TOTAL = "230.00"


def revised(which: int = 0, revision: int = 2, **document: Any) -> IssuedInvoice:
    """A revision of inv-`which`: other line, other totals, other due date, unless the test names its own changes."""
    (one,) = example_invoices(1, which)
    (line,) = one.document.lines
    changes = document or {
        "lines": (msgspec.structs.replace(line, quantity=Decimal(2), unit_amount=Decimal("100.00")),),
        "totals": Totals(sub_total=Decimal("200.00"), total_tax=Decimal("30.00"), total=Decimal(REVISED_TOTAL)),
        "due_date": dt.date(2026, 10, 30),
    }
    return msgspec.structs.replace(one, revision=revision, document=msgspec.structs.replace(one.document, **changes))


def without_reference(one: IssuedInvoice) -> IssuedInvoice:
    """The same without the customer's reference."""
    return msgspec.structs.replace(one, text=msgspec.structs.replace(one.text, reference=""))


def synced(world: World, count: int = 1) -> None:
    """Take on the example's invoices and carry them to Xero."""
    world.queue(example_invoices(count))
    world.work()
    assert [world.invoice(f"inv-{n}").status for n in range(count)] == ["synced"] * count


def revise(world: World, *issued: IssuedInvoice) -> list[str]:
    """Take on revisions; returns what became of each."""
    return [receipt.result for receipt in world.engine.revise_invoices(issued, BACKEND)]


def refusals(world: World, *issued: IssuedInvoice) -> list[str]:
    """Why revisions were not taken."""
    return [str(receipt.refusal) for receipt in world.engine.revise_invoices(issued, BACKEND)]


def void(world: World, invoice_id: str = "inv-0") -> bool:
    """Kyrios voids an invoice."""
    return world.engine.void_invoice(ACCOUNT, invoice_id, BACKEND)


def held(world: World, number: str = "T-0") -> dict[str, Any]:
    """The one invoice Xero holds under this number."""
    (found,) = [one for one in world.in_xero() if one["InvoiceNumber"] == number]
    return found


def posts(world: World) -> int:
    """How many requests to change invoices Xero got."""
    return len(world.requests("POST", "/Invoices"))


def kinds(world: World) -> list[tuple[str, str]]:
    """Kind and state of every entry, in order."""
    return [(entry["kind"], entry["state"]) for entry in world.outbox()]


def change_in_xero(world: World, number: str = "T-0", **changes: Any) -> None:
    """A person changes an invoice inside Xero."""
    asked = {"InvoiceNumber": number, **changes}
    world.control.post(f"/organisations/{organisation_id()}/invoices", json=asked).raise_for_status()


def assert_clean(world: World) -> None:
    """Every table says what the log says, and Xero saw no rule broken."""
    world.engine.projector.step()
    checked = verify(world.engine.read)
    assert checked.clean, checked.summary()
    assert world.control.get("/ledger/violations").json()["violations"] == []


def remove_payments(world: World) -> None:
    """A person removes every payment inside Xero."""
    for one in payments_in_xero(world):
        asked = {"PaymentID": one["PaymentID"], "Status": "DELETED"}
        world.control.post(f"/organisations/{organisation_id()}/payments", json=asked).raise_for_status()
