"""The control port: JSON in, JSON out, no authentication, loopback only."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from adapters.simulator.control import editing, ledger_reading, paying, steering, telling, waiting
from adapters.simulator.ledger.documents import NotJson, decode, encode
from adapters.simulator.wire.exchange import Line, Request, Response
from adapters.simulator.wire.routing import Route, Router
from adapters.simulator.world import World

Command: TypeAlias = Callable[[World, Mapping[str, str], Any], Any]
"""Takes the world, the parameters (query and path) and the body; answers JSON, or raises ValueError or LookupError."""


class ControlSurface:
    """The application behind the control port."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._routes = control_routes()

    def __call__(self, request: Request, line: Line) -> None:
        """Answer one request."""
        line.send(self._answer(request))

    def _answer(self, request: Request) -> Response:
        match = self._routes.find(request.method, request.path)
        if match is None:
            return _problem(
                405 if self._routes.knows(request.path) else 404, f"there is no {request.method} {request.path}"
            )
        try:
            body = decode(request.body) if request.body else {}
            return Response(200, encode(match.route.handler(self._world, request.query | match.segments, body)))
        except LookupError as error:
            return _problem(404, str(error.args[0]))
        except NotJson as error:
            return _problem(400, f"the body is not JSON: {error}")
        except (ValueError, msgspec.ValidationError) as error:
            return _problem(400, str(error))
        except Exception as error:  # noqa: BLE001 - whoever steers must read what went wrong, not find a closed line
            return _problem(500, f"the simulator stumbled: {error!r}")


def control_routes() -> Router[Command]:
    """Everything the control port does."""
    return Router[Command](
        [
            Route("GET", "/health", ledger_reading.health),
            Route("GET", "/ledger/invoices", ledger_reading.invoices),
            Route("GET", "/ledger/payments", ledger_reading.payments),
            Route("GET", "/ledger/contacts", ledger_reading.contacts),
            Route("GET", "/ledger/connections", ledger_reading.connections),
            Route("GET", "/ledger/summary", ledger_reading.summary),
            Route("GET", "/ledger/requests", ledger_reading.requests),
            Route("GET", "/ledger/violations", ledger_reading.violations),
            Route("GET", "/ledger/max_in_flight", ledger_reading.max_in_flight),
            Route("GET", "/faults", steering.list_faults),
            Route("POST", "/faults", steering.order_fault),
            Route("DELETE", "/faults", steering.clear_faults),
            Route("POST", "/release", steering.release),
            Route("GET", "/wait", waiting.wait),
            Route("GET", "/clock", steering.read_clock),
            Route("POST", "/clock", steering.set_clock),
            Route("GET", "/options", steering.read_options),
            Route("POST", "/options", steering.change_options),
            Route("POST", "/consent", steering.give_consent),
            Route("POST", "/expire_tokens", steering.expire_tokens),
            Route("GET", "/webhooks", telling.standing),
            Route("POST", "/webhooks", telling.subscribe),
            Route("POST", "/webhooks/replay", telling.replay),
            Route("DELETE", "/organisations/{tenant_id}/connection", editing.disconnect),
            Route("POST", "/organisations/{tenant_id}/payments", paying.pay),
            Route("POST", "/organisations/{tenant_id}/merges", editing.merge),
            Route("POST", "/organisations/{tenant_id}/{kind}", editing.upsert),
        ]
    )


def _problem(status: int, sentence: str) -> Response:
    return Response(status, encode({"error": sentence}))
