"""A ledger account as Xero last reported it, and what keeps it from being used for lines or payments.

Sources: the article (only payment-enabled accounts, banks excluded); Xero's page on accounts (payments need
EnablePaymentsToAccount; bank and system accounts are refused on a line).
"""

from typing import Literal

import msgspec

LineAccounts = Literal["payment_enabled", "revenue"]
"""Which accounts lines may use (setting accounts.line): those that take payments, or revenue accounts as well."""

Use = Literal["line", "payment"]


class XeroAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger account; enumerations stay texts, because Xero adds values without notice."""

    account_id: str
    code: str
    name: str
    type: str
    account_class: str
    status: str
    tax_type: str
    payments_enabled: bool
    system_account: str

    def against(self, use: Use, line_accounts: LineAccounts = "payment_enabled") -> tuple[str, ...]:
        """Why it may not be used so, by cause code where the catalogue has one; empty if it may."""
        takes_it = self.payments_enabled or (
            use == "line" and line_accounts == "revenue" and self.account_class.upper() == "REVENUE"
        )
        reasons = {
            "account_archived": self.status.upper() != "ACTIVE",
            "account_is_bank": self.type.upper() == "BANK",
            "system_account": bool(self.system_account),
            "account_not_payment_enabled": not takes_it,
        }
        return tuple(reason for reason, holds in reasons.items() if holds)

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()
