"""The settings an account may change: their names, defaults and what they take."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from domain.ledger_account import LineAccounts
from domain.refusals import Fault, InvalidInput
from domain.rounding import Rounding

SETTINGS: Final[dict[str, str]] = {
    "sync_from": "the day of the first connect",
    "tax.gate": "all_active",
    "accounts.line": "payment_enabled",
    "rounding": "line_tax",
    "contact.create": "on",
    "payments.record": "on",
}
"""The settings this version honours, each with its default in words."""

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "tax.gate": ("all_active", "used_on_invoice"),
    "accounts.line": ("payment_enabled", "revenue"),
    "rounding": ("line_tax", "block"),
    "contact.create": ("on", "off"),
    "payments.record": ("on", "off"),
}
"""The settings that take one of a few words, the default first."""


def every_tax_set_is_needed(chosen: Mapping[str, str]) -> bool:
    """Whether all tax sets on offer must be mapped before anything is sent, or only those of the invoice (tax.gate)."""
    return chosen.get("tax.gate", SETTINGS["tax.gate"]) == "all_active"


def rounding_of(chosen: Mapping[str, str]) -> Rounding:
    """What is done where Kyrios's total tax is some cents beside Xero's (rounding)."""
    return "block" if chosen.get("rounding") == "block" else "line_tax"


def line_accounts_of(chosen: Mapping[str, str]) -> LineAccounts:
    """Which ledger accounts a line may use (accounts.line)."""
    return "revenue" if chosen.get("accounts.line") == "revenue" else "payment_enabled"


def contacts_are_created(chosen: Mapping[str, str]) -> bool:
    """Whether a customer Xero does not have is created there, or their invoices wait for one (contact.create)."""
    return chosen.get("contact.create") != "off"


def payments_are_recorded(chosen: Mapping[str, str]) -> bool:
    """Whether the payments of a paid invoice become payments in Xero (payments.record)."""
    return chosen.get("payments.record") != "off"


def check_setting(name: str, value: str) -> None:
    """Raise InvalidInput if there is no such setting, or it does not take this value."""
    if name not in SETTINGS:
        raise InvalidInput(Fault("/name", f"there is no setting {name!r}; there are: {', '.join(SETTINGS)}"))
    if name in CHOICES and value not in CHOICES[name]:
        raise InvalidInput(Fault("/value", f"{name} is {' or '.join(CHOICES[name])}"))
    if name == "sync_from" and not _is_plain_date(value):
        raise InvalidInput(Fault("/value", "sync_from is a date such as 2026-04-01"))


def _is_plain_date(text: str) -> bool:
    # The library also reads 20260401 and 2026-W14-3, which are the same day in other words.
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
