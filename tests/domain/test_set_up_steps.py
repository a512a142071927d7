"""The steps of set-up: each says what is still missing of it, and nothing is sent before all are done."""

from typing import Final

import msgspec
import pytest

from domain.causes import Cause
from domain.connection import AccountsSelected, Connection, GateOpened, SettingsChanged, TaxUnmapped
from domain.set_up_steps import set_up_steps
from tests.domain.connection_history import (
    ALL_MAPPED,
    CHOSEN,
    CONNECTED,
    declared,
)
from tests.examples import CLEARING, DECLARED_GST, DECLARED_LUXURY, DECLARED_ZERO, GST, OTHER_REVENUE, SALES
from tests.given import fact, folded

ACCOUNTS: Final = fact(AccountsSelected, default_line=SALES, default_payment=CLEARING)
SET_UP: Final = (*ALL_MAPPED, ACCOUNTS)


def missing(state: Connection | None) -> dict[str, tuple[str, ...]]:
    """What is missing, by step; steps that are done are left out."""
    return {step.name: step.missing for step in set_up_steps(state) if not step.done}


@pytest.mark.article("R27")
def test_each_step_says_what_is_still_missing_until_all_are_done() -> None:
    nothing = missing(None)
    assert list(nothing) == ["connect", "organisation", "accounts", "taxes", "watch"]
    assert nothing["connect"] == ("connect Xero",)
    assert list(missing(folded(CONNECTED))) == ["organisation", "accounts", "taxes", "watch"]
    assert list(missing(folded(CONNECTED, CHOSEN))) == ["accounts", "taxes", "watch"]
    assert list(missing(folded(CONNECTED, CHOSEN, ACCOUNTS))) == ["taxes", "watch"]
    offered = declared(DECLARED_GST, DECLARED_ZERO)
    assert missing(folded(CONNECTED, CHOSEN, ACCOUNTS, offered))["taxes"] == ("map GST 15%", "map Zero-rated")
    assert missing(folded(*SET_UP)) == {}


def test_a_tax_set_that_holds_back_only_its_own_invoices_says_so() -> None:
    lenient = fact(SettingsChanged, name="tax.gate", value="used_on_invoice")
    state = folded(*SET_UP, lenient, declared(DECLARED_GST, DECLARED_LUXURY))
    assert missing(state) == {"taxes": ("map Luxury 12.5% (only invoices that use it wait)",)}


def test_what_stopped_qualifying_is_missing_where_it_was_chosen() -> None:
    archived = Cause("account_archived", key=SALES.account_id, facts={"account": "200 Sales"})
    state = msgspec.structs.replace(folded(*SET_UP), drifted={SALES.account_id: archived})
    assert missing(state)["accounts"] == ("200 Sales is archived or gone. Restore it or choose another.",)
    assert "watch" in missing(state)


def test_a_mapping_that_was_taken_back_is_missing_again() -> None:
    state = folded(*SET_UP, fact(GateOpened), fact(TaxUnmapped, tax_set=GST, version=2))
    assert missing(state)["taxes"] == ("map GST 15%",)


def test_a_rate_and_a_further_account_that_drifted_leave_their_steps_open_and_hold_back_only_some() -> None:
    rate = Cause("tax_rate_unavailable", key=GST.key, facts={"tax_set": "GST 15%", "xero_name": "GST (OUTPUT2)"})
    other = Cause("account_archived", key=OTHER_REVENUE.account_id, facts={"account": "260 Other Revenue"})
    state = msgspec.structs.replace(
        folded(
            *SET_UP, fact(AccountsSelected, default_line=SALES, default_payment=CLEARING, also_allowed=(OTHER_REVENUE,))
        ),
        drifted={GST.key: rate, OTHER_REVENUE.account_id: other},
    )
    assert missing(state) == {
        "accounts": (
            "260 Other Revenue is archived or gone. Restore it or choose another. Only invoices that use it wait.",
        ),
        "taxes": (
            "The Xero rate of GST 15%, GST (OUTPUT2), was archived or deleted. Map it to an active one. "
            "Only invoices that use it wait.",
        ),
    }


def test_an_account_for_payments_is_missing_for_as_long_as_payments_are_recorded() -> None:
    assert missing(folded(*ALL_MAPPED)) == {"accounts": ("choose the account for payments (only paid invoices wait)",)}
    assert missing(folded(*ALL_MAPPED, fact(SettingsChanged, name="payments.record", value="off"))) == {}
