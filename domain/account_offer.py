"""Which ledger accounts are offered during set-up, and of every other one why not and what would change that. Pure.

Source: the article (only payment-enabled accounts appear, banks are excluded; payments are enabled in Xero's own
settings).
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from domain.causes import Cause, words
from domain.connection_events import LedgerAccount
from domain.counted import count
from domain.ledger_account import LineAccounts, Use, XeroAccount

_CLASS: Final = "wrong_class"


def _as_in_the_catalogue(code: str) -> tuple[str, str]:
    """What is wrong with an account and its fix, as whoever waits for it reads them."""
    wrong, _, fix = words(Cause(code, facts={"account": "It"})).partition(". ")
    return f"{wrong}.", fix


_WHY: Final[dict[str, tuple[str, str]]] = {
    "account_is_bank": (
        "It is a bank account.",
        "Bank accounts are never offered; choose another account that takes payments.",
    ),
    "account_archived": ("It is archived.", "Restore it in Xero's chart of accounts, then check again."),
    "system_account": ("Xero keeps it for itself.", "Choose another one; Xero lets nobody enter on it."),
    "account_not_payment_enabled": _as_in_the_catalogue("account_not_payment_enabled"),
    _CLASS: (
        "It is neither a revenue account nor takes payments.",
        f"Choose a revenue account, or: {_as_in_the_catalogue('account_not_payment_enabled')[1]}",
    ),
}
"""By reason: what keeps an account out, and what would let it in."""


class Exclusion(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why an account is left out, with its fix, both in words."""

    code: str
    reason: str
    fix: str


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One ledger account as set-up shows it: what keeps it from lines and from payments; empty where it is offered."""

    account: XeroAccount
    not_for_lines: tuple[Exclusion, ...]
    not_for_payments: tuple[Exclusion, ...]

    @property
    def for_lines(self) -> bool:
        """Whether it may be chosen for lines."""
        return not self.not_for_lines

    @property
    def for_payments(self) -> bool:
        """Whether it may be chosen for payments."""
        return not self.not_for_payments

    @property
    def offered(self) -> bool:
        """Whether it may be chosen for anything at all."""
        return self.for_lines or self.for_payments


def offers(accounts: Iterable[XeroAccount], rule: LineAccounts) -> list[Offer]:
    """Every ledger account, those on offer first; none is left unmentioned."""
    made = [
        Offer(
            account=one,
            not_for_lines=exclusions(one, "line", rule),
            not_for_payments=exclusions(one, "payment", rule),
        )
        for one in accounts
    ]
    return sorted(made, key=lambda offer: (not offer.offered, offer.account.code, offer.account.name))


def exclusions(account: XeroAccount, use: Use, rule: LineAccounts) -> tuple[Exclusion, ...]:
    """Why an account may not be chosen for this use; empty if it may."""
    return tuple(_exclusion(_told(code, use, rule)) for code in account.against(use, rule))


def nothing_offered(listed: Sequence[Offer]) -> str | None:
    """Why the list is empty and what to do, if no account is offered (the article's question about the missing chart
    of accounts); None if some are.
    """
    if any(offer.offered for offer in listed):
        return None
    known = f"Xero lists {count(len(listed), 'ledger account')}, but none" if listed else "Xero lists no ledger account"
    return (
        f"{known} that takes payments, and only those can be chosen. In Xero, open the chart of accounts, edit each "
        'account you want here, tick "Enable payments to this account" and save it; then check again.'
    )


def both_roles(line: LedgerAccount | None, payment: LedgerAccount | None, known: Iterable[XeroAccount]) -> str | None:
    """The warning about one income account that is the default for lines and for payments; None if it is not so."""
    if line is None or payment is None or line.account_id != payment.account_id:
        return None
    account = next((one for one in known if one.account_id == line.account_id), None)
    if account is None or account.account_class.upper() != "REVENUE":
        return None
    return (
        f"{account} is the default for lines and for payments. A payment posted there cancels the income until the "
        "bank line is coded; an account of its own for payments avoids that."
    )


def _told(code: str, use: Use, rule: LineAccounts) -> str:
    return _CLASS if code == "account_not_payment_enabled" and use == "line" and rule == "revenue" else code


def _exclusion(code: str) -> Exclusion:
    reason, fix = _WHY[code]
    return Exclusion(code=code, reason=reason, fix=fix)
