"""One call to Xero's API with a given token: headers, the exchange, the answer or the error it stands for.

It neither gets tokens nor repeats anything; see session for that.
"""

import time
from collections.abc import Callable

import httpx

from adapters.vault.secret import Secret
from adapters.xero import error_shapes
from adapters.xero.answers import Answer
from adapters.xero.calls import Call
from adapters.xero.errors import OutcomeUnclear
from adapters.xero.wire import Limits, Reply, exchange


class XeroClient:
    """Sends calls to `api_url` (Xero's is https://api.xero.com) over `http`. Safe to share between threads."""

    def __init__(
        self,
        http: httpx.Client,
        api_url: str,
        limits: Limits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http, self._api_url = http, api_url.rstrip("/")
        self._limits, self._monotonic = limits or Limits(), monotonic

    def send(self, call: Call, token: Secret) -> Answer:
        """Send one call once. Any XeroError; OutcomeUnclear also for a success that cannot be read."""
        request = self._http.build_request(
            call.method,
            self._api_url + call.path,
            params=dict(call.params) or None,
            headers=_headers(call, token),
            content=call.body,
        )
        reply = exchange(self._http, request, self._limits, monotonic=self._monotonic)
        if not 200 <= reply.status < 300:
            raise error_shapes.error_of(reply)
        return _answer(reply)


def _headers(call: Call, token: Secret) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token.reveal()}", "Accept": "application/json"}
    if call.organisation_id:
        headers["xero-tenant-id"] = call.organisation_id
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    if call.idempotency_key:
        headers["Idempotency-Key"] = call.idempotency_key
    if call.modified_since:
        headers["If-Modified-Since"] = call.modified_since
    return headers


def _answer(reply: Reply) -> Answer:
    correlation_id, rates = error_shapes.correlation_of(reply.headers), error_shapes.rates_of(reply.headers)
    try:
        content = error_shapes.read_json(reply.body) if reply.body else None
    except ValueError:
        raise OutcomeUnclear("unreadable", status=reply.status, correlation_id=correlation_id, rates=rates) from None
    return Answer(status=reply.status, correlation_id=correlation_id, rates=rates, content=content)
