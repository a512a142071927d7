"""What becomes of a mail the server did not take, or did not say it took: it ends, or is tried again, ever later."""

import logging
from collections.abc import Callable
from typing import Any, Final

from psycopg import Cursor

from adapters.event_store import mails, recipients
from adapters.event_store.mails import Mail
from adapters.event_store.store import EventStore
from adapters.smtp.errors import (
    MailTrouble,
    MessageRefused,
    OutcomeUnclear,
    RecipientRefused,
    RelayRefused,
    SenderRefused,
    ServerAway,
)
from domain.mail_retry import wait_before_copy, wait_while_refused
from domain.retry import wait_before
from services.mailing.ready import Ready

LOG: Final = logging.getLogger(__name__)
PATIENCE: Final = 48 * 3600.0
"""Seconds after which a mail that was never taken is given up."""
FIRST_PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 15 * 60.0
REFUSED_PAUSE: Final = 15 * 60.0
LATELY: Final = 3600.0
"""Seconds. A server that took a mail of ours so recently takes mails from us: one it does not pass on rests alone."""


class NotTaken:
    """Records what went wrong with a mail. `chance` in [0, 1) spreads the next tries."""

    def __init__(self, store: EventStore, chance: Callable[[], float]) -> None:
        self._store, self._chance = store, chance

    def record(self, ready: Ready, trouble: MailTrouble) -> None:
        """The mail ends, or is tried again later; the lane rests where the server takes none of our mails."""
        mail, word = ready.mail, trouble.word
        with self._store.cursor() as cursor:
            match trouble:
                case RecipientRefused():
                    LOG.warning("recipient %s is refused for good (%s)", mail.recipient_id, word)
                    recipients.refuse(cursor, mail.recipient_id, word)
                    mails.end(cursor, mail.id, ready.token, "REJECTED", f"{mails.RECIPIENT_REFUSED} {word}")
                case MessageRefused():
                    LOG.error("mail %s is refused for good (%s)", mail.id, word)
                    mails.end(cursor, mail.id, ready.token, "REJECTED", f"message_refused {word}")
                case _ if mail.trying > PATIENCE:
                    LOG.error("mail %s was not taken for two days (%s); it is given up", mail.id, word)
                    mails.end(cursor, mail.id, ready.token, "DEAD", f"gave_up {word}")
                case SenderRefused() | RelayRefused() if self._refuses_us(cursor, mail, trouble):
                    LOG.error("the mail server takes no mail from us (%s); all mails wait", word)
                    mails.pause(cursor, REFUSED_PAUSE, f"sender_refused {word}")
                    # Mails to others go first then, and tell whether it is about this recipient.
                    self._again(cursor, ready, word, REFUSED_PAUSE + self._soon(mail), patience="not_begun")
                case RelayRefused():
                    LOG.error("the mail server passes no mail on to recipient %s (%s)", mail.recipient_id, word)
                    self._again(cursor, ready, word, wait_while_refused(mail.attempts, self._chance()))
                case ServerAway():
                    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(mails.failures_in_row(cursor), 10))
                    LOG.warning("the mail server is away (%s); all mails wait", word)
                    mails.pause(cursor, pause * (0.5 + self._chance() / 2), f"server_away {word}")
                    # A server that is away has tried nothing of this mail, for however many days.
                    self._again(cursor, ready, word, self._soon(mail), patience="not_begun")
                case OutcomeUnclear():
                    self._copy_later(cursor, ready, word)
                case _:
                    LOG.warning("mail %s got no good answer (%s)", mail.id, word)
                    self._again(cursor, ready, word, self._soon(mail))

    def _refuses_us(self, cursor: Cursor[dict[str, Any]], mail: Mail, trouble: MailTrouble) -> bool:
        """Whether a server that refuses takes no mail from us at all, as far as is known."""
        return isinstance(trouble, SenderRefused) or not mails.has_taken(cursor, LATELY, mail.rendered_at)

    def _copy_later(self, cursor: Cursor[dict[str, Any]], ready: Ready, word: str) -> None:
        """What may have arrived is sent again, ever more rarely: each time it may be read once more."""
        mail = ready.mail
        wait = wait_before_copy(mail.trying if mail.unclear else 0.0, self._chance())
        if wait is None:
            LOG.error(
                "mail %s got no clear answer in two days (%s); it may have arrived, and is given up", mail.id, word
            )
            mails.end(cursor, mail.id, ready.token, "DEAD", f"gave_up {word}")
            return
        LOG.warning("mail %s got no clear answer (%s); it may have arrived, and is sent again", mail.id, word)
        self._again(cursor, ready, word, wait, unclear=True, patience="begins")

    def _again(
        self,
        cursor: Cursor[dict[str, Any]],
        ready: Ready,
        word: str,
        wait: float,
        *,
        unclear: bool = False,
        patience: mails.Patience = "runs",
    ) -> None:
        """Try it again in `wait` seconds; what may have arrived stays so, whatever came of the try after."""
        mail = ready.mail
        if mail.unclear:
            unclear, patience = True, "runs"
        mails.reopen(cursor, mail.id, ready.token, wait, unclear=unclear, why=word, patience=patience)

    def _soon(self, mail: Mail) -> float:
        return FIRST_PAUSE + wait_before(mail.attempts + 1, self._chance())
