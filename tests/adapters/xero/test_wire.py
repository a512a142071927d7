"""Shapes of answers and failures that the simulator does not produce, through a transport of our own."""

import logging
import ssl
from collections.abc import Callable, Iterator

import httpx
import pytest

from adapters.vault.secret import Secret
from adapters.xero import calls
from adapters.xero.client import XeroClient
from adapters.xero.errors import (
    DEFINITE_NON_EFFECT,
    BatchRefused,
    NotConnected,
    NotFound,
    NotSent,
    OutcomeUnclear,
    PermissionMissing,
    RateLimited,
    Unauthorised,
    XeroError,
)
from adapters.xero.wire import Limits, new_http_client, quiet_http_logs

TOKEN = Secret("token")
PUT = calls.put_invoices("org-1", b"{}", "key-1")
Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler, **limits: float) -> XeroClient:
    http = httpx.Client(transport=httpx.MockTransport(handler))
    return XeroClient(http, "https://api.xero.com", Limits(**limits))  # type: ignore[arg-type]


def failure(answer: httpx.Response) -> XeroError:
    with pytest.raises(XeroError) as raised:
        client(lambda _: answer).send(PUT, TOKEN)
    return raised.value


# ── what is sent ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_header_and_parameter_xero_wants_is_sent() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"Invoices": []})

    client(handler).send(PUT, TOKEN)
    request = seen[0]
    assert str(request.url) == "https://api.xero.com/api.xro/2.0/Invoices?summarizeErrors=false&unitdp=4"
    assert request.method == "PUT"
    assert request.headers["authorization"] == "Bearer token"
    assert request.headers["xero-tenant-id"] == "org-1"
    assert request.headers["accept"] == "application/json"
    assert request.headers["idempotency-key"] == "key-1"
    assert request.content == b"{}"


def test_a_call_about_no_organisation_names_none() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert "xero-tenant-id" not in request.headers
        assert "idempotency-key" not in request.headers
        return httpx.Response(200, json=[])

    client(handler).send(calls.connections("event-1"), TOKEN)


def test_all_four_timeouts_are_set() -> None:
    with new_http_client("https://api.xero.com", read_timeout=90) as http:
        assert http.timeout == httpx.Timeout(connect=10, read=90, write=90, pool=10)
        assert not http.follow_redirects


def test_a_proxy_is_never_used_for_a_server_on_this_machine() -> None:
    with new_http_client("http://127.0.0.1:9", read_timeout=1) as here:
        assert not here.trust_env
    with new_http_client("https://api.xero.com", read_timeout=1) as there:
        assert there.trust_env


# ── failures on the way ─────────────────────────────────────────────────────────────────────────────────────────────


def raising(error: Exception) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    return handler


@pytest.mark.parametrize(
    ("error", "expected", "code"),
    [
        (httpx.ConnectError("name or service not known"), NotSent, "connect"),
        (httpx.ConnectTimeout("slow"), NotSent, "connect_timeout"),
        (httpx.PoolTimeout("busy"), NotSent, "pool_timeout"),
        (httpx.UnsupportedProtocol("ftp"), NotSent, "address"),
        (httpx.ReadTimeout("slow"), OutcomeUnclear, "timeout"),
        (httpx.WriteTimeout("slow"), OutcomeUnclear, "timeout"),
        (httpx.ReadError("reset"), OutcomeUnclear, "reset"),
        (httpx.WriteError("reset"), OutcomeUnclear, "reset"),
        (httpx.RemoteProtocolError("gone"), OutcomeUnclear, "cut"),
        (httpx.LocalProtocolError("odd"), OutcomeUnclear, "reset"),
        (httpx.DecodingError("no gzip"), OutcomeUnclear, "unreadable"),
    ],
)
def test_only_what_certainly_never_went_out_counts_as_not_sent(
    error: Exception, expected: type[XeroError], code: str
) -> None:
    with pytest.raises(expected) as raised:
        client(raising(error)).send(PUT, TOKEN)
    assert raised.value.code == code
    assert type(raised.value) is expected


