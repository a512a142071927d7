"""Where the links of mails lead: one page that says what this is and where to look. It knows of no account.

Whoever opens it is not known to us, so it says the same to everybody, whatever is asked.
"""

from typing import Final

from litestar import Response, get
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler

from services.web.pages import page

HEADING: Final = "Kyrios and Xero"
SAYS: Final = (
    "This is the program that carries invoices from Kyrios to Xero; how your account stands, and what waits for you, "
    "is told in Kyrios under Settings > Integrations > Xero, and to whoever runs this by kyrios-xero status ACCOUNT."
)


def home_route() -> HTTPRouteHandler:
    """The page at our own address."""

    @get("/")
    async def home() -> Response[str]:
        return Response(page(HEADING, SAYS), media_type=MediaType.HTML)

    return home
