"""Which handler answers which method and path. To serve more of Xero, add a ``Route`` to a table."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Route(Generic[Handler]):
    """One row: ``pattern`` is a path whose ``{name}`` segments are handed to the handler; matched in any case."""

    method: str
    pattern: str
    handler: Handler
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match(Generic[Handler]):
    """The route that was found and what its named segments hold."""

    route: Route[Handler]
    segments: dict[str, str]


class Router(Generic[Handler]):
    """A table of routes, compiled once."""

    def __init__(self, routes: Sequence[Route[Handler]]) -> None:
        self._rows = [(_expression(route.pattern), route) for route in routes]

    @property
    def routes(self) -> list[Route[Handler]]:
        """The rows of the table."""
        return [route for _, route in self._rows]

    def find(self, method: str, path: str) -> Match[Handler] | None:
        """The first route that fits, or None."""
        for expression, route in self._rows:
            found = expression.fullmatch(path.rstrip("/") or "/")
            if found and route.method == method:
                return Match(route, found.groupdict())
        return None

    def knows(self, path: str) -> bool:
        """True when some method is served under this path."""
        return any(expression.fullmatch(path.rstrip("/") or "/") for expression, _ in self._rows)


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern)), re.IGNORECASE)
