"""Causes in a few words, for subject lines: what is the matter, without what to do about it. Pure.

The catalogue's sentences say the rest. Several things of one cause are named together, each in quotation marks, as is a
name that would read as several: no Xero rate for "GST and alcohol levy" and "Luxury 12.5%".
"""

from collections.abc import Sequence
from typing import Final

from domain.causes import Cause

MOST_NAMED: Final = 2
LONGEST: Final = 100
"""Characters of a headline."""

_HEADLINES: Final[dict[str, str]] = {
    "not_connected": "Xero is not connected",
    "setup_incomplete": "set-up is not finished",
    "authorisation_lost": "Xero no longer accepts our permission",
    "permission_missing": "Xero did not grant a right we need",
    "right_not_asked": "our app does not ask Xero for a right we need",
    "removed_in_xero": "the connection was removed inside Xero",
    "inactivity": "nothing was synced for so long",
    "organisation_changed": "a different Xero organisation was picked",
    "organisation_in_use": "the organisation belongs to another account",
    "organisation_cannot_invoice": "your Xero plan does not allow invoices",
    "tax_mapping_incomplete": "no Xero rate for {tax_set}",
    "tax_set_unmapped": "no Xero rate for {tax_set}",
    "tax_rate_mismatch": "another percentage in Xero for {tax_set}",
    "tax_rate_unavailable": "archived or deleted in Xero: {xero_name}, for {tax_set}",
    "tax_not_allowed_on_account": "the rate is not allowed on {account}",
    "account_not_selected": "not among the chosen accounts: {account}",
    "account_not_payment_enabled": "payments are not enabled on {account}",
    "account_archived": "archived or gone in Xero: {account}",
    "account_is_bank": "a bank account: {account}",
    "payment_account_missing": "no account for payments is chosen",
    "contact_missing": "the customer is not in Xero",
    "contact_pending": "the customer is being looked for, or created, in Xero",
    "contact_archived": "the customer is archived in Xero",
    "contact_name_taken": "another Xero contact has the customer's name",
    "contact_ambiguous": "several Xero contacts fit the customer",
    "currency_not_enabled": "your Xero does not use {currency}",
    "period_locked": "books are locked up to {date}",
    "total_mismatch": "Xero's total would differ",
    "before_sync_start": "dated before {sync_from}",
    "negative_total": "refunds are credit notes in Xero",
    "invoice_invalid": "something Xero needs is missing",
    "duplicate_number_in_xero": "the number is taken in Xero",
    "approval_limit_reached": "your Xero plan's invoice limit is used up",
    "rejected_by_xero": "refused by Xero",
    "edit_refused": "a change was not applied",
    "void_refused": "cancelled here, not in Xero",
    "payment_exceeds_due": "Xero shows less owing than was paid",
    "total_differs_in_xero": "Xero's total differs",
    "rate_limited": "Xero asks us to slow down",
    "rate_limited_daily": "today's Xero limit is used up",
    "xero_unavailable": "Xero is not reachable",
    "retries_exhausted": "Xero stayed unreachable",
    "outcome_unknown": "it is not known yet whether it arrived",
    "outcome_unresolved": "it could not be found out whether it arrived",
    "internal_error": "a fault of ours",
}


class _Unnamed(dict[str, str]):
    """What a fact that was not recorded is called."""

    def __missing__(self, key: str) -> str:
        return f"the {key.replace('_', ' ')}"


def headline(causes: Sequence[Cause]) -> str:
    """What is the matter, in a few words, of causes that all have one code."""
    names: dict[str, dict[str, None]] = {}
    for cause in causes:
        for fact, value in cause.facts.items():
            names.setdefault(fact, {})[value] = None
    said = _HEADLINES[causes[0].code].format_map(_Unnamed({fact: _together([*found]) for fact, found in names.items()}))
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"


def _together(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f'"{names[0]}"' if _reads_as_several(names[0]) else names[0]
    quoted = [f'"{name}"' for name in names]
    return " and ".join(quoted) if len(names) <= MOST_NAMED else f"{quoted[0]} and {len(names) - 1} more"


def _reads_as_several(name: str) -> bool:
    return " and " in name or ", " in name