def test_a_refused_connection_is_a_certain_non_effect() -> None:
    with new_http_client("http://127.0.0.1:9", read_timeout=1) as http, pytest.raises(NotSent, match="connect"):
        XeroClient(http, "http://127.0.0.1:9").send(PUT, TOKEN)


def test_a_name_that_does_not_exist_is_a_certain_non_effect() -> None:
    with new_http_client("http://xero.invalid", read_timeout=1) as http, pytest.raises(NotSent, match="connect"):
        XeroClient(http, "http://xero.invalid").send(PUT, TOKEN)


def test_the_http_librarys_log_keeps_to_warnings_once_asked() -> None:
    loggers = [logging.getLogger(name) for name in ("httpx", "httpcore")]
    before = [logger.level for logger in loggers]
    try:
        quiet_http_logs()
        assert not any(logger.isEnabledFor(logging.INFO) for logger in loggers)
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def test_certificates_are_verified() -> None:
    with new_http_client("https://api.xero.com", read_timeout=1) as http:
        pool = http._transport._pool  # type: ignore[attr-defined]
        assert pool._ssl_context.verify_mode is ssl.CERT_REQUIRED


def test_an_answer_beyond_the_cap_is_not_read_to_its_end() -> None:
    read: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            read.append(1)
            yield b"x" * 1024

    with pytest.raises(OutcomeUnclear, match="too_large"):
        client(lambda _: httpx.Response(200, content=endless()), largest_answer=10_240).send(PUT, TOKEN)
    assert len(read) == 11


def test_an_answer_that_trickles_past_the_deadline_is_given_up() -> None:
    clock = iter(range(100))

    def trickle() -> Iterator[bytes]:
        while True:
            yield b"x"

    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=trickle())))
    slow = XeroClient(http, "https://api.xero.com", Limits(deadline=10), monotonic=lambda: float(next(clock)))
    with pytest.raises(OutcomeUnclear, match="deadline"):
        slow.send(PUT, TOKEN)


def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"location": "http://169.254.169.254/latest"})

    with pytest.raises(OutcomeUnclear, match="redirect"):
        client(handler).send(PUT, TOKEN)
    assert asked == ["api.xero.com"]


# ── shapes of answers ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [b"<html>ok</html>", b'{"Invoices": [', b'{"a": NaN}', b'{"a": 1e999999999999999999999}', b"\xff\xfe", b"[" * 9999],
)
def test_a_success_that_cannot_be_read_leaves_the_outcome_unclear(body: bytes) -> None:
    error = failure(httpx.Response(200, content=body))
    assert isinstance(error, OutcomeUnclear)
    assert error.reason == "unreadable"


def test_numbers_stay_exact() -> None:
    answer = client(lambda _: httpx.Response(200, content=b'{"a": 0.1, "b": 9999999999.99, "c": 7}')).send(PUT, TOKEN)
    assert {key: str(value) for key, value in answer.content.items()} == {"a": "0.1", "b": "9999999999.99", "c": "7"}


UPPER = {"Type": None, "Title": "Unauthorized", "Status": 401, "Detail": "TokenExpired: token expired at 01/01/2001"}
LOWER = {"title": "Unauthorized", "status": 401, "detail": "TokenExpired: token expired"}


@pytest.mark.parametrize("body", [UPPER, LOWER])
def test_an_expired_token_is_seen_in_either_casing(body: dict[str, object]) -> None:
    error = failure(httpx.Response(401, json=body))
    assert type(error) is Unauthorised
    assert error.code == "TokenExpired"


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    "more",
    [
        {"json": {"detail": "AuthorizationUnsuccessful"}},
        {"json": {"Detail": "AuthorizationUnsuccessful"}},
        {"text": "no", "headers": {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}},
    ],
)
def test_a_missing_scope_is_seen_in_every_shape(status: int, more: dict[str, object]) -> None:
    assert type(failure(httpx.Response(status, **more))) is PermissionMissing  # type: ignore[arg-type]


