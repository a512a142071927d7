"""OAuth with Xero: asking for consent, the exchange of the code, refreshing, revoking. Keeps nothing.

Authorization code with PKCE S256 and a single-use state (RFC 9700; Xero's pages on the authorization code flow).
"""

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx
import msgspec
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from adapters.vault.secret import Secret
from adapters.xero.consent_answer import read_consent_answer
from adapters.xero.errors import AuthorisationLost, ClientRefused, ConsentFailed, OutcomeUnclear, XeroError, code_from
from adapters.xero.token_answer import TokenAnswer, read_token_answer
from adapters.xero.token_endpoint import ClientCredentials, TokenEndpoint
from adapters.xero.wire import Limits

_OUR_FAULT: Final = frozenset({"invalid_client", "unauthorized_client"})
_PASSING: Final = frozenset({"server_error", "temporarily_unavailable"})


class OAuthApp(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Our app as registered with Xero. `redirect_uri` has to match the registered one exactly.

    XERO-UNVERIFIED XU-21: that Xero takes PKCE from an app that also has a secret; `pkce` turns it off.
    """

    client_id: str
    client_secret: Secret
    redirect_uri: str
    scopes: tuple[str, ...]
    login_url: str = "https://login.xero.com"
    identity_url: str = "https://identity.xero.com"
    pkce: bool = True


class ConsentRequest(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Where to send the browser, and what has to be remembered until it comes back; no verifier without PKCE."""

    url: Secret
    state: Secret
    verifier: Secret | None


class _Core(OAuth2Client):
    client_auth_class = ClientCredentials


class XeroOAuth:
    """Talks to Xero's login and identity servers. Safe to share between threads: no token is kept."""

    def __init__(self, http: httpx.Client, app: OAuthApp, limits: Limits | None = None) -> None:
        self._app = app
        self._endpoint = TokenEndpoint(http, limits or Limits(deadline=30.0))

    @property
    def scopes(self) -> tuple[str, ...]:
        """What our app is set up to ask for."""
        return self._app.scopes

    def ask_for_consent(self, scopes: Sequence[str] | None = None) -> ConsentRequest:
        """Make the address of Xero's consent page, with a fresh state and verifier of 256 bits. No request is sent.

        It asks for `scopes`, or for all that our app is set up to ask for.
        """
        state = secrets.token_urlsafe(32)
        verifier = secrets.token_urlsafe(48) if self._app.pkce else None
        url, _ = self._core().create_authorization_url(
            f"{self._app.login_url.rstrip('/')}/identity/connect/authorize",
            state=state,
            code_verifier=verifier,
            scope=" ".join(self._app.scopes if scopes is None else scopes),
        )
        return ConsentRequest(url=Secret(url), state=Secret(state), verifier=Secret(verifier) if verifier else None)

    def exchange(
        self, callback_url: Secret, *, state: Secret, verifier: Secret | None, redirect_uri: str | None = None
    ) -> TokenAnswer:
        """Exchange the code in `callback_url` for tokens, if its state is the one remembered; else ConsentFailed."""
        came = read_consent_answer(callback_url)
        if came.error:
            raise ConsentFailed(came.error)
        # Not left to the library, which compares the state only where it is handed one.
        if came.state is None or not hmac.compare_digest(came.state.reveal().encode(), state.reveal().encode()):
            raise ConsentFailed("state_mismatch")
        if came.code is None:
            raise ConsentFailed("code_missing")
        proof = {"code_verifier": verifier.reveal()} if verifier is not None else {}
        code = came.code.reveal()
        return self._tokens(
            lambda core: core.fetch_token(
                self._token_url,
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect_uri or self._app.redirect_uri,
                **proof,
            ),
            refused=ConsentFailed,
        )

    def refresh(self, refresh_token: Secret) -> TokenAnswer:
        """Trade a refresh token for a new pair; AuthorisationLost if Xero does not know it any more."""
        return self._tokens(
            lambda core: core.refresh_token(self._token_url, refresh_token=refresh_token.reveal()),
            refused=AuthorisationLost,
        )

    def revoke(self, refresh_token: Secret) -> None:
        """Revoke a refresh token. This removes every connection of that Xero user to our app.

        XERO-UNVERIFIED XU-28: that revocation reaches all organisations of the user.
        """
        url = f"{self._app.identity_url.rstrip('/')}/connect/revocation"
        response = self._core().revoke_token(url, token=refresh_token.reveal())  # type: ignore[no-untyped-call]
        if response.status_code != 200:
            raise ClientRefused(f"http_{response.status_code}", status=response.status_code)

    @property
    def _token_url(self) -> str:
        return f"{self._app.identity_url.rstrip('/')}/connect/token"

    def _core(self) -> OAuth2Client:
        """One per use: the library's client remembers the last token."""
        return _Core(
            self._endpoint,
            client_id=self._app.client_id,
            client_secret=self._app.client_secret.reveal(),
            redirect_uri=self._app.redirect_uri,
            code_challenge_method="S256",
        )

    def _tokens(self, ask: Callable[[OAuth2Client], Mapping[str, Any]], refused: type[XeroError]) -> TokenAnswer:
        trouble: XeroError = OutcomeUnclear("unreadable")
        try:
            answer = read_token_answer(ask(self._core()))
            if answer is not None:
                return answer
            if refused is ConsentFailed:
                trouble = ConsentFailed("no_refresh_token")
        except OAuth2Error as error:
            trouble = _refusal(code_from(error.error), refused)
        except (ValueError, TypeError, httpx.HTTPStatusError):
            pass
        # Raised out here: the library's errors hold descriptions and requests that nobody should see.
        raise trouble


def _refusal(code: str, refused: type[XeroError]) -> XeroError:
    """What an OAuth error code means. Only `invalid_grant` may cost a connection; no other one proves it dead."""
    if code in _PASSING:
        return OutcomeUnclear("server_error", status=400)
    if code == "invalid_grant" or (refused is ConsentFailed and code not in _OUR_FAULT):
        return refused(code, status=400)
    return ClientRefused(code, status=400)
