"""Xero's OpenAPI files as judges of what went over the wire; their known faults are repaired here, in memory.

The files lie beside the project, not in it. Answers are checked where the files declare them (200, 204 and 400); 401,
403, 404, 429 and 5xx are not declared there. Beyond the types, nothing may be said that the files do not know.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from tests.conformance.recorder import Exchange

FILES = Path(__file__).parents[3] / "shared" / "openapi"
ACCOUNTING, IDENTITY = FILES / "xero_accounting.yaml", FILES / "xero-identity.yaml"
DECLARED = (200, 204, 400)
HOST = "https://api.xero.com"

ENVELOPE = ("Id", "Status", "ProviderName", "DateTimeUTC")
# What the files' own examples and Xero's pages show, and their schemas leave out.
UNDECLARED: Mapping[str, tuple[str, ...]] = {
    "Invoice": ("DateString", "DueDateString"),
    "Contact": ("UpdatedDateUTCString",),
    "Account": ("UpdatedDateUTCString",),
}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Keeps bare dates in examples as text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the name the library looks for
        letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class Contract:
    """Both files, loaded once. ``check`` raises AssertionError with everything that is wrong."""

    def __init__(self) -> None:
        accounting = _repaired(ACCOUNTING)
        self._accounting = _openapi(accounting)
        self._identity = _openapi(_repaired(IDENTITY))
        self.operations = {
            (method.upper(), path): operation["operationId"]
            for path, methods in accounting["paths"].items()
            for method, operation in methods.items()
            if method in ("get", "put", "post", "delete")
        }

    def check(self, exchange: Exchange, request_too: bool = True, echoes: tuple[str, ...] = ()) -> None:
        """Check one exchange; the request only if it was meant to be right, without what its client merely echoes."""
        faults = list(self._faults(exchange, request_too, echoes))
        where = f"{exchange.method} {exchange.target} -> {exchange.status}"
        assert not faults, "\n".join([where, *faults, exchange.answer.decode(errors="replace")[:2000]])

    def _faults(self, exchange: Exchange, request_too: bool, echoes: tuple[str, ...]) -> Iterator[str]:
        judge = self._identity if "connections" in exchange.target.lower() else self._accounting
        request = _request(exchange, echoes)
        if request_too:
            yield from _complaints("request", lambda: judge.validate_request(request))
            yield from _unknown_parameters(exchange)
        if exchange.status in DECLARED:
            response = MockResponse(_zoned(exchange), exchange.status, exchange.headers, exchange.content_type)
            yield from _complaints("answer", lambda: judge.validate_response(request, response))


def require_files(files: Sequence[Path], in_ci: bool) -> None:
    """Skip what needs files that are absent; in CI nothing may be skipped."""
    missing = [path.name for path in files if not path.is_file()]
    if missing:
        reason = f"Xero's OpenAPI files are not beside the project: {', '.join(missing)}"
        pytest.fail(reason) if in_ci else pytest.skip(reason)


def _complaints(of: str, validate: Any) -> Iterator[str]:
    try:
        validate()
    except OpenAPIError as error:
        causes = getattr(error.__cause__, "schema_errors", None) or [error.__cause__ or error]
        yield from (f"{of}: {error}: {cause}"[:1500] for cause in causes)


def _request(exchange: Exchange, echoes: tuple[str, ...]) -> MockRequest:
    parts = urlsplit(exchange.target)
    path = "/Connections" + parts.path[len("/connections") :] if "/connections" in parts.path.lower() else parts.path
    headers = dict(exchange.request_headers)
    since = headers.get("if-modified-since", "")
    if since and since[-1] != "Z" and "+" not in since:
        headers["if-modified-since"] = since + "Z"  # Xero's pages show it without a zone, the file wants one
    return MockRequest(
        HOST,
        exchange.method,
        path,
        args=dict(parse_qsl(parts.query)),
        headers=headers,
        data=_without(exchange.body, echoes),
        content_type="application/json",
    )


def _without(body: bytes, echoes: tuple[str, ...]) -> bytes:
    if not echoes or not body:
        return body
    kept = json.loads(body, object_hook=lambda held: {name: held[name] for name in held if name not in echoes})
    return json.dumps(kept).encode()


def _unknown_parameters(exchange: Exchange) -> Iterator[str]:
    known = """where order page pagesize ids invoicenumbers contactids statuses includearchived createdbymyapp unitdp
        summaryonly searchterm summarizeerrors autheventid"""
    for name, _ in parse_qsl(urlsplit(exchange.target).query):
        if name.lower() not in known.split():
            yield f"request: there is no parameter {name}"


def _zoned(exchange: Exchange) -> bytes:
    """The dates of connections have no zone at Xero; the file's own example would not pass."""
    if "connections" not in exchange.target.lower() or not exchange.answer:
        return exchange.answer
    found = json.loads(exchange.answer)
    for connection in found:
        for name in ("createdDateUtc", "updatedDateUtc"):
            if name in connection:
                connection[name] += "Z"
    return json.dumps(found).encode()


def _repaired(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    for wrong in ("'false'", '"false"'):  # text as default of booleans
        text = text.replace(f"default: {wrong}", "default: false")
    found = yaml.load(text, _Loader)
    for methods in found["paths"].values():
        for operation in methods.values():
            if isinstance(operation, dict) and "responses" in operation:
                _repair_operation(operation, "400Error" in found["components"].get("responses", {}))
    schemas = found["components"]["schemas"]
    for schema in schemas.values():
        if "x-objectArrayKey" in schema:
            schema["properties"] |= {name: {"type": "string"} for name in ENVELOPE}
    for name, properties in UNDECLARED.items():
        if name in schemas:
            schemas[name]["properties"] |= {item: {"type": "string"} for item in properties}
    if "Element" in schemas:  # the file knows only the ids of a refused element; Xero echoes all of it
        schemas["Element"]["additionalProperties"] = True
    return found


def _repair_operation(operation: Any, has_400: bool) -> None:
    """No scopes: the files know the broad ones only. And a 400 for reads as well, as Xero's pages have it."""
    operation.pop("security", None)
    if has_400:
        operation["responses"].setdefault("400", {"$ref": "#/components/responses/400Error"})


def _openapi(document: Any) -> OpenAPI:
    # The files as such are not on trial; what they say of properties they do not name is made strict.
    return OpenAPI.from_dict(
        document, config=Config(spec_validator_cls=None, additional_properties_default_policy="forbid")
    )
