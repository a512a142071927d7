"""The rights a consent must hold: granular scopes, each also covered by the broader ones Xero still knows. Pure."""

from collections.abc import Collection, Mapping
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
    needed = dict(_ALWAYS)
    if contacts_are_created(settings):
        needed |= _TO_CREATE_CONTACTS
    if payments_are_recorded(settings):
        needed |= _TO_RECORD_PAYMENTS
    return tuple(scope for scope, covering in needed.items() if not any(one in granted for one in covering))
