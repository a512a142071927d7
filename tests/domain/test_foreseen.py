"""What a setting would stop is foreseen: of all invoices, of some, and nothing where nothing changes."""

import pytest

from domain.connection import AccountsSelected, SettingsChanged
from domain.foreseen import Foreseen, foreseen
from domain.refusals import InvalidInput
from tests.domain.connection_history import declared
from tests.domain.said_by_xero import SAID, with_account
from tests.examples import DECLARED_GST, DECLARED_LUXURY, OTHER_REVENUE, SALES, moment, open_connection
from tests.given import fact, folded

BOTH = fact(AccountsSelected, default_line=SALES, also_allowed=(OTHER_REVENUE,))
LENIENT = (*open_connection(), BOTH, fact(SettingsChanged, name="accounts.line", value="revenue"))


def codes(found: Foreseen) -> tuple[list[str], list[str]]:
    return [cause.code for cause in found.holds_all], [cause.code for cause in found.holds_some]


def test_an_account_that_would_no_longer_qualify_stops_all_or_those_who_use_it() -> None:
    state, setting = folded(*LENIENT), ("accounts.line", "payment_enabled")
    barred = with_account(SALES.account_id, payments_enabled=False)
    assert codes(foreseen(state, *setting, barred, moment())) == (["account_not_payment_enabled"], [])
    barred = with_account(OTHER_REVENUE.account_id, payments_enabled=False)
    assert codes(foreseen(state, *setting, barred, moment())) == ([], ["account_not_payment_enabled"])
    assert foreseen(state, *setting, SAID, moment()) == Foreseen()
    assert foreseen(state, "accounts.line", "revenue", barred, moment()) == Foreseen(), "it is so already"


def test_an_unmapped_set_would_stop_all() -> None:
    lenient = fact(SettingsChanged, name="tax.gate", value="used_on_invoice")
    state = folded(*open_connection(), lenient, declared(DECLARED_GST, DECLARED_LUXURY))
    assert codes(foreseen(state, "tax.gate", "all_active", SAID, moment())) == (["tax_mapping_incomplete"], [])


def test_what_cannot_be_set_is_refused() -> None:
    with pytest.raises(InvalidInput):
        foreseen(folded(*LENIENT), "tax.gate", "sometimes", SAID, moment())
