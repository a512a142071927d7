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
    RecipientRefused,
    SenderRefused,
    ServerAway,
    TakenLater,
)

TIMEOUT: Final = 20.0
"""Seconds any one answer is waited for."""
_LEADING_DOT: Final = re.compile(rb"(?m)^\.")
_READY: Final = 354

Refusal = type[MailTrouble]


class MailServer:
    """A mail server. Each mail has a connection of its own, and one recipient."""

    def __init__(
        self,
        address: ServerAddress,
        timeout: float = TIMEOUT,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self.address, self._timeout, self._tls = address, timeout, tls

    def send(self, sender: str, recipient: str, message: bytes, fence: Callable[[], None]) -> None:
        """Give it one mail; returns once the server took it, else raises MailTrouble.

        `fence` is asked right before the message goes out, and may raise.
        """
        smtp = self._connected()
        try:
            _step(lambda: smtp.mail(sender), ServerAway, SenderRefused)
            _step(lambda: smtp.rcpt(recipient), TakenLater, RecipientRefused)
            fence()
            _step(lambda: smtp.docmd("DATA"), TakenLater, MessageRefused, good=_READY)
            _hand_over(smtp, message)
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


def _step(ask: Callable[[], tuple[int, bytes]], later: Refusal, never: Refusal, good: int | None = None) -> None:
    """One step before the message: a 4xx answer is `later`, a 5xx one `never`."""
    try:
        code, _ = ask()
    except (OSError, smtplib.SMTPException) as error:
        raise ServerAway(type(error).__name__) from None
    if code == good or (good is None and 200 <= code < 300):
        return
    raise (never if code >= 500 else later)(str(code))


def _hand_over(smtp: smtplib.SMTP, message: bytes) -> None:
    """The message itself, and what the server says to it."""
    try:
        smtp.send(_LEADING_DOT.sub(b"..", message.rstrip(b"\r\n")) + b"\r\n.\r\n")
        code, _ = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise OutcomeUnclear(type(error).__name__) from None
    if not 200 <= code < 300:
        raise (MessageRefused if code >= 500 else TakenLater)(str(code))


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
            raise SenderRefused(str(error.smtp_code)) from None
        case smtplib.SMTPResponseException():
            raise ServerAway(str(error.smtp_code)) from None
        case ssl.SSLCertVerificationError() | smtplib.SMTPNotSupportedError() | UnicodeError():
            raise SenderRefused(type(error).__name__) from None
    raise ServerAway(type(error).__name__) from None
