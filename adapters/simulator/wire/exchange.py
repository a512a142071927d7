"""One HTTP exchange as plain values, and the line it came in on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived: ``headers`` and ``query`` have lower-case names, ``target`` is path and query as sent."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def path(self) -> str:
        """The decoded path, without the query."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """Query parameters by lower-case name (Xero reads them case-insensitively); the last of a name wins."""
        pairs = parse_qsl(urlsplit(self.target).query, keep_blank_values=True)
        return {name.lower(): value for name, value in pairs}

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form body; empty when the body is no text."""
        try:
            return dict(parse_qsl(self.body.decode("utf-8"), keep_blank_values=True))
        except UnicodeDecodeError:
            return {}


@dataclass(frozen=True, slots=True)
class Response:
    """What will be answered."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()

    def with_headers(self, *headers: tuple[str, str]) -> "Response":
        """The same answer with further headers."""
        return replace(self, headers=self.headers + headers)


class Line(Protocol):
    """The connection a request came in on: the ways an exchange can end."""

    def send(self, response: Response) -> None:
        """Answer completely."""

    def send_cut(self, response: Response) -> None:
        """Announce the whole body, send half of it, hang up."""

    def hang_up(self) -> None:
        """Close without an answer."""

    def reset(self) -> None:
        """Break the connection with a TCP reset."""

    def abandoned(self) -> bool:
        """True once the caller has closed its side."""


class Application(Protocol):
    """Answers requests; it must end every exchange on the line exactly once."""

    def __call__(self, request: Request, line: Line) -> None:
        """Handle one request."""
