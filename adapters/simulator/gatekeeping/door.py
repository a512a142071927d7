"""The door of the API port: every request passes here, in Xero's order, and every outcome is written down."""

import contextlib
import traceback
from dataclasses import dataclass, field

from adapters.simulator import errors
from adapters.simulator.accounting.call import Call, Resource
from adapters.simulator.accounting.routes import ROOT, accounting_routes, is_of_xero
from adapters.simulator.clock import moment
from adapters.simulator.faults import harm
from adapters.simulator.faults.script import Fault
from adapters.simulator.gatekeeping.limits import Admission, injected
from adapters.simulator.identity.scopes import allows
from adapters.simulator.identity.tokens import Bearer, Expired
from adapters.simulator.wire.exchange import Line, Request, Response
from adapters.simulator.wire.routing import Router
from adapters.simulator.world import World

AUTHORIZE, TOKEN, REVOCATION, CONNECTIONS = (
    "/identity/connect/authorize",
    "/connect/token",
    "/connect/revocation",
    "/connections",
)


@dataclass(slots=True)
class Visit:
    """One request on its way through."""

    request: Request
    fault: Fault | None
    seq: int
    tenant_id: str
    in_flight: int
    admission: Admission = field(default_factory=lambda: Admission(()))
    counted: bool = False


