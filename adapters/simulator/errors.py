"""How Xero says no: one class per shape of its error answers."""

import uuid
from collections.abc import Sequence

from adapters.simulator.ledger.documents import Document, encode
from adapters.simulator.wire.exchange import HTML, TEXT, Response

# XERO-UNVERIFIED XU-27: the ErrorNumbers and their texts.
VALIDATION, POST_DATA, QUERY, NOT_IMPLEMENTED, HIGH_VOLUME = 10, 14, 16, 20, 51


class Refusal(Exception):
    """An API call that is answered with an error; ``rule`` names what the caller broke, if anything."""

    def __init__(self, response: Response, rule: str | None = None, detail: str = "") -> None:
        super().__init__(detail or rule or str(response.status))
        self.response = response
        self.rule = rule
        self.detail = detail


def validation(elements: Sequence[Document]) -> Response:
    """400 with the elements that were refused."""
    body = {
        "ErrorNumber": VALIDATION,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": elements,
    }
    return Response(400, encode(body))


def post_data(message: str) -> Refusal:
    """400: the body is not what the resource takes (no JSON, unknown element, wrong type)."""
    body = {"ErrorNumber": POST_DATA, "Type": "PostDataInvalidException", "Message": message}
    return Refusal(Response(400, encode(body)), "post_data_invalid", message)


def query(message: str) -> Refusal:
    """400: a query parameter cannot be read."""
    body = {"ErrorNumber": QUERY, "Type": "QueryParseException", "Message": message}
    return Refusal(Response(400, encode(body)), "query_invalid", message)


def high_volume() -> Refusal:
    """400: more results than one question may have; reported by Xero's users, its text is a guess (XU-27)."""
    body = {"ErrorNumber": HIGH_VOLUME, "Type": "HighVolumeException", "Message": "The result is too large."}
    return Refusal(Response(400, encode(body)))


def reused_key(key: str) -> Response:
    """XERO-UNVERIFIED XU-05: the JSON around the documented text."""
    message = f"Idempotency Key: {key} is used with a different request."
    return _keyed(message)


def overlong_key() -> Response:
    """The documented limit is 128 characters; the text is ours."""
    return _keyed("Idempotency Key is too long.")


def _keyed(message: str) -> Response:
    body: Document = {"ErrorNumber": VALIDATION, "Type": "ValidationException", "Message": message, "Elements": []}
    return Response(400, encode(body))


def denied(status: int, detail: str) -> Response:
    """401 and 403 share a shape; missing scopes also say so in a header."""
    title = {401: "Unauthorized", 403: "Forbidden"}[status]
    body: Document = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": str(uuid.uuid4()),
        "Extensions": {},
    }
    scope = detail == "AuthorizationUnsuccessful"
    return Response(status, encode(body), headers=(("WWW-Authenticate", "insufficient_scope"),) if scope else ())


def not_found() -> Response:
    """404 is text in HTML clothes."""
    return Response(404, b"The resource you're looking for cannot be found", HTML)


def not_acceptable() -> Response:
    """Xero would answer XML; this simulator speaks JSON only and says so."""
    return Response(
        406, b"This simulator answers JSON only: send Accept: application/json (Xero would answer XML).", TEXT
    )


def not_implemented() -> Response:
    """501 for what Xero has and this simulator has not."""
    body = {
        "ErrorNumber": NOT_IMPLEMENTED,
        "Type": "ApiMethodNotImplementedException",
        "Message": "The Api Method called is not implemented",
    }
    return Response(501, encode(body))


def internal() -> Response:
    """500 as reported from live Xero."""
    status_page = "http://status.developer.xero.com"
    detail = f"An error occurred in Xero. Check the API Status page {status_page} for current service status."
    return Response(
        500, encode({"Title": "An error occurred", "Detail": detail, "Status": 500, "Instance": str(uuid.uuid4())})
    )


UNAVAILABLE = {
    "http_503": "The Xero API is temporarily unavailable",
    "http_503_maintenance": "The Xero API is currently offline for maintenance",
    "http_503_organisation_offline": "The Organisation is offline",
}
"""What a 503 says, by Xero's page on response codes."""


def unavailable(
    text: str = "The Xero API is temporarily unavailable", retry_after: int | str | None = None
) -> Response:
    """503 is plain text."""
    headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
    return Response(503, text.encode(), TEXT, headers)


def too_large() -> Response:
    """413; Xero's page on limits names the size, not the body. XERO-UNVERIFIED XU-27."""
    return Response(413, b"Request Entity Too Large", TEXT)


def too_many(problem: str, retry_after: int | str | None) -> Response:
    """429; the body is not to be parsed."""
    headers: tuple[tuple[str, str], ...] = (("X-Rate-Limit-Problem", problem),)
    if retry_after is not None:
        headers += (("Retry-After", str(retry_after)),)
    return Response(429, b"", TEXT, headers)
