"""Giving one mail to a mail server, step by step, so that it is known after which step something went wrong.

Until the server has our message nothing can have been taken; from its first byte on, a connection that breaks leaves
open whether it was (RFC 1047).
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from typing import Final, NoReturn

from adapters.smtp.address import ServerAddress
from adapters.smtp.errors import (
    MailTrouble,
    MessageRefused,
    OutcomeUnclear,
    SenderRefused,
    ServerAway,
    TakenLater,
)
from adapters.smtp.refusals import refused_recipient, word_of

TIMEOUT: Final = 20.0
"""Seconds any one answer is waited for, but for the last one."""
TAKEN_WITHIN: Final = 600.0
"""Seconds the answer to the message itself is waited for: ten minutes, as RFC 5321, 4.5.3.2.6 asks. Whoever gives up
earlier sends the mail again that a slow server has taken."""
_LEADING_DOT: Final = re.compile(rb"(?m)^\.")
_READY: Final = 354

Refusal = Callable[[int, bytes], type[MailTrouble]]
"""What an answer means, by its code and words."""


class MailServer:
    """A mail server. Each mail has a connection of its own, and one recipient."""

    def __init__(
        self,
        address: ServerAddress,
        timeout: float = TIMEOUT,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        taken_within: float = TAKEN_WITHIN,
    ) -> None:
        """`timeout` is in seconds for each answer, `taken_within` for the one to the message itself."""
        self.address, self._timeout, self._tls, self._taken_within = address, timeout, tls, taken_within

    def send(self, sender: str, recipient: str, message: bytes, fence: Callable[[], None]) -> None:
        """Give it one mail; returns once the server took it, else raises MailTrouble.

        `fence` is asked right before the message goes out, and may raise.
        """
        smtp = self._connected()
        try:
            _step(lambda: smtp.mail(sender), ServerAway, SenderRefused)
            _step(lambda: smtp.rcpt(recipient), TakenLater, refused_recipient)
            fence()
            _step(lambda: smtp.docmd("DATA"), TakenLater, MessageRefused, good=_READY)
            _hand_over(smtp, message, self._taken_within)
        finally:
            _leave(smtp)

    def _connected(self) -> smtplib.SMTP:
        """A connection on which mails may be given: greeted, encrypted and signed in as the address asks."""
        address = self.address
        smtp = self._plain()
        try:
            smtp.ehlo_or_helo_if_needed()
            if address.security == "starttls":
                smtp.starttls(context=self._tls())
                smtp.ehlo()
            if address.password is not None:
                smtp.login(address.user, address.password.reveal())
        except (OSError, smtplib.SMTPException, ValueError) as error:
            smtp.close()
            _not_let_in(error)
        return smtp

    def _plain(self) -> smtplib.SMTP:
        address = self.address
        try:
            if address.security == "tls":
                return smtplib.SMTP_SSL(address.host, address.port, timeout=self._timeout, context=self._tls())
            return smtplib.SMTP(address.host, address.port, timeout=self._timeout)
        except (OSError, smtplib.SMTPException) as error:
            _not_let_in(error)


def _step(
    ask: Callable[[], tuple[int, bytes]],
    later: type[MailTrouble],
    never: type[MailTrouble] | Refusal,
    good: int | None = None,
) -> None:
    """One step before the message: a 4xx answer is `later`, a 5xx one `never`, or what that finds in it."""
    try:
        code, said = ask()
    except (OSError, smtplib.SMTPException) as error:
        raise ServerAway(type(error).__name__) from None
    if code == good or (good is None and 200 <= code < 300):
        return
    if code < 500:
        raise later(word_of(code, said))
    raise (never if isinstance(never, type) else never(code, said))(word_of(code, said))


def _hand_over(smtp: smtplib.SMTP, message: bytes, taken_within: float) -> None:
    """The message itself, and what the server says to it."""
    try:
        smtp.send(_LEADING_DOT.sub(b"..", message.rstrip(b"\r\n")) + b"\r\n.\r\n")
        assert smtp.sock is not None, "the message was just sent on it"
        smtp.sock.settimeout(taken_within)
        code, said = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise OutcomeUnclear(type(error).__name__) from None
    if not 200 <= code < 300:
        raise (MessageRefused if code >= 500 else TakenLater)(word_of(code, said))


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()


def _leave(smtp: smtplib.SMTP) -> None:
    """Say good-bye, and do not care for the answer: what happened has happened."""
    try:
        if smtp.sock is not None:
            smtp.putcmd("QUIT")
    except (OSError, smtplib.SMTPException):
        pass
    finally:
        smtp.close()


def _not_let_in(error: Exception) -> NoReturn:
    """Why there is no connection to give a mail on: ours to mend if it is our name, password, or trust in theirs."""
    match error:
        case smtplib.SMTPResponseException() if error.smtp_code >= 500:
            raise SenderRefused(word_of(error.smtp_code, _bytes(error.smtp_error))) from None
        case smtplib.SMTPResponseException():
            raise ServerAway(str(error.smtp_code)) from None
        case ssl.SSLCertVerificationError() | smtplib.SMTPNotSupportedError() | UnicodeError():
            raise SenderRefused(type(error).__name__) from None
    raise ServerAway(type(error).__name__) from None
