"""The story of the mails: nothing fails silently and nobody is flooded, as there is one mail for each cause."""

from typing import Final

from domain.causes import Cause
from domain.headlines import headline
from services.demo.narrator import Narrator
from services.demo.post import Post

REFUSED: Final = headline([Cause("duplicate_number_in_xero")])
"""What the subject of the mail about the refused invoices says."""


class MailStory:
    """Tells which mails the owner finds, and shows the one about what Xero refused."""

    def __init__(self, post: Post, narrator: Narrator) -> None:
        self._post, self._narrator = post, narrator

    def tell(self) -> None:
        """All of it."""
        letters = self._post.deliver()
        self._narrator.say(
            f"Half a minute later (the clock is moved on) {len(letters)} mails have come over SMTP, one for each cause."
        )
        for letter in letters:
            self._narrator.add(letter.subject)
        for letter in letters:
            if REFUSED in letter.subject:
                self._narrator.say("The one about what Xero refused:")
                self._post.show(letter)