def test_a_forbidden_organisation_is_not_connected() -> None:
    body = {"Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful", "Instance": "x"}
    assert type(failure(httpx.Response(403, json=body))) is NotConnected
    assert type(failure(httpx.Response(403, text="<html>forbidden</html>"))) is NotConnected


def test_a_page_that_is_not_found_comes_as_html() -> None:
    page = httpx.Response(404, html="The resource you're looking for cannot be found")
    assert type(failure(page)) is NotFound


@pytest.mark.parametrize(
    ("header", "retry_after", "kind"),
    [
        ("minute", "12", "minute"),
        ("DayLimit", "77000", "day"),
        ("Concurrent", None, "concurrent"),
        ("appminute", "3", "app"),
        ("AppMinLimit", None, "app"),
        ("", "40000", "day"),
        ("", "5", "minute"),
        ("something new", "Wed, 21 Oct 2026 07:28:00 GMT", "minute"),
    ],
)
def test_the_kind_of_a_limit_is_read_loosely(header: str, retry_after: str | None, kind: str) -> None:
    headers = {"X-Rate-Limit-Problem": header, **({"Retry-After": retry_after} if retry_after else {})}
    error = failure(httpx.Response(429, headers=headers, text="slow down"))
    assert isinstance(error, RateLimited)
    assert error.kind == kind
    assert error.retry_after == (float(retry_after) if retry_after and retry_after.isdigit() else None)


def test_what_is_left_of_the_limits_is_read_from_refusals_too() -> None:
    headers = {"X-MinLimit-Remaining": "0", "X-DayLimit-Remaining": "4990", "X-AppMinLimit-Remaining": "odd"}
    rates = failure(httpx.Response(429, headers=headers)).rates
    assert (rates.min_left, rates.day_left, rates.app_left) == (0, 4990, None)


@pytest.mark.parametrize("status", [400, 405, 406, 409, 412, 413, 415, 422])
def test_any_other_refusal_of_the_whole_request_calls_for_a_search(status: int) -> None:
    error = failure(httpx.Response(status, text="no"))
    assert type(error) is BatchRefused
    assert not isinstance(error, DEFINITE_NON_EFFECT)


def test_what_is_said_of_elements_of_a_refused_request_is_read_and_not_shown() -> None:
    errors = [{"Message": "Due date is missing"}, {"Message": ""}, "odd"]
    body = {"Message": "A validation exception occurred", "Elements": [{"ValidationErrors": errors}, {}, None]}
    error = failure(httpx.Response(400, json=body))
    assert isinstance(error, BatchRefused)
    assert (error.faults, error.told_why) == (("Due date is missing",), True)
    assert "Due date" not in f"{error} {error!r}"


@pytest.mark.parametrize(
    ("status", "body", "told"), [(400, {"Elements": []}, False), (400, [], False), (413, {}, True), (405, {}, True)]
)
def test_a_refusal_without_a_word_about_an_element_tells_nothing_unless_its_status_does(
    status: int, body: object, told: bool
) -> None:
    error = failure(httpx.Response(status, json=body))
    assert isinstance(error, BatchRefused)
    assert (error.faults, error.told_why) == ((), told)


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 599])
def test_every_server_error_leaves_the_outcome_unclear(status: int) -> None:
    error = failure(httpx.Response(status, text="The Organisation is offline"))
    assert isinstance(error, OutcomeUnclear)
    assert error.retry_after == (300 if status == 503 else None)


def test_xeros_correlation_id_is_kept_if_it_is_one() -> None:
    good, bad = "0c1f5a0e-9d0c-4a55-8f1e-6f1f0c7f2a10", "x" * 200
    assert failure(httpx.Response(500, headers={"Xero-Correlation-Id": good})).correlation_id == good
    assert failure(httpx.Response(500, headers={"Xero-Correlation-Id": bad})).correlation_id == ""
