"""What the example organisation's Xero says in tests: everything qualifies, unless a test changes it."""

from decimal import Decimal
from typing import Any, Final

import msgspec

from domain.ledger_account import XeroAccount
from domain.references import OrganisationNow, References
from domain.tax import XeroTaxComponent
from tests.examples import CLEARING, OTHER_REVENUE, OUTPUT2, SALES, ZERORATED


def account(account_id: str, code: str, name: str, **more: Any) -> XeroAccount:
    """An active revenue account that takes payments, with some fields changed."""
    usual: dict[str, Any] = {
        "type": "REVENUE",
        "account_class": "REVENUE",
        "status": "ACTIVE",
        "tax_type": "OUTPUT2",
        "payments_enabled": True,
        "system_account": "",
    }
    return XeroAccount(account_id=account_id, code=code, name=name, **(usual | more))


ACCOUNTS: Final = {
    SALES.account_id: account(SALES.account_id, "200", "Sales"),
    OTHER_REVENUE.account_id: account(OTHER_REVENUE.account_id, "260", "Other Revenue"),
    CLEARING.account_id: account(CLEARING.account_id, "610", "Clearing", type="CURRENT", account_class="ASSET"),
}
RATES: Final = {OUTPUT2.tax_type: OUTPUT2, ZERORATED.tax_type: ZERORATED}
SAID: Final = References(
    organisation=OrganisationNow(base_currency="NZD", edition="BUSINESS"),
    denied=frozenset(),
    accounts=ACCOUNTS,
    tax_rates=RATES,
    currencies=frozenset({"NZD", "EUR"}),
)


def said(**changes: Any) -> References:
    """What Xero says, with some of it changed."""
    return msgspec.structs.replace(SAID, **changes)


def with_account(account_id: str, **changes: Any) -> References:
    """What Xero says once this account is changed."""
    return said(accounts=ACCOUNTS | {account_id: msgspec.structs.replace(ACCOUNTS[account_id], **changes)})


def without_account(account_id: str) -> References:
    """What Xero says once this account is gone."""
    return said(accounts={known: one for known, one in ACCOUNTS.items() if known != account_id})


def with_rate(**changes: Any) -> References:
    """What Xero says once the 15 % rate is changed."""
    return said(tax_rates=RATES | {OUTPUT2.tax_type: msgspec.structs.replace(OUTPUT2, **changes)})


def parts(*rates: str, compound: tuple[str, ...] = ()) -> tuple[XeroTaxComponent, ...]:
    """Components at these rates."""
    return tuple(XeroTaxComponent(name=f"C{rate}", rate=Decimal(rate), compound=rate in compound) for rate in rates)
