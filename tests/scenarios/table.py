"""A scenario: how one cause comes about in a real world, what its reader is told, and what makes it go away."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from domain.causes import Who
from domain.explain import Explanation
from domain.tax import TaxSet
from services.intake import IssuedInvoice
from services.views.invoice_question import Question
from tests.world import World, example_invoices, organisation_id

Act = Callable[[World], object]
OWNER_ACTS: Final[tuple[Who, ...]] = ("owner",)
BY_ITSELF: Final = "It leaves by itself once that is fixed."


def nothing(_world: World) -> None:
    """No need to do anything."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """`arises` before the invoice is taken on, `says` is the cause in the very words its reader gets, `fix` undoes it.

    `issued` makes the invoice from a plain one, `then` is what happens next.
    """

    code: str
    says: str
    who: tuple[Who, ...] = OWNER_ACTS
    arises: Act = nothing
    issued: Callable[[IssuedInvoice], IssuedInvoice] = lambda one: one
    fix: Act
    leaves: str = f" {BY_ITSELF}"
    then: str = "It goes to Xero by itself once that is fixed."

    def __repr__(self) -> str:
        return self.code


def plain(number: int) -> IssuedInvoice:
    """The plain invoice inv-{number}."""
    (one,) = example_invoices(1, number)
    return one


def document(one: IssuedInvoice, **changes: Any) -> IssuedInvoice:
    """The same invoice with some fields of its document changed."""
    return msgspec.structs.replace(one, document=msgspec.structs.replace(one.document, **changes))


def on_account(one: IssuedInvoice, account_id: str) -> IssuedInvoice:
    """The same invoice, its line on this ledger account."""
    lines = tuple(msgspec.structs.replace(line, ledger_account_id=account_id) for line in one.document.lines)
    return document(one, lines=lines)


def taxed(one: IssuedInvoice, tax_set: TaxSet) -> IssuedInvoice:
    """The same invoice with another tax set on its lines, as if it charged the same."""
    return document(one, lines=tuple(msgspec.structs.replace(line, tax_set=tax_set) for line in one.document.lines))


def explained(world: World, invoice_id: str = "inv-0") -> Explanation:
    """What people read of an invoice."""
    return Question(world.engine).explain(world.invoice(invoice_id))


def told(explanation: Explanation) -> list[tuple[str, str]]:
    """The causes named, each with its words."""
    return [(cause.code, cause.words) for cause in explanation.causes]


def settle(world: World) -> None:
    """Do everything that follows from what has happened, until nothing is left to do now."""
    for _ in range(20):
        world.work(40)
        world.engine.projector.catch_up()
        if not world.engine.releaser.step(world.engine.projector.position()):
            return
    raise AssertionError("there is always more to release")


def asked(world: World) -> int:
    """How many requests to create, change or pay an invoice Xero got."""
    writes = (("PUT", "/Invoices"), ("POST", "/Invoices"), ("PUT", "/Payments"))
    return sum(len(world.requests(method, path)) for method, path in writes)


def held(world: World, number: str) -> int:
    """How many invoices of this number Xero holds that came from us."""
    return sum(one["InvoiceNumber"] == number for one in world.in_xero())


def in_books(world: World, kind: str, **changes: Any) -> None:
    """Somebody changes the books inside Xero."""
    world.control.post(f"/organisations/{organisation_id()}/{kind}", json=changes).raise_for_status()


def options(world: World, **changes: Any) -> None:
    """Have the simulated Xero behave otherwise."""
    world.control.post("/options", json=changes).raise_for_status()
