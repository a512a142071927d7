"""What one mail is about: facts for a letter, all plain text. How they look is the letter's business."""

from typing import Final

import msgspec

from domain.causes import Who

SETTINGS_PAGE: Final = "In Kyrios: Settings > Integrations > Xero."


class Listed(msgspec.Struct, frozen=True):
    """One invoice in a mail: its number, its total, and what is said of it alone, if anything."""

    number: str
    total: str
    says: str = ""


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """What to tell: subject, the matter in a sentence, what it asks for, the invoices, who acts, what happens then.

    `link` is the one address in the mail.
    """

    subject: str
    opening: str
    sentences: tuple[str, ...] = ()
    invoices: tuple[Listed, ...] = ()
    more: int = 0
    who: tuple[Who, ...] = ()
    then: str = ""
    link: str
    link_says: str
