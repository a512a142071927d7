"""Which causes of blocked invoices an event takes away: (code, key) pairs whose invoices are to be released. Pure."""

from typing import Final

from domain.causes import CATALOGUE
from domain.connection_events import (
    AccountsSelected,
    OrganisationSelected,
    ReferenceRestored,
    SettingsChanged,
    TaxMapped,
)
from domain.contact_link import ContactLinked, ContactRefused, ContactUnlinked
from domain.contact_matching import CONTACT_CODES
from domain.contact_sync import ContactsSynced
from domain.event import Event


def fixed_by(event: Event) -> list[tuple[str, str]]:
    """The causes this event may have taken away; releasing is safe, as everything is checked again before sending."""
    match event:
        case TaxMapped():
            return [(code, event.tax_set.key) for code in ("tax_set_unmapped", *_RATE_CODES)]
        case ReferenceRestored(referenced="tax_rate"):
            return [(code, event.reference) for code in _RATE_CODES]
        case ReferenceRestored(referenced="ledger_account"):
            return [(code, event.reference) for code in _ACCOUNT_CODES]
        case ReferenceRestored(referenced="organisation"):
            return [("organisation_cannot_invoice", "")]
        case OrganisationSelected():
            return [("organisation_changed", "")]
        case SettingsChanged(name="rounding"):
            return [("total_mismatch", "")]
        case ContactLinked() | ContactUnlinked():
            return [(code, event.kyrios_contact_id) for code in CONTACT_CODES]
        case ContactRefused():
            return [("contact_pending", event.kyrios_contact_id)]
        case AccountsSelected():
            chosen = (event.default_line, *event.also_allowed)
            return [("account_not_selected", account.account_id) for account in chosen]
    return []


def looked_at_after(event: Event) -> tuple[str, ...]:
    """Codes whose every waiting invoice is worth a look after this event, because their keys do not tell which."""
    match event:
        case AccountsSelected():
            return (*_ACCOUNT_CODES, "tax_not_allowed_on_account", "payment_account_missing")
        case ContactUnlinked():
            return ("contact_name_taken",)
        case SettingsChanged(name="accounts.line"):
            return ("account_not_payment_enabled",)
        case SettingsChanged(name="payments.record"):
            return ("payment_account_missing",)
        case SettingsChanged(name="sync_from"):
            return _WAITED_FOR
    return CONTACT_CODES if may_fix_contacts(event) else ()


_WAITED_FOR: Final = tuple(kind.code for kind in CATALOGUE.values() if kind.standing == "blocked")
"""All that an invoice may wait for: a start of syncing that moved may hold back what waits for anything else."""
_RATE_CODES: Final = ("tax_rate_unavailable", "tax_rate_mismatch", "tax_not_allowed_on_account")
_ACCOUNT_CODES: Final = ("account_archived", "account_is_bank", "account_not_payment_enabled")
READ_FROM_XERO: Final = (
    *_RATE_CODES,
    *_ACCOUNT_CODES,
    "organisation_cannot_invoice",
    "currency_not_enabled",
    "period_locked",
)
"""The causes that depend on what Xero says of the organisation, its accounts, rates and currencies."""


def may_fix_contacts(event: Event) -> bool:
    """Whether this may have fixed what is in the way of any contact, so that all who wait for one are looked at."""
    match event:
        case ContactsSynced():
            return True
        case SettingsChanged():
            return event.name == "contact.create"
    return False
