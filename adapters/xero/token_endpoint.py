"""The HTTP side of OAuth: what the OAuth library posts goes through our own client, limits and errors.

The library brings an HTTP integration of its own, which picks a different HTTP package as soon as that is installed;
only its transport-free core is used.
"""

from collections.abc import Iterator, Mapping

import httpx
from authlib.oauth2.auth import ClientAuth

from adapters.xero import error_shapes
from adapters.xero.errors import OutcomeUnclear, RateLimited
from adapters.xero.wire import Limits, exchange


class ClientCredentials(ClientAuth, httpx.Auth):
    """Puts our client id and secret on a request, in the form the OAuth library prepares."""

    requires_request_body = True

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        """Sign `request`; called by the HTTP client."""
        url, headers, body = self.prepare(  # type: ignore[no-untyped-call]
            request.method, str(request.url), dict(request.headers), request.content.decode()
        )
        kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
        # The extensions hold the timeouts.
        yield httpx.Request(request.method, url, headers=kept, content=body, extensions=request.extensions)


class TokenEndpoint:
    """What the OAuth library takes for its session: it posts a form and gets a complete answer below 500 back."""

    def __init__(self, http: httpx.Client, limits: Limits) -> None:
        self._http, self._limits = http, limits

    def post(
        self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: httpx.Auth
    ) -> httpx.Response:
        """Post a form; raises NotSent, OutcomeUnclear or RateLimited where no usable answer came."""
        request = self._http.build_request("POST", url, data=dict(data), headers=dict(headers))
        reply = exchange(self._http, request, self._limits, auth=auth)
        if reply.status == 429:
            raise RateLimited("app", retry_after=error_shapes.retry_after(reply.headers))
        if reply.status >= 500 or 300 <= reply.status < 400:
            raise OutcomeUnclear("server_error" if reply.status >= 500 else "redirect", status=reply.status)
        return httpx.Response(reply.status, content=reply.body, request=httpx.Request("POST", url))
