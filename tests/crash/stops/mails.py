"""Where a process stops while it sends a mail."""

from typing import Any

from services.mailing.mailer import Mailer
from services.mailing.ready import Ready
from tests.crash.stops.pausing import reached


class StopsInsideMail(Mailer):
    """A mail is written and about to be leased, in a transaction that is not committed."""

    def _written(self, *mail: Any) -> bytes | None:
        written = super()._written(*mail)
        reached("inside_mail")
        return written


class StopsWithMail(Mailer):
    """A mail is leased and its text frozen; nothing was sent."""

    def send(self, ready: Ready) -> None:
        """Stop, then send."""
        reached("with_mail")
        super().send(ready)


class StopsWithMailTaken(Mailer):
    """The mail server took a mail; nothing of it is recorded."""

    def record_taken(self, ready: Ready) -> None:
        """Stop, then record."""
        reached("mail_taken")
        super().record_taken(ready)


class StopsAfterMail(Mailer):
    """A mail is recorded."""

    def record_taken(self, ready: Ready) -> None:
        """Record, then stop."""
        super().record_taken(ready)
        reached("after_mail")
