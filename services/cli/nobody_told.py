"""The sentence for an account whose mails reach nobody, and the command that mends it."""

from services.cli import console
from services.mailing.reach import Reach


def nobody_told(account_id: str, reach: Reach) -> str | None:
    """What to say of an account that was connected once; None if somebody gets its mails."""
    if reach.addresses:
        return None
    refused = console.count(reach.refused, "address", "addresses")
    why = f" (their mail server refused {refused} for good)" if reach.refused else ""
    return (
        f"Nobody gets a mail when something needs a person{why}: "
        f"kyrios-xero alerts recipients {account_id} --add ADDRESS"
    )
