"""Access tokens: always one that is good for another minute, refreshed by exactly one process at a time.

Xero's refresh tokens rotate, so two refreshes at once can cost the connection. Whoever finds the access token about to
expire claims a lease on the grant, commits, asks Xero, and stores the answer over the version it read; everyone else
waits for that version to move, though not for long: who refreshes may be dead, and whoever waits keeps a thread from
others. No lock is held while Xero is asked. If the answer is lost, the lease runs out and the same refresh token is
tried again: Xero accepts the previous one for 30 minutes (Xero's page on token types).
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import msgspec

from adapters.vault.errors import GrantMissing
from adapters.vault.grants import Grant, Grants
from adapters.vault.secret import Secret
from adapters.xero.errors import AuthorisationLost, ClientRefused, NoToken, NotSent, OutcomeUnclear, RateLimited
from adapters.xero.oauth import XeroOAuth
from adapters.xero.token_answer import TokenAnswer

MARGIN: Final = timedelta(seconds=60)
LEASE: Final = timedelta(seconds=45)
STILL_GOOD: Final = timedelta(seconds=10)
"""What an access token must have left to do while another process refreshes it."""
PATIENCE: Final = 2.0
"""Seconds to wait for another's refresh: most take less than one, and what takes longer may take its whole lease."""
_LOOK_AGAIN: Final = 0.1


class AccessToken(msgspec.Struct, frozen=True, eq=False):
    """An access token, and the version of the grant's tokens it belongs to."""

    secret: Secret
    version: int


class AccessTokens(Protocol):
    """What a session needs: an access token, and another one if Xero refuses it. Both may raise NoToken."""

    def access_token(self, grant_id: UUID) -> AccessToken:
        """A token to call Xero with."""

    def force_refresh(self, grant_id: UUID, rejected_version: int) -> AccessToken:
        """A token other than the one of `rejected_version`."""


class TokenSource:
    """Supplies access tokens. `lease` must outlast one refresh; another's is waited for with `patience`, in seconds.

    `wait` pauses for so many seconds. Once `stopping` is set nobody waits for another's refresh any more; one that is
    under way is finished and stored.

    Raises NoToken where trying later can succeed, AuthorisationLost where only a new consent helps, ClientRefused
    where our own settings are wrong. Nothing is kept between calls.
    """

    def __init__(
        self,
        grants: Grants,
        oauth: XeroOAuth,
        *,
        lease: timedelta = LEASE,
        patience: float = PATIENCE,
        stopping: threading.Event | None = None,
        wait: Callable[[float], object] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._grants, self._oauth, self._lease, self._patience = grants, oauth, lease, patience
        self._stopping = stopping or threading.Event()
        self._wait, self._monotonic = wait or self._stopping.wait, monotonic

    def access_token(self, grant_id: UUID) -> AccessToken:
        """A token good for at least another minute; seconds, while somebody else is refreshing it."""
        grant = self._read(grant_id)
        if grant.access_life > MARGIN:
            return _of(grant)
        return self._refreshed(grant, still_good=STILL_GOOD)

    def force_refresh(self, grant_id: UUID, rejected_version: int) -> AccessToken:
        """A token other than the one of `rejected_version`, which Xero just refused."""
        grant = self._read(grant_id)
        if grant.token_version != rejected_version:
            return _of(grant)
        return self._refreshed(grant, still_good=None)

    def _refreshed(self, grant: Grant, still_good: timedelta | None) -> AccessToken:
        """Refresh, or wait for whoever does; meanwhile a token that lives for `still_good` will do, if any may."""
        read, end = grant, self._monotonic() + self._patience
        while read.token_version == grant.token_version:
            if read.refused:
                raise AuthorisationLost("invalid_grant", status=400)
            claimed = self._grants.claim_refresh(read.grant_id, read.token_version, self._lease)
            if claimed is not None:
                return self._refresh(read, claimed)
            if still_good is not None and read.access_life > still_good:
                break
            if self._stopping.is_set() or self._monotonic() > end:
                raise NoToken("refresh_elsewhere")
            self._wait(_LOOK_AGAIN)
            read = self._read(grant.grant_id)
        return _of(read)

    def _refresh(self, grant: Grant, claimed_until: datetime) -> AccessToken:
        answer = self._ask(grant, claimed_until)
        if answer is not None and self._grants.store_refreshed(grant, answer.tokens, answer.access_life):
            return AccessToken(answer.tokens.access_token, grant.token_version + 1)
        return _of(self._read(grant.grant_id))

    def _ask(self, grant: Grant, claimed_until: datetime) -> TokenAnswer | None:
        """Xero's answer; None if another process has stored newer tokens meanwhile."""
        try:
            return self._oauth.refresh(grant.tokens.refresh_token)
        except OutcomeUnclear as unclear:
            # The lease stays: Xero may have rotated the token, and a repetition at once would race with that.
            raise NoToken("refresh_unclear", retry_after=self._lease.total_seconds()) from unclear
        except RateLimited as limited:
            self._grants.release(grant.grant_id, claimed_until)
            raise NoToken("refresh_limited", retry_after=limited.retry_after) from limited
        except (NotSent, ClientRefused) as failed:
            self._grants.release(grant.grant_id, claimed_until)
            raise failed if isinstance(failed, ClientRefused) else NoToken("identity_unreachable") from failed
        except AuthorisationLost:
            return self._second_chance(grant, claimed_until)

    def _second_chance(self, grant: Grant, claimed_until: datetime) -> TokenAnswer | None:
        """Before giving up: another process may have refreshed, or the tokens before these may still be accepted.

        XERO-UNVERIFIED XU-20: whether, of two refreshes inside the grace, the earlier one's tokens die.
        """
        if self._read(grant.grant_id).token_version != grant.token_version:
            return None
        try:
            if grant.previous is None:
                raise AuthorisationLost("invalid_grant", status=400)
            return self._oauth.refresh(grant.previous.refresh_token)
        except (OutcomeUnclear, RateLimited, NotSent) as failed:
            raise NoToken("refresh_unclear", retry_after=self._lease.total_seconds()) from failed
        except AuthorisationLost:
            self._grants.refuse(grant)
            raise
        except ClientRefused:
            self._grants.release(grant.grant_id, claimed_until)
            raise

    def _read(self, grant_id: UUID) -> Grant:
        try:
            return self._grants.read(grant_id)
        except GrantMissing:
            raise AuthorisationLost("no_tokens_kept") from None


def _of(grant: Grant) -> AccessToken:
    return AccessToken(grant.tokens.access_token, grant.token_version)
