"""Days as people type them."""

from datetime import date

from domain.refusals import Fault, InvalidInput


def day(option: str, text: str | None) -> date | None:
    """The day an option names, such as 2026-04-01; None if it is not given. Raises InvalidInput."""
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise InvalidInput(Fault(option, f"{text} is no date such as 2026-04-01"))
    return found
