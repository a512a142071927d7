"""The application browsers talk to. It logs no address: tickets, states and codes travel in them."""

from typing import Any

from litestar import Litestar, Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp

from services.bootstrap import Engine
from services.web.consent import consent_routes
from services.web.faults import log_fault
from services.web.headers import safe
from services.web.home import home_route
from services.web.pages import page, result_page
from services.web.webhooks import webhook_route


def web_app(engine: Engine) -> ASGIApp:
    """The application of this engine."""
    settings = engine.settings
    app = Litestar(
        route_handlers=[
            home_route(),
            consent_routes(engine.set_up, settings.browser_url),
            webhook_route(engine.webhook_hints),
        ],
        exception_handlers={HTTPException: _refused, Exception: _failed},
        logging_config=None,
        openapi_config=None,
        debug=False,
    )
    return safe(app, by_https=settings.browser_url.startswith("https://"))


def _refused(_: Request[Any, Any, Any], error: HTTPException) -> Response[str]:
    """What the address or the method does not fit; the library's own words could repeat the request."""
    says = "There is no such page." if error.status_code == 404 else "This page does not take such a request."
    return Response(page("Not here", says), status_code=error.status_code, media_type=MediaType.HTML)


def _failed(_: Request[Any, Any, Any], error: Exception) -> Response[str]:
    log_fault(error)
    return Response(result_page("failed"), status_code=500, media_type=MediaType.HTML)
