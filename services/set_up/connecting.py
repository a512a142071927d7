"""Connect: lead the account's owner to Xero's consent page, and take the consent the browser comes back with.

    invite ──link──► open_link (ticket used, cookie set) ──Xero──► come_back (state used, cookie matches) ──► result

The tokens are kept in the transaction of the event that says who uses them, or not at all: a process may die anywhere.
The account is bound to the state, the state to the browser that opened the link: nobody can finish what another began.
"""

import logging
import secrets
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from adapters.event_store.writes import Writes
from adapters.vault.grants import Grants, NewGrant
from adapters.vault.oauth_states import OAuthStates, PendingConsent
from adapters.vault.secret import Secret
from adapters.xero.answers import XeroConnection
from adapters.xero.consent_answer import ConsentAnswer, read_consent_answer
from adapters.xero.errors import ClientRefused, ConsentFailed, XeroError
from adapters.xero.oauth import XeroOAuth
from adapters.xero.session import XeroSession
from adapters.xero.token_answer import TokenAnswer
from domain import connection as connections
from domain.causes import Cause
from domain.connection import Connection
from domain.event import Actor
from domain.permissions import scopes_to_ask
from domain.refusals import Fault, InvalidInput, OrganisationInUse
from services.dispatch.what_leaves import is_same
from services.intake.fields import ID_FORM, is_identifier
from services.set_up.consent_results import Result, result_of
from services.set_up.ground import Ground
from services.set_up.organisation import of_consent

LOG: Final = logging.getLogger(__name__)
CONNECT_PATH: Final = "/xero/connect"
CALLBACK_PATH: Final = "/xero/callback"
_REFUSED: Final[dict[str, Result]] = {"access_denied": "denied", "invalid_scope": "scope_refused"}


class Invitation(msgspec.Struct, frozen=True, eq=False):
    """A link for the owner's browser, good for ten minutes and one use, and the consent it begins."""

    consent_id: UUID
    ticket: Secret
    link: Secret


class WayToXero(msgspec.Struct, frozen=True, eq=False):
    """Where the browser goes, and the cookie by which it is known when it comes back."""

    url: Secret
    mark: str
    browser: Secret


