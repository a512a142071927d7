"""Every cause an invoice fails for: said in its words, nothing is in Xero, trying again unchanged fails again where the
catalogue says so, and once it is fixed a retry carries it there.
"""

from dataclasses import dataclass
from typing import Any, Final

import pytest

from domain.causes import CATALOGUE
from domain.retry import MOST_ATTEMPTS
from tests.changes import revise, revised
from tests.scenarios.table import Scenario, explained, held, options, plain, settle, told
from tests.services.dispatch.test_damaged_text import damage
from tests.world import ACCOUNT, OWNER, World, organisation_id

OTHER: Final = "8d3b9b44-3c52-4a37-9c3f-6f6b2f4a9a51"
"""Another invoice, made by hand in Xero."""


DISCOUNT: Final = "The discount rate '127.83' is invalid. Discount must not be greater than the line total."
UNHEARD_OF: Final = "Branding theme 7 needs a purple letterhead"


@dataclass(frozen=True, kw_only=True)
class Refusal(Scenario):
    """`refused`: the sentence says that it was Xero who did not accept it."""

    refused: bool = True
    then: str = "Once that is fixed, press Retry: it goes again."


def by_hand(world: World, **changes: Any) -> None:
    """Somebody makes or changes an invoice inside Xero."""
    given = {"InvoiceID": OTHER, **changes}
    world.control.post(f"/organisations/{organisation_id()}/invoices", json=given).raise_for_status()


def somebody_took_the_number(world: World) -> None:
    """An invoice of this number is made by hand."""
    line = {"Description": "By hand", "Quantity": 1, "UnitAmount": 10, "AccountCode": "200", "TaxType": "OUTPUT2"}
    contact = {"ContactID": "fbf4e246-19c5-4c2d-b93c-7ed12b634407"}
    by_hand(
        world,
        Type="ACCREC",
        Status="AUTHORISED",
        Contact=contact,
        InvoiceNumber="T-0",
        Date="2026-09-01",
        DueDate="2026-09-21",
        LineItems=[line],
    )


def stay_away(world: World) -> None:
    """Xero answers no request to create an invoice."""
    world.fault("http_503", method="PUT", path="/Invoices", times=None)


def come_back(world: World) -> None:
    """Xero answers again."""
    world.control.delete("/faults").raise_for_status()


ROWS: Final = (
    Refusal(
        code="duplicate_number_in_xero",
        says="Xero has another invoice T-0. Renumber one and retry, or leave this one out.",
        arises=somebody_took_the_number,
        fix=lambda world: by_hand(world, InvoiceNumber="HAND-1"),
    ),
    Refusal(
        code="approval_limit_reached",
        says="Your Xero plan's invoice limit is used up. Upgrade or wait, then retry.",
        arises=lambda world: options(world, approval_limit=0),
        fix=lambda world: options(world, approval_limit=None),
    ),
    Refusal(
        code="invoice_invalid",
        says="The invoice lacks or exceeds something Xero needs: a discount within its line. Correct it in Kyrios.",
        who=("backend",),
        then="As soon as Kyrios sends it corrected, it goes by itself.",
        arises=lambda world: world.refuse({"T-0": DISCOUNT}),
        fix=lambda world: world.refuse({}),
    ),
    Refusal(
        code="rejected_by_xero",
        says=f'Xero refused it with: "{UNHEARD_OF}". Fix that, or ask support.',
        who=("owner", "support"),
        arises=lambda world: world.refuse({"T-0": UNHEARD_OF}),
        fix=lambda world: world.refuse({}),
    ),
    Refusal(
        code="retries_exhausted",
        says="Xero stayed unreachable for 3.3 hours. Press Retry when it works again.",
        who=("owner", "support"),
        arises=stay_away,
        fix=come_back,
        refused=False,
    ),
    Refusal(
        code="internal_error",
        says="The fault is ours; nothing is lost. Please tell support the account, the invoice and internal_error.",
        who=("support",),
        fix=damage,
        refused=False,
    ),
)


@pytest.mark.article("R19", "R20")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.code))
@pytest.mark.complaint(10)
def test_a_failed_invoice_says_why_leaves_nothing_behind_and_goes_when_it_is_retried_after_the_fix(
    world: World, row: Refusal
) -> None:
    row.arises(world)
    world.queue([plain(0)])
    if row.code == "internal_error":
        damage(world)
    assert_fails(world, row)
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    assert_fails(world, row)
    row.fix(world)
    settle(world)
    assert explained(world).status == "failed", "nothing goes without a person's word"
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    settle(world)
    assert (explained(world).status, explained(world).causes) == ("synced", ())
    assert held(world, "T-0") == 1


def test_what_kyrios_corrects_goes_without_a_click(world: World) -> None:
    world.refuse({"T-0": DISCOUNT})
    world.queue([plain(0)])
    settle(world)
    assert explained(world).status == "failed"
    world.refuse({})
    revise(world, revised())
    settle(world)
    assert (explained(world).status, held(world, "T-0")) == ("synced", 1)


def assert_fails(world: World, row: Refusal) -> None:
    """It fails for this cause, says so in these words, and nothing of it is in Xero."""
    for _ in range(3 * MOST_ATTEMPTS):
        settle(world)
        if world.invoice("inv-0").status == "failed":
            break
        world.later(1_000)
    found = explained(world)
    assert (found.status, told(found)) == ("failed", [(row.code, row.says)])
    assert found.sentence == ("Xero did not accept it: " if row.refused else "") + row.says
    assert found.who == row.who == CATALOGUE[row.code].who
    assert found.next_step == row.then
    assert held(world, "T-0") == 0
