"""The rights a consent must hold: granular scopes, each also covered by the broader ones Xero still knows. Pure.

A consent is asked for no more than the account's settings need. Our app may be set up to ask for less than that: then
no consent helps, but only doing without, or another set-up of the app.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from domain.account_settings import contacts_are_created, payments_are_recorded

_ALWAYS: Final[dict[str, tuple[str, ...]]] = {
    "offline_access": ("offline_access",),
    "accounting.invoices": ("accounting.invoices", "accounting.transactions"),
    "accounting.settings.read": ("accounting.settings.read", "accounting.settings"),
    "accounting.contacts.read": ("accounting.contacts.read", "accounting.contacts"),
}
_TO_CREATE_CONTACTS: Final = {"accounting.contacts": ("accounting.contacts",)}
_TO_RECORD_PAYMENTS: Final = {"accounting.payments": ("accounting.payments", "accounting.transactions")}
_DONE_WITHOUT: Final[dict[str, tuple[str, ...]]] = {
    "accounting.contacts": ("accounting.contacts.read",),
    "accounting.payments": (),
}
"""What is asked for in place of a right the settings do without."""
_SWITCHED_OFF_BY: Final = {"accounting.contacts": "contact.create", "accounting.payments": "payments.record"}

_IN_WORDS: Final = {
    "offline_access": "staying connected",
    "accounting.invoices": "invoices",
    "accounting.settings.read": "reading accounts and tax rates",
    "accounting.contacts.read": "reading contacts",
    "accounting.contacts": "creating contacts",
    "accounting.payments": "recording payments",
}
APPROVING: Final = "approving invoices"
UNNAMED: Final = "one it does not name"
"""What a role may lack, and what is said where Xero refuses a call and nothing tells for which right."""


def rights_in_words(scopes: Collection[str]) -> str:
    """The rights these scopes stand for, as people say it."""
    return ", ".join(_IN_WORDS[scope] for scope in scopes) or UNNAMED


def missing_rights(granted: Collection[str], settings: Mapping[str, str]) -> tuple[str, ...]:
    """The scopes the account's settings need and the consent lacks (Xero's page on scopes).

    Nothing is missing where Xero did not say what was granted: then the first refused call tells.
    """
    if not granted:
        return ()
    needed = _needed(settings)
    return tuple(scope for scope, covering in needed.items() if not any(one in granted for one in covering))


def scopes_to_ask(offered: Sequence[str], settings: Mapping[str, str]) -> tuple[str, ...]:
    """What to ask consent for: of what our app is set up to ask for, what the account's settings need."""
    needed = _needed(settings)
    asked = ((scope,) if scope in needed else _DONE_WITHOUT.get(scope, (scope,)) for scope in offered)
    return tuple(dict.fromkeys(one for scopes in asked for one in scopes))


def how_to_be_granted(missing: Collection[str]) -> str:
    """What helps where our app is not set up to ask for these rights: a sentence without its full stop."""
    settings = [_SWITCHED_OFF_BY[scope] for scope in missing if scope in _SWITCHED_OFF_BY]
    added = f"add {' '.join(missing)} to KYRIOS_XERO_SCOPES"
    if len(settings) < len(missing):
        return f"Whoever runs this must {added}; then reconnect"
    return f"Set {' and '.join(settings)} to off, or have whoever runs this {added} and reconnect"


def _needed(settings: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The scopes the settings need, each with those that cover it."""
    needed = dict(_ALWAYS)
    if contacts_are_created(settings):
        needed |= _TO_CREATE_CONTACTS
    if payments_are_recorded(settings):
        needed |= _TO_RECORD_PAYMENTS
    return needed
