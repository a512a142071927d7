"""The access token of a consent that was just given, for the questions asked before the consent is recorded."""

from uuid import UUID

from adapters.vault.secret import Secret
from adapters.xero.errors import NoToken
from adapters.xero.tokens import AccessToken


class TokenInHand:
    """Supplies this one token and never another: the tokens are kept with the record of the consent, or not at all."""

    def __init__(self, secret: Secret) -> None:
        self._token = AccessToken(secret, 1)

    def access_token(self, grant_id: UUID) -> AccessToken:
        """The token."""
        return self._token

    def force_refresh(self, grant_id: UUID, rejected_version: int) -> AccessToken:
        """Raises NoToken: what is not kept yet must not be rotated, or a death would leave the old tokens behind."""
        raise NoToken("not_kept_yet")
