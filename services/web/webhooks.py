"""Where Xero's webhooks arrive. Raw bytes are judged, and every answer is bare, as Xero demands: no body, no cookie.

Xero's page on webhooks: 200 for what is rightly signed, 401 for what is not, within five seconds.
"""

import asyncio
from typing import Any, Final

from litestar import Request, Response, post
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from adapters.xero.webhook import SIGNATURE
from services.web.faults import log_fault
from services.webhook_hints import LARGEST, WebhookHints

WEBHOOK_PATH: Final = "/xero/webhooks"
WITHIN: Final = 4.0
"""Seconds for a body to arrive and to be taken; Xero waits for five."""


def webhook_route(hints: WebhookHints) -> HTTPRouteHandler:
    """The route; what goes wrong on our side is answered 503, upon which Xero tells us again."""

    @post(
        WEBHOOK_PATH,
        status_code=200,
        request_max_body_size=LARGEST,
        exception_handlers={HTTPException: _refused, TimeoutError: _too_slow, Exception: _failed},
    )
    async def take(request: Request[Any, Any, Any]) -> Response[bytes]:
        async with asyncio.timeout(WITHIN):
            body = await request.body()
            return _bare(await asyncio.to_thread(hints.receive, body, _signature(request)))

    return take


def _signature(request: Request[Any, Any, Any]) -> bytes:
    """The header's bytes as they came; empty unless there is exactly one."""
    given = [value for name, value in request.scope["headers"] if name.lower() == SIGNATURE]
    return given[0] if len(given) == 1 else b""


def _refused(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    return _bare(error.status_code)


def _too_slow(_: Request[Any, Any, Any], error: TimeoutError) -> Response[bytes]:
    """A sender that dawdles is nothing to wake anybody for."""
    return _bare(503)


def _failed(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    log_fault(error)
    return _bare(503)


def _bare(status: int) -> Response[bytes]:
    return Response(b"", status_code=status, media_type=MediaType.TEXT)