class Door:
    """The application behind the API port."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._routes: Router[Resource] = accounting_routes()

    def __call__(self, request: Request, line: Line) -> None:
        """Handle one request from arrival to journal.

        Whatever is written down about a call is written before its caller can notice the end of it: nobody reads an
        answer and then finds a journal without it, or a place in flight still taken.
        """
        world, fault = self._world, self._world.faults.take(request)
        tenant_id = request.headers.get("xero-tenant-id", "").lower()
        with contextlib.ExitStack() as slot:
            seq = world.journal.arrived(request, fault.order.kind if fault else None)
            in_flight = world.journal.enter(tenant_id)
            slot.callback(world.journal.leave, tenant_id)
            self._exchange(Visit(request, fault, seq, tenant_id, in_flight), line, slot)

    def _exchange(self, visit: Visit, line: Line, slot: contextlib.ExitStack) -> None:
        """Process and deliver."""
        kind = visit.fault.order.kind if visit.fault else None
        if kind == "reset":
            self._ended(visit, slot, None, None)
            self._fired(visit.fault)
            line.reset()
        elif visit.fault is not None and kind == "late_commit":
            slot.close()  # nobody waits for this call any more
            self._fired(visit.fault, completed=False)
            line.hang_up()
            self._ended(visit, slot, self._guarded(visit).status, None)
            self._completed(visit.fault)
        else:
            self._deliver(visit, line, slot, self._guarded(visit))

    def _deliver(self, visit: Visit, line: Line, slot: contextlib.ExitStack, response: Response) -> None:
        def ending(answered: bool) -> None:
            self._ended(visit, slot, response.status, response.status if answered else None)

        try:
            harm.answer(visit.fault, response, line, lambda: self._fired(visit.fault), ending, self._world.stopping)
        except OSError:  # the caller went away meanwhile
            ending(answered=False)

    def _ended(self, visit: Visit, slot: contextlib.ExitStack, processed: int | None, answered: int | None) -> None:
        slot.close()
        self._world.journal.finished(visit.seq, processed, answered, visit.counted)

    def _guarded(self, visit: Visit) -> Response:
        try:
            return self._process(visit)
        except errors.Refusal as refusal:
            if refusal.rule:
                self._violated(visit, refusal.rule, refusal.detail)
            return refusal.response.with_headers(*visit.admission.headers)
        except Exception:  # noqa: BLE001 - a defect of the simulator must be seen in the ledger, whatever it is
            self._violated(visit, "simulator_defect", traceback.format_exc())
            return errors.internal().with_headers(*visit.admission.headers)

    def _process(self, visit: Visit) -> Response:
        path = visit.request.path.lower().rstrip("/")
        if visit.fault is not None and visit.fault.order.kind in errors.UNAVAILABLE:
            order = visit.fault.order
            return errors.unavailable(errors.UNAVAILABLE[order.kind], order.retry_after)
        if path == CONNECTIONS or path.startswith(CONNECTIONS + "/"):
            return self._connections(visit)
        if path.startswith(ROOT):
            return self._accounting(visit)
        if visit.fault is not None and visit.fault.order.kind.startswith("http_429_"):
            return self._injected(visit.fault, ())
        harm.pause(visit.fault, self._world.stopping)
        return harm.around(visit.fault, lambda: self._identity(visit.request, path))

    def _identity(self, request: Request, path: str) -> Response:
        world, identity = self._world, self._world.identity
        if path == AUTHORIZE and request.method in ("GET", "POST"):
            return identity.authorize(request, world.redirect_uris, world.behaviour)
        if path == TOKEN and request.method == "POST":
            return identity.token(request, world.behaviour)
        if path == REVOCATION and request.method == "POST":
            return identity.revoke(request, world.behaviour)
        return errors.not_found()

    def _connections(self, visit: Visit) -> Response:
        bearer = self._bearer(visit)
        self._admit(visit, None)
        harm.pause(visit.fault, self._world.stopping)
        response = harm.around(visit.fault, lambda: self._world.identity.on_connections(visit.request, bearer))
        return response.with_headers(*visit.admission.headers)

    def _accounting(self, visit: Visit) -> Response:
        world, request = self._world, visit.request
        bearer = self._bearer(visit)
        self._require_tenant(visit, bearer)
        self._admit(visit, visit.tenant_id)
        if "json" not in request.headers.get("accept", "").lower():
            raise errors.Refusal(errors.not_acceptable())
        match = self._routes.find(request.method, request.path)
        if match is None:
            raise errors.Refusal(errors.not_implemented() if is_of_xero(request.path) else errors.not_found())
        if not allows(bearer.scope, match.route.scopes):
            status = world.behaviour.missing_scope_status  # XERO-UNVERIFIED XU-19
            raise errors.Refusal(errors.denied(status, "AuthorizationUnsuccessful"))
        call = Call(
            request=request,
            seq=visit.seq,
            tenant_id=visit.tenant_id,
            segments=match.segments,
            organisation=world.books.organisation(visit.tenant_id) or {},
            books=world.books,
            invoices=world.invoices,
            payments=world.payments,
            contact_origins=world.contact_origins,
            journal=world.journal,
            clock=world.clock,
            behaviour=world.behaviour,
            provider_name=world.options.provider_name,
        )
        response = world.keys.answer(
            request,
            visit.tenant_id,
            world.behaviour,
            pause=lambda: harm.pause(visit.fault, world.stopping),
            act=lambda: harm.around(visit.fault, lambda: self._answered(visit, match.route.handler, call)),
        )
        return response.with_headers(*visit.admission.headers, ("Xero-Correlation-Id", f"{visit.seq:032x}"))

    def _answered(self, visit: Visit, resource: Resource, call: Call) -> Response:
        """A refusal by the resource is an answer like any other: it is cached under the key."""
        try:
            return resource(call)
        except errors.Refusal as refusal:
            if refusal.rule:
                self._violated(visit, refusal.rule, refusal.detail)
            return refusal.response

    def _bearer(self, visit: Visit) -> Bearer:
        scheme, _, token = visit.request.headers.get("authorization", "").partition(" ")
        bearer = self._world.identity.tokens.bearer(token) if scheme.lower() == "bearer" else None
        if visit.fault is not None and visit.fault.order.kind == "token_expired":
            bearer = Expired(self._world.clock.now_ms())
        if isinstance(bearer, Expired):
            ended = moment(bearer.at_ms).strftime("%m/%d/%Y %H:%M:%S")
            raise errors.Refusal(errors.denied(401, f"TokenExpired: token expired at {ended}"))
        if bearer is None:
            # XERO-UNVERIFIED XU-19: a token Xero never issued.
            raise errors.Refusal(errors.denied(401, "AuthenticationUnsuccessful"))
        return bearer

    def _require_tenant(self, visit: Visit, bearer: Bearer) -> None:
        if not visit.tenant_id:
            raise errors.Refusal(errors.denied(403, "AuthenticationUnsuccessful"))
        if not self._world.identity.connections.reaches(bearer.user_id, visit.tenant_id):
            # XERO-UNVERIFIED XU-19: the status when the organisation was disconnected inside Xero.
            raise errors.Refusal(errors.denied(self._world.behaviour.disconnected_status, "AuthenticationUnsuccessful"))

    def _admit(self, visit: Visit, tenant_id: str | None) -> None:
        visit.admission = self._world.limits.admit(tenant_id, visit.in_flight, self._world.behaviour)
        if visit.admission.refusal is not None:
            raise errors.Refusal(visit.admission.refusal, visit.admission.rule, visit.request.target)
        visit.counted = self._world.behaviour.rate_limits
        if visit.fault is not None and visit.fault.order.kind.startswith("http_429_"):
            headers, visit.admission = visit.admission.headers, Admission(())
            raise errors.Refusal(self._injected(visit.fault, headers))

    @staticmethod
    def _injected(fault: Fault, headers: tuple[tuple[str, str], ...]) -> Response:
        return injected(fault.order.kind.removeprefix("http_429_"), fault.order.retry_after, headers)

    def _violated(self, visit: Visit, rule: str, detail: str) -> None:
        self._world.journal.violated(visit.seq, rule, detail, visit.tenant_id or None)

    def _fired(self, fault: Fault | None, completed: bool = True) -> None:
        if fault is not None:
            fault.count(fired=1, completed=int(completed))
            self._world.journal.announce()

    def _completed(self, fault: Fault) -> None:
        fault.count(completed=1)
        self._world.journal.announce()
