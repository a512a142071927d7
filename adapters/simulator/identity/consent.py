"""The consent page: checks what an app asks for, shows the organisations, and sends the user back with a code."""

import html
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from adapters.simulator.identity import scopes
from adapters.simulator.identity.connections import Connections
from adapters.simulator.identity.tokens import TokenOffice
from adapters.simulator.ledger.books import Books
from adapters.simulator.options import Behaviour

USERS = uuid.UUID("5d0c4a52-58a8-4a3e-9f6e-0d6a5d1f7a10")
DEFAULT_USER = "demo user"
ASKED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "acr_values",
)


class PageRefused(Exception):
    """The app is sent nowhere: the user sees this text on Xero's own error page."""


@dataclass(frozen=True, slots=True)
class Consent:
    """Answers authorization requests of the one registered app."""

    client_id: str
    books: Books
    tokens: TokenOffice
    connections: Connections

    def check(self, asked: Mapping[str, str], redirect_uris: Sequence[str], behaviour: Behaviour) -> None:
        """Refuse what Xero refuses before it shows anything; raises PageRefused with Xero's text."""
        if asked.get("client_id") != self.client_id:
            raise PageRefused("unauthorized_client: Unknown client or client not enabled")
        if asked.get("redirect_uri") not in redirect_uris:
            raise PageRefused("unauthorized_client : Invalid redirect_uri")
        if asked.get("response_type") != "code":
            raise PageRefused("unsupported_response_type")
        # XERO-UNVERIFIED XU-21: a page, not a redirect; and whether a web app may send a challenge.
        if not asked.get("scope", "").split() or scopes.unknown(asked.get("scope", "")):
            raise PageRefused("invalid_scope : Invalid scope for client")
        if asked.get("code_challenge") and not behaviour.accepts_pkce:
            raise PageRefused("invalid_request : code_challenge is not accepted for this client")
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            raise PageRefused("invalid_request : Transform algorithm not supported")

    def allow(self, asked: Mapping[str, str], tenant_ids: Sequence[str], user: str = DEFAULT_USER) -> str:
        """The user agrees for these organisations; returns the redirect with code and state."""
        known = [tenant_id.lower() for tenant_id in tenant_ids]
        for tenant_id in known:
            if self.books.organisation(tenant_id) is None:
                raise PageRefused(f"there is no organisation {tenant_id}")
        if not known:
            raise PageRefused("choose at least one organisation")
        if "bulk_connect:false" in asked.get("acr_values", "").split() and len(known) > 1:
            raise PageRefused("only one organisation can be connected at a time")
        user_id, auth_event_id = str(uuid.uuid5(USERS, user)), str(uuid.uuid4())
        for tenant_id in known:
            self.connections.connect(user_id, tenant_id, auth_event_id)
        code = self.tokens.issue_code(
            asked["redirect_uri"], user_id, auth_event_id, asked["scope"], asked.get("code_challenge") or None
        )
        return _redirect(asked, code=code, scope=asked["scope"])

    def deny(self, asked: Mapping[str, str]) -> str:
        """The user cancels; returns the redirect that says so."""
        return _redirect(asked, error="access_denied", error_description="TenantConsent status DENIED")

    def page(self, asked: Mapping[str, str]) -> bytes:
        """The form a person sees."""
        kept = "".join(_hidden(name, asked[name]) for name in ASKED if name in asked)
        single = "bulk_connect:false" in asked.get("acr_values", "").split()
        choices = "".join(self._choice(tenant_id, single, n == 0) for n, tenant_id in enumerate(self.books.tenants()))
        scope = html.escape(asked.get("scope", ""))
        return (
            "<!doctype html><html lang=en><meta charset=utf-8><title>Simulated Xero: allow access</title>"
            f"<h1>Simulated Xero</h1><p>The app asks for: {scope}</p><form method=post>{kept}"
            f"<fieldset><legend>Organisations</legend>{choices}</fieldset>"
            "<p><button name=decision value=allow>Allow access</button> "
            "<button name=decision value=deny>Cancel</button></p></form></html>"
        ).encode()

    def _choice(self, tenant_id: str, single: bool, checked: bool) -> str:
        name = html.escape(str((self.books.organisation(tenant_id) or {}).get("Name", tenant_id)))
        kind, mark = ("radio" if single else "checkbox"), (" checked" if checked else "")
        return f"<label><input type={kind} name=tenant_id value={html.escape(tenant_id)}{mark}> {name}</label><br>"


def error_page(refused: PageRefused) -> bytes:
    """Xero's error page, reduced to its sentence."""
    return f"<!doctype html><title>Error</title><h1>Error</h1><p>{html.escape(str(refused))}</p>".encode()


def _hidden(name: str, value: str) -> str:
    return f'<input type=hidden name={name} value="{html.escape(value)}">'


def _redirect(asked: Mapping[str, str], **answer: str) -> str:
    if asked.get("state"):
        answer["state"] = asked["state"]
    separator = "&" if "?" in asked["redirect_uri"] else "?"
    return f"{asked['redirect_uri']}{separator}{urlencode(answer)}"
