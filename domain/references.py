"""What Xero last said of an organisation: how it stands, its accounts, rates and currencies.

What was never read is None. Nothing is judged by what is not known: Xero has the last word anyway.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from domain.ledger_account import XeroAccount
from domain.tax import XeroTaxRate

APPROVE: Final = "CreateApprovedInvoice"
_ALSO_OF_ROLES: Final = frozenset({"CreateDraftInvoice", "CreateInvoicePayment"})
FOREIGN: Final = "UseMulticurrency"
_WITHOUT_INVOICES: Final = frozenset({"PARTNER"})


class OrganisationNow(msgspec.Struct, frozen=True, kw_only=True):
    """The organisation: its base currency, the edition of its plan, and up to which days its books are closed."""

    base_currency: str = ""
    edition: str = ""
    period_lock_date: date | None = None
    end_of_year_lock_date: date | None = None


class References(msgspec.Struct, frozen=True, kw_only=True):
    """Rates by tax type, accounts by id, currencies by code; `denied` are the actions Xero does not allow us."""

    organisation: OrganisationNow | None = None
    denied: frozenset[str] | None = None
    accounts: Mapping[str, XeroAccount] | None = None
    tax_rates: Mapping[str, XeroTaxRate] | None = None
    currencies: frozenset[str] | None = None

    @property
    def may_invoice(self) -> bool:
        """Whether the organisation's plan has invoices at all."""
        edition = self.organisation.edition.upper() if self.organisation else ""
        return edition not in _WITHOUT_INVOICES

    @property
    def may_approve(self) -> bool:
        """Whether the role of the user who connected lets invoices be approved.

        XERO-UNVERIFIED XU-29: that a plan whose limit is used up denies approving alone, a role more than that. Of the
        limit Xero tells invoice by invoice, for it concerns only those of one month.
        """
        denied = self.denied or frozenset()
        return APPROVE not in denied or not denied & _ALSO_OF_ROLES

    @property
    def locked_until(self) -> date | None:
        """The last day of the closed books.

        XERO-UNVERIFIED XU-18: that of two lock dates the later counts, and that the day itself is closed.
        """
        known = self.organisation or OrganisationNow()
        return max((day for day in (known.period_lock_date, known.end_of_year_lock_date) if day), default=None)

    def uses_currency(self, currency: str) -> bool:
        """Whether the organisation uses this currency beside its own."""
        return currency in (self.currencies or ()) and FOREIGN not in (self.denied or ())

    def name_of_account(self, account_id: str, code: str = "") -> str:
        """The account as people know it; where Xero does not know it any more, by the code it had, else by its id."""
        known = (self.accounts or {}).get(account_id)
        return str(known) if known else f"account {code or account_id}"


NOTHING_READ: Final = References()
