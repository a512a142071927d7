"""Connect: lead the account's owner to Xero's consent page, and take the consent the browser comes back with."""

from collections.abc import Callable
from uuid import UUID

from adapters.vault.grants import Grants
from adapters.vault.oauth_states import OAuthStates
from adapters.vault.secret import Secret
from adapters.xero.answers import XeroConnection
from adapters.xero.oauth import XeroOAuth, state_in
from domain import connection as connections
from domain.event import Actor
from domain.refusals import NotPossible
from services.set_up.ground import Ground
from services.set_up.organisation import ChooseOrganisation


class Connect:
    """The two halves of a consent: before the browser leaves for Xero, and after it came back."""

    def __init__(
        self,
        ground: Ground,
        organisation: ChooseOrganisation,
        oauth: XeroOAuth,
        states: OAuthStates,
        grants: Grants,
        new_id: Callable[[], UUID],
        redirect_uri: str,
    ) -> None:
        self._ground, self._organisation, self._oauth = ground, organisation, oauth
        self._states, self._grants, self._new_id, self._redirect_uri = states, grants, new_id, redirect_uri

    def begin(self, account_id: str) -> str:
        """The link under which the account's owner gives consent at Xero; good for ten minutes and one use."""
        consent = self._oauth.ask_for_consent()
        self._states.put(
            consent.state, account_id=account_id, verifier=consent.verifier, redirect_uri=self._redirect_uri
        )
        return consent.url

    def finish(self, account_id: str, callback_url: Secret, actor: Actor) -> tuple[XeroConnection, ...]:
        """Take the consent Xero sent the browser back with; returns the organisations of this very consent.

        If the organisation used so far is among them, the connection goes on with it at once: the article has
        reconnecting the same organisation resume.
        """
        state = state_in(callback_url)
        pending = self._states.take(state) if state is not None else None
        if state is None or pending is None or pending.account_id != account_id:
            raise NotPossible("this answer from Xero is not one we wait for, or it was used or is over ten minutes old")
        answer = self._oauth.exchange(
            callback_url, state=state, verifier=pending.verifier, redirect_uri=pending.redirect_uri
        )
        grant_id = self._new_id()
        self._grants.store(
            grant_id=grant_id,
            account_id=account_id,
            xero_user_id=answer.xero_user_id,
            tokens=answer.tokens,
            access_life=answer.access_life,
        )
        self._ground.change(
            account_id,
            lambda state, at: connections.connect(
                state,
                account_id,
                grant_id=grant_id,
                scopes=answer.scopes,
                xero_user_id=answer.xero_user_id,
                at=at,
            ),
            actor,
        )
        known = self._ground.connection(account_id)
        listed = self._ground.session_of(known).connections(answer.auth_event_id)
        if same := next((c for c in listed if c.organisation_id == known.organisation_id), None):
            self._organisation.select(known, same, actor)
        return listed
