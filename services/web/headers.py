"""What every answer carries, whoever made it: nothing is stored, framed, guessed or passed on to the next site."""

from typing import Any, Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send

SAFE: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
STRICT: Final = ((b"strict-transport-security", b"max-age=31536000"),)
"""Sent where browsers reach us by https."""


def safe(app: ASGIApp, *, by_https: bool) -> ASGIApp:
    """The same application with these headers on every answer, also on errors and on what it does not know."""
    added = [*SAFE, *(STRICT if by_https else ())]

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: Any = message.get("headers", ())
                named = {name for name, _ in added}
                message["headers"] = [*(pair for pair in headers if pair[0].lower() not in named), *added]
            await send(message)

        await app(scope, receive, sending)

    return answering
