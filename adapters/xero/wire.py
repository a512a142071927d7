"""One HTTP exchange: bounded in time and size, redirects not followed, every failure sorted into sent or not sent."""

import logging
import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

import httpx
import msgspec

from adapters.xero.errors import NotSent, OutcomeUnclear, XeroError

_NOT_SENT: Final[tuple[tuple[type[httpx.HTTPError], str], ...]] = (
    (httpx.ConnectTimeout, "connect_timeout"),
    (httpx.PoolTimeout, "pool_timeout"),
    (httpx.ConnectError, "connect"),
    (httpx.ProxyError, "proxy"),
    (httpx.UnsupportedProtocol, "address"),
)
_UNCLEAR: Final[tuple[tuple[type[httpx.HTTPError], str], ...]] = (
    (httpx.TimeoutException, "timeout"),
    (httpx.RemoteProtocolError, "cut"),
    (httpx.DecodingError, "unreadable"),
)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one exchange may take: `deadline` in seconds from its start, `largest_answer` in bytes.

    The deadline is looked at with every piece of the answer; each single silence before that ends by its own timeout.
    """

    deadline: float = 100.0
    largest_answer: int = 10 * 1024 * 1024


class Reply(msgspec.Struct, frozen=True):
    """A complete answer of any status."""

    status: int
    headers: httpx.Headers
    body: bytes


def new_http_client(
    url: str, *, read_timeout: float, connect_timeout: float = 10.0, connections: int = 20
) -> httpx.Client:
    """The HTTP client for calls to `url`, to be shared by all threads and closed at the end. Timeouts in seconds.

    Proxies of the environment are used, except for a server on this machine. Idle connections are dropped after
    five seconds: reusing one that the other side is just closing would leave an outcome unclear.
    """
    return httpx.Client(
        timeout=httpx.Timeout(connect=connect_timeout, read=read_timeout, write=read_timeout, pool=connect_timeout),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=5.0),
        follow_redirects=False,
        trust_env=not _is_here(url),
        headers={"Accept-Encoding": "identity", "User-Agent": "kyrios-xero"},
    )


def quiet_http_logs() -> None:
    """Keep the HTTP library's log at warnings: at INFO it writes whole URLs, and the code of a consent is in one."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def exchange(
    http: httpx.Client,
    request: httpx.Request,
    limits: Limits,
    *,
    auth: httpx.Auth | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Reply:
    """Send one request and read the whole answer; NotSent or OutcomeUnclear if there is none."""
    try:
        return _exchange(http, request, limits, auth, monotonic)
    except httpx.HTTPError as error:
        trouble = _sorted(error)
    # Raised out here so that it does not carry the library's error, which holds the request with its token.
    raise trouble


def _exchange(
    http: httpx.Client, request: httpx.Request, limits: Limits, auth: httpx.Auth | None, monotonic: Callable[[], float]
) -> Reply:
    end = monotonic() + limits.deadline
    response = http.send(request, auth=auth, stream=True, follow_redirects=False)
    try:
        return Reply(response.status_code, response.headers, _body(response, limits.largest_answer, end, monotonic))
    finally:
        response.close()


def _body(response: httpx.Response, largest: int, end: float, monotonic: Callable[[], float]) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > largest:
            raise OutcomeUnclear("too_large", status=response.status_code)
        if monotonic() > end:
            raise OutcomeUnclear("deadline", status=response.status_code)
    return bytes(body)


def _sorted(error: httpx.HTTPError) -> XeroError:
    for kind, reason in _NOT_SENT:
        if isinstance(error, kind):
            return NotSent(reason)
    return OutcomeUnclear(next((reason for kind, reason in _UNCLEAR if isinstance(error, kind)), "reset"))


def _is_here(url: str) -> bool:
    host = httpx.URL(url).host
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
