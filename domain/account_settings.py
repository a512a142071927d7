"""The settings an account may change: their names, defaults and what they take."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from domain.refusals import Fault, InvalidInput

SETTINGS: Final[dict[str, str]] = {"sync_from": "the day of the first connect", "tax.gate": "all_active"}
"""The settings this version honours, each with its default in words."""


def every_tax_set_is_needed(chosen: Mapping[str, str]) -> bool:
    """Whether all tax sets on offer must be mapped before anything is sent, or only those of the invoice (tax.gate)."""
    return chosen.get("tax.gate", SETTINGS["tax.gate"]) == "all_active"


def check_setting(name: str, value: str) -> None:
    """Raise InvalidInput if there is no such setting, or it does not take this value."""
    if name not in SETTINGS:
        raise InvalidInput(Fault("/name", f"there is no setting {name!r}; there are: {', '.join(SETTINGS)}"))
    if name == "tax.gate" and value not in ("all_active", "used_on_invoice"):
        raise InvalidInput(Fault("/value", "tax.gate is all_active or used_on_invoice"))
    if name == "sync_from" and not _is_plain_date(value):
        raise InvalidInput(Fault("/value", "sync_from is a date such as 2026-04-01"))


def _is_plain_date(text: str) -> bool:
    # The library also reads 20260401 and 2026-W14-3, which are the same day in other words.
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
