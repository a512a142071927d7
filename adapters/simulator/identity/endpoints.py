"""The HTTP side of identity: authorize, token, revocation, connections."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote_plus

from adapters.simulator import errors
from adapters.simulator.identity.connections import Connections
from adapters.simulator.identity.consent import Consent, PageRefused, error_page
from adapters.simulator.identity.tokens import Bearer, TokenOffice
from adapters.simulator.ledger.documents import Document, encode
from adapters.simulator.options import Behaviour
from adapters.simulator.wire.exchange import HTML, Request, Response

NO_STORE = (("Cache-Control", "no-store"),)


@dataclass(frozen=True, slots=True)
class Identity:
    """Xero's login and identity hosts for one registered app."""

    client_id: str
    client_secret: str
    consent: Consent
    tokens: TokenOffice
    connections: Connections

    def authorize(self, request: Request, redirect_uris: Sequence[str], behaviour: Behaviour) -> Response:
        """GET shows the form, POST is the form's answer."""
        form = request.form if request.method == "POST" else request.query
        try:
            self.consent.check(form, redirect_uris, behaviour)
            if request.method == "GET":
                return Response(200, self.consent.page(form), HTML)
            return Response(302, b"", HTML, (("Location", self._decided(request)),))
        except PageRefused as refused:
            return Response(400, error_page(refused), HTML)

    def _decided(self, request: Request) -> str:
        form = request.form
        if form.get("decision") != "allow":
            return self.consent.deny(form)
        return self.consent.allow(form, parse_qs(request.body.decode()).get("tenant_id", []))

    def token(self, request: Request, behaviour: Behaviour) -> Response:
        """Code exchange and refresh."""
        form = request.form
        if not self._is_client(request):
            return _error("invalid_client")
        if form.get("grant_type") == "authorization_code":
            return self._exchange_code(form)
        if form.get("grant_type") == "refresh_token":
            answer = self.tokens.refresh(form.get("refresh_token", ""), behaviour.last_refresh_wins)
            return _error("invalid_grant") if answer is None else Response(200, encode(answer), headers=NO_STORE)
        return _error("unsupported_grant_type")

    def revoke(self, request: Request, behaviour: Behaviour) -> Response:
        """Revocation by refresh token: ends the user's tokens and connections; an unknown token is no error."""
        if not self._is_client(request):
            return _error("invalid_client")
        user_id = self.tokens.user_of_refresh_token(request.form.get("token", ""))
        if user_id is not None:
            self.tokens.forget_user(user_id)
            # XERO-UNVERIFIED XU-28: revocation removes the connections of all of the user's organisations.
            if behaviour.revocation_hits_all_tenants:
                self.connections.remove_user(user_id)
        return Response(200)

    def on_connections(self, request: Request, bearer: Bearer) -> Response:
        """GET lists the user's connections as a bare array (``authEventId``: of one consent); DELETE ends one.

        An unknown connection is 404; an organisation's id is 403 (XERO-UNVERIFIED XU-28).
        """
        segments = request.path.strip("/").split("/")
        if request.method == "GET" and len(segments) == 1:
            event = request.query.get("autheventid") or None
            return Response(200, encode(self.connections.of_user(bearer.user_id, event)))
        if request.method != "DELETE" or len(segments) != 2:
            return errors.not_found()
        if self.connections.remove(bearer.user_id, segments[1]):
            return Response(204)
        is_tenant = self.connections.reaches(bearer.user_id, segments[1].lower())
        return errors.denied(403, "Forbidden") if is_tenant else errors.not_found()

    def _exchange_code(self, form: Document) -> Response:
        code = self.tokens.redeem_code(form.get("code", ""))
        if code is None or code.redirect_uri != form.get("redirect_uri"):
            return _error("invalid_grant")
        if code.challenge is not None and not _answers(code.challenge, form.get("code_verifier", "")):
            return _error("invalid_grant", "Invalid code_verifier")
        return Response(200, encode(self.tokens.issue(code.user_id, code.auth_event_id)), headers=NO_STORE)

    def _is_client(self, request: Request) -> bool:
        client_id, client_secret = _basic(request.headers.get("authorization", "")) or (
            request.form.get("client_id", ""),
            request.form.get("client_secret", ""),
        )
        right_id = hmac.compare_digest(client_id.encode(), self.client_id.encode())
        return right_id and hmac.compare_digest(client_secret.encode(), self.client_secret.encode())


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, client_secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ("", "")
    return unquote_plus(client_id), unquote_plus(client_secret)


def _answers(challenge: str, verifier: str) -> bool:
    """RFC 7636: the verifier has 43 to 128 characters and hashes to the challenge."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return 43 <= len(verifier) <= 128 and hmac.compare_digest(digest, challenge.encode())


def _error(code: str, description: str | None = None) -> Response:
    body = {"error": code} | ({"error_description": description} if description else {})
    return Response(400, encode(body), headers=NO_STORE)