class Connect:
    """The steps of a consent. `base_url` is our own address as browsers see it, as registered with Xero."""

    def __init__(
        self,
        ground: Ground,
        oauth: XeroOAuth,
        states: OAuthStates,
        grants: Grants,
        session_with: Callable[[Secret, UUID], XeroSession],
        new_id: Callable[[], UUID],
        base_url: str,
    ) -> None:
        self._ground, self._oauth, self._states = ground, oauth, states
        self._grants, self._session_with = grants, session_with
        self._new_id, self._base_url = new_id, base_url

    def invite(self, account_id: str, actor: Actor) -> Invitation:
        """Begin a consent for an account; `actor` is who will have connected it. InvalidInput if the id is none."""
        if not is_identifier(account_id):
            raise InvalidInput(Fault("/account", ID_FORM))
        consent_id, ticket = self._new_id(), Secret(secrets.token_urlsafe(32))
        self._states.invite(ticket, consent_id=consent_id, account_id=account_id, begun_by=actor)
        return Invitation(consent_id, ticket, Secret(f"{self._base_url}{CONNECT_PATH}/{ticket.reveal()}"))

    def open_link(self, ticket: Secret) -> WayToXero | Result:
        """Send the browser that opened the link to Xero; or why it goes nowhere.

        Consent is asked for what the account's settings need, and for nothing else.
        """
        account_id = self._states.account_of(ticket)
        known = self._ground.find(account_id) if account_id is not None else None
        scopes = scopes_to_ask(self._oauth.scopes, known.settings if known else {})
        consent, browser = self._oauth.ask_for_consent(scopes), Secret(secrets.token_urlsafe(32))
        unusable = self._states.depart(
            ticket,
            state=consent.state,
            browser=browser,
            verifier=consent.verifier,
            redirect_uri=f"{self._base_url}{CALLBACK_PATH}",
        )
        return unusable or WayToXero(consent.url, mark_of(consent.state), browser)

    def come_back(self, callback_url: Secret, browser: Secret | None) -> Result:
        """Take the answer the browser brings back, and what it was marked with; never raises what Xero refuses.

        If the organisation used so far is among those of this very consent, the connection goes on with it at once.
        """
        answer = read_consent_answer(callback_url)
        if answer.doubled or answer.state is None:
            return "malformed"
        pending = self._states.take(answer.state, browser)
        if not isinstance(pending, PendingConsent):
            LOG.warning("an answer to a consent was not taken: %s", pending)
            return pending
        result: Result = "failed"
        try:
            result = self._consented(pending, callback_url, answer)
        finally:
            self._states.end(pending.consent_id, result)
        LOG.info("consent %s of account %s: %s", pending.consent_id, pending.account_id, result)
        return result

    def result(self, consent_id: UUID) -> Result | None:
        """What came of a consent; None while the browser may still come back."""
        word = self._states.result(consent_id)
        return None if word is None else result_of(word)

    def _consented(self, pending: PendingConsent, callback_url: Secret, answer: ConsentAnswer) -> Result:
        if answer.error:
            return _REFUSED.get(answer.error, "refused_by_xero")
        if answer.state is None or answer.code is None:
            return "malformed"
        try:
            tokens = self._oauth.exchange(
                callback_url, state=answer.state, verifier=pending.verifier, redirect_uri=pending.redirect_uri
            )
        except XeroError as error:
            LOG.warning("consent %s: the code was not exchanged: %s", pending.consent_id, error)
            return _of_exchange(error)
        # Without it, this consent's organisations could not be told from all others the Xero user ever gave us.
        return self._connected(pending, tokens) if tokens.auth_event_id else "refused_by_xero"

    def _connected(self, pending: PendingConsent, answer: TokenAnswer) -> Result:
        actor = pending.begun_by
        grant = self._grants.seal(
            grant_id=self._new_id(),
            account_id=pending.account_id,
            xero_user_id=answer.xero_user_id,
            tokens=answer.tokens,
            access_life=answer.access_life,
            auth_event_id=answer.auth_event_id,
        )
        before = self._ground.find(grant.account_id)
        used = before.organisation_id if before else None
        session = self._session_with(answer.tokens.access_token, grant.grant_id)
        listed = self._listed(grant, session)
        same = next((one for one in listed if one.organisation_id == used), None)
        replaces = before is not None and before.grant_id is not None
        leaves_behind = before is not None and replaces and self._leaves_behind(before, grant.auth_event_id, session)
        try:
            self._record(grant, answer.scopes, actor, same.connection_id if same else "", leaves_behind)
        except OrganisationInUse as taken:
            self._record(grant, answer.scopes, actor, "", leaves_behind)
            self._ground.withhold(grant.account_id, taken.organisation_id, Cause("organisation_in_use"), actor)
            return "in_use"
        if used is None or not listed:
            return "connected"
        return "resumed" if same else "elsewhere"

    def _record(
        self, grant: NewGrant, scopes: Sequence[str], actor: Actor, reached_by: str, leaves_behind: bool
    ) -> None:
        self._ground.change(
            grant.account_id,
            lambda state, at: connections.connect(
                state,
                grant.account_id,
                grant_id=grant.grant_id,
                scopes=scopes,
                xero_user_id=grant.xero_user_id,
                at=at,
                reached_by=reached_by,
                leaves_behind=leaves_behind,
                offered=self._oauth.scopes,
            ),
            actor,
            Writes(new_grant=grant),
        )

    def _listed(self, grant: NewGrant, session: XeroSession) -> tuple[XeroConnection, ...]:
        """This consent's organisations; none if Xero cannot say now, so that they are chosen later."""
        try:
            return of_consent(session, grant.auth_event_id)
        except XeroError as error:
            LOG.warning("the organisations of account %s are listed later: %s", grant.account_id, error)
            return ()

    def _leaves_behind(self, before: Connection, auth_event_id: str, session: XeroSession) -> bool:
        """Whether Xero lists what the account had before, and this consent did not give; so too if it cannot say.

        That is what its earlier consents gave, and the connection it used, whichever consent that names by now: of one
        Xero user that may be another account's, which was refused these books or has left since.
        """
        former = self._grants.consents_of(before.account_id)
        try:
            return any(
                one.auth_event_id in former or is_same(before.xero_connection_id, one.connection_id)
                for one in session.connections()
                if one.auth_event_id != auth_event_id
            )
        except XeroError as error:
            LOG.warning("what account %s leaves behind is looked for later: %s", before.account_id, error)
            return True


def mark_of(state: Secret) -> str:
    """What the cookie of a consent is named by: several may be under way in one browser."""
    return sha256(b"mark of " + state.reveal().encode()).hexdigest()[:16]


def _of_exchange(error: XeroError) -> Result:
    match error:
        case ConsentFailed():
            return "scope_refused" if error.code == "invalid_scope" else "refused_by_xero"
        case ClientRefused():
            return "client_refused"
    return "xero_unreachable"
