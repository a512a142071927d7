"""A real mail server for tests, over a real socket, that does what mail servers do at their worst.

`misbehave("RCPT", "550 no such user")` answers a step so; `DROP` breaks the connection at it, `STALL` never answers,
`SLOW` answers as it should, but late.
"""

import asyncio
import email
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final, Literal

from aiosmtpd.smtp import SMTP, AuthResult

from adapters.smtp.local_server import answering

Step = Literal["greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "content", "taken"]
DROP: Final = "drop"
STALL: Final = "stall"
SLOW: Final = "slow"
STALLED: Final = 60
LATE: Final = 3.0
"""Seconds; half of them must be enough for all that is not slow on purpose."""
PASSWORD: Final = "pass word/:@"


class MailSink:
    """What a server was given, and how it is to behave. Steps: `content` is the message being sent, `taken` the answer
    to a message that is kept all the same."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: list[tuple[str, bytes]] = []
        self.met: list[str] = []
        self._script: dict[str, list[str]] = {}

    @property
    def url(self) -> str:
        """Where it is."""
        return f"smtp://127.0.0.1:{self.port}"

    def misbehave(self, step: Step, *answers: str) -> None:
        """Answer a step so, once per answer."""
        self._script.setdefault(step, []).extend(answers)

    def behave(self) -> None:
        """Take everything from now on."""
        self._script.clear()

    def read(self, to: str | None = None) -> list[EmailMessage]:
        """The mails taken so far, of all or of one recipient, as a mail program reads them."""
        return [email.message_from_bytes(raw, policy=default) for rcpt, raw in self.taken if to in (None, rcpt)]

    async def at(self, step: Step, server: Any) -> str | None:
        """What to do at a step; None to go on."""
        self.met.append(step)
        answer = self._script[step].pop(0) if self._script.get(step) else None
        if answer == STALL:
            await asyncio.sleep(STALLED)
        if answer == SLOW:
            await asyncio.sleep(LATE)
            return None
        if answer in (STALL, DROP):
            server.transport.abort()
            return "421 gone"
        return answer


class _Script:
    """aiosmtpd's hooks."""

    def __init__(self, sink: MailSink) -> None:
        self._sink = sink

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        answer = await self._sink.at("EHLO", server)
        return responses if answer is None else [answer]

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self._sink.at("MAIL", server) or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if answer := await self._sink.at("RCPT", server):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if answer := await self._sink.at("content", server):
            return answer
        assert len(envelope.rcpt_tos) == 1, "one recipient per message"
        self._sink.taken.append((envelope.rcpt_tos[0], envelope.content))
        return await self._sink.at("taken", server) or "250 taken"


class _Server(SMTP):
    """A server whose greeting and whose answer to the command DATA may be scripted as well."""

    def __init__(self, sink: MailSink, **options: Any) -> None:
        self.sink = sink
        super().__init__(_Script(sink), enable_SMTPUTF8=False, **options)

    async def _handle_client(self) -> None:
        if answer := await self.sink.at("greeting", self):
            await self.push(answer)
            return
        await super()._handle_client()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if answer := await self.sink.at("DATA", self):
            await self.push(answer)
            return
        await super().smtp_DATA(arg)


def _authenticator(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


@contextmanager
def mail_sink(tls: ssl.SSLContext | None = None, *, sign_in: bool = False) -> Iterator[MailSink]:
    """A mail server for as long as the block; with `tls` it offers and requires STARTTLS."""
    sink = MailSink()
    options: dict[str, Any] = {"tls_context": tls, "require_starttls": tls is not None}
    if sign_in:
        options |= {"authenticator": _authenticator, "auth_required": True, "auth_require_tls": tls is not None}

    def protocol(loop: asyncio.AbstractEventLoop) -> _Server:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # signing in without encryption: to this machine
            return _Server(sink, loop=loop, **options)

    with answering(protocol) as sink.port:
        yield sink
