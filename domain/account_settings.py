"""The settings an account may change: their names, defaults, what they take and what they do; and how each is read.

What is not listed here cannot be set. In particular nothing switches tax mapping off (the article: it is required for
invoice syncing to function correctly); `tax.gate` says only how far an unmapped tax set reaches.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from domain.ledger_account import LineAccounts
from domain.refusals import Fault, InvalidInput
from domain.rounding import Rounding
from domain.setting_forms import (
    MINUTES_A_DAY,
    Form,
    a_date,
    a_duration,
    a_number,
    minutes_of,
    numbers,
    one_of,
    some_of,
)

MAIL_KINDS: Final = ("invoices", "reviews", "set_up", "inactivity", "recovered")
"""The kinds of mail that may be switched off: invoices that wait or failed, invoices in Xero to look at, a rate,
account or tax set that needs somebody, warnings of inactivity, and that all works again. A disconnection is always
told (the article: a notification is sent)."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: its default as text, the form its values take, and what it does, in words."""

    default: str
    form: Form
    does: str


_ROWS: Final[dict[str, Setting]] = {
    "sync_from": Setting(
        default="the day of the first connect, in the organisation's time zone (UTC if that is not known)",
        form=a_date("sync_from"),
        does="Invoices dated before this day wait until they are released or left out.",
    ),
    "accounts.line": Setting(
        default="payment_enabled",
        form=one_of("accounts.line", "payment_enabled", "revenue"),
        does="Which ledger accounts lines may use: those that take payments, or revenue accounts as well.",
    ),
    "tax.gate": Setting(
        default="all_active",
        form=one_of("tax.gate", "all_active", "used_on_invoice"),
        does="What an unmapped tax set holds back: every invoice, or only those that use it.",
    ),
    "rounding": Setting(
        default="line_tax",
        form=one_of("rounding", "line_tax", "block"),
        does="Where Xero's tax would be a cent beside Kyrios's: send the tax of each line, or hold the invoice back.",
    ),
    "contact.create": Setting(
        default="on",
        form=one_of("contact.create", "on", "off"),
        does="Whether a customer Xero does not have is created there, or the invoice waits for the contact.",
    ),
    "contact.name_clash": Setting(
        default="ask",
        form=one_of("contact.name_clash", "ask"),
        does="What is done when another Xero contact has the customer's name: a person is asked.",
    ),
    "contact.poll": Setting(
        default="30 min",
        form=a_duration("contact.poll", 5, MINUTES_A_DAY),
        does="How often Xero is asked for changed contacts.",
    ),
    "payments.record": Setting(
        default="on",
        form=one_of("payments.record", "on", "off"),
        does="Whether the payments of a paid invoice become payments in Xero.",
    ),
    "inactivity.days": Setting(
        default="60",
        form=a_number("inactivity.days", 14, 365, "days"),
        does="After so many days without sync activity Xero is disconnected.",
    ),
    "inactivity.warn": Setting(
        default="14, 7, 1",
        form=numbers("inactivity.warn", 1, 364, "days"),
        does="So many days before that, a warning is sent.",
    ),
    "alerts.off": Setting(
        default="none",
        form=some_of("alerts.off", MAIL_KINDS, "that Xero was disconnected is always told"),
        does="Kinds of mail that are not sent.",
    ),
}

SETTINGS: Final[Mapping[str, str]] = {name: one.default for name, one in _ROWS.items()}
"""The settings there are, each with its default in words."""


class Inactivity(msgspec.Struct, frozen=True):
    """When a quiet connection is cut, and how many days before that warnings go out, the earliest warning first."""

    days: int
    warn: tuple[int, ...]


def what_it_does(name: str) -> str:
    """What a setting does, in one sentence."""
    return _ROWS[name].does


def checked_setting(name: str, value: str) -> str:
    """The value as it is stored. InvalidInput if there is no such setting, or it does not take this value."""
    if name not in _ROWS:
        raise InvalidInput(Fault("/name", f"there is no setting {name!r}; there are: {', '.join(SETTINGS)}"))
    return _ROWS[name].form(value)


def every_tax_set_is_needed(chosen: Mapping[str, str]) -> bool:
    """Whether all tax sets on offer must be mapped before anything is sent, or only those of the invoice (tax.gate)."""
    return _value(chosen, "tax.gate") == "all_active"


def rounding_of(chosen: Mapping[str, str]) -> Rounding:
    """What is done where Kyrios's total tax is some cents beside Xero's (rounding)."""
    return "block" if _value(chosen, "rounding") == "block" else "line_tax"


def line_accounts_of(chosen: Mapping[str, str]) -> LineAccounts:
    """Which ledger accounts a line may use (accounts.line)."""
    return "revenue" if _value(chosen, "accounts.line") == "revenue" else "payment_enabled"


def contacts_are_created(chosen: Mapping[str, str]) -> bool:
    """Whether a customer Xero does not have is created there, or their invoices wait for one (contact.create)."""
    return _value(chosen, "contact.create") != "off"


def contact_poll_of(chosen: Mapping[str, str]) -> timedelta:
    """How long after the last reading of Xero's contacts they are read again (contact.poll)."""
    return timedelta(minutes=minutes_of(_value(chosen, "contact.poll")) or 30)


def payments_are_recorded(chosen: Mapping[str, str]) -> bool:
    """Whether the payments of a paid invoice become payments in Xero (payments.record)."""
    return _value(chosen, "payments.record") != "off"


def inactivity_of(chosen: Mapping[str, str]) -> Inactivity:
    """When a quiet connection is cut and warned of (inactivity.days, inactivity.warn).

    A warning due at or before the very start of the quiet time is none.
    """
    days = int(_value(chosen, "inactivity.days"))
    warn = (int(one) for one in _value(chosen, "inactivity.warn").split(", "))
    return Inactivity(days, tuple(one for one in warn if one < days))


def alerts_off(chosen: Mapping[str, str]) -> frozenset[str]:
    """The kinds of mail this account does not want, of MAIL_KINDS (alerts.off)."""
    return frozenset(_value(chosen, "alerts.off").split(", ")) - {"none"}


def _value(chosen: Mapping[str, str], name: str) -> str:
    return chosen.get(name, SETTINGS[name])
