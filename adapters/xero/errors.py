"""What can go wrong with Xero, sorted by what it means for what was sent.

XeroError
├── NotSent               nothing reached Xero: name not found, no connection, no TLS
│   ├── NoToken           no access token could be had just now
│   └── Resting           not tried: Xero failed us just now, and is let rest
├── OutcomeUnclear        it may have taken effect: timeout, reset, cut or unreadable answer, 5xx
├── RateLimited           429: not processed, and no failure of ours
├── BatchRefused          the whole request refused by a complete 4xx; whether parts were saved is not known
├── NotFound              404
├── Unauthorised          the access token was refused
├── PermissionMissing     the consent lacks a scope
├── NotConnected          the organisation is not, or no longer, connected
├── AuthorisationLost     the refresh token is dead, or the tokens were destroyed: only a new consent helps
├── ConsentFailed         coming back from Xero's consent page failed
└── ClientRefused         Xero does not accept our own client id or secret

An error carries codes and Xero's correlation id. It never holds a body, a header, a token or an address; Xero's words
are in `BatchRefused.words` and `faults` alone, which no str or repr shows.
"""

import re
from typing import Final, Literal

from adapters.xero.answers import NO_RATES, RateHeaders

LimitKind = Literal["minute", "day", "concurrent", "app"]
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_ANY_REASON: Final = 400


def code_from(text: object) -> str:
    """A code as Xero gave it, or "other" if it is anything but a code: codes are printed, texts are not."""
    return text if isinstance(text, str) and _CODE.fullmatch(text) else "other"


class XeroError(Exception):
    """A call to Xero failed. `code` says how within its class; `status` is the HTTP status, if there was one."""

    def __init__(
        self, code: str = "", *, status: int | None = None, correlation_id: str = "", rates: RateHeaders = NO_RATES
    ) -> None:
        self.code, self.status, self.correlation_id, self.rates = code, status, correlation_id, rates
        facts = (code, f"status {status}" if status else "", f"Xero's id {correlation_id}" if correlation_id else "")
        super().__init__(", ".join(fact for fact in facts if fact))


class NotSent(XeroError):
    """Certainly without effect: the request never went out."""

    @property
    def reason(self) -> str:
        """Why: `connect`, `connect_timeout`, `pool_timeout`, `proxy`, `address`."""
        return self.code


class NoToken(NotSent):
    """No access token could be had now; trying again after `retry_after` seconds, or soon if None, can succeed."""

    def __init__(self, code: str, *, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.retry_after = retry_after

    @property
    def identity_is_away(self) -> bool:
        """Whether Xero's identity server failed us; not that another is refreshing, or that we ask it too often."""
        return self.code in ("identity_unreachable", "refresh_unclear")


class Resting(NotSent):
    """Nothing was tried, since Xero failed us before; trying again after `retry_after` seconds can succeed."""

    def __init__(self, code: str, *, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.retry_after = retry_after


class OutcomeUnclear(XeroError):
    """The request may have taken effect, and may still. Search Xero before sending again."""

    def __init__(
        self,
        code: str,
        *,
        status: int | None = None,
        correlation_id: str = "",
        rates: RateHeaders = NO_RATES,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(code, status=status, correlation_id=correlation_id, rates=rates)
        self.retry_after = retry_after

    @property
    def reason(self) -> str:
        """How: `timeout`, `deadline`, `reset`, `cut`, `too_large`, `unreadable`, `server_error`, `redirect`.

        `organisation_offline` is a server error that Xero says is about this organisation alone.
        """
        return self.code


class RateLimited(XeroError):
    """Xero asks us to wait; `retry_after` in seconds, None where Xero did not say."""

    def __init__(
        self,
        kind: LimitKind,
        *,
        retry_after: float | None,
        status: int | None = 429,
        correlation_id: str = "",
        rates: RateHeaders = NO_RATES,
    ) -> None:
        super().__init__(kind, status=status, correlation_id=correlation_id, rates=rates)
        self.kind: LimitKind = kind
        self.retry_after = retry_after


class BatchRefused(XeroError):
    """The request as a whole was refused. `faults` is what Xero says of elements of it; a bare refusal has none.

    XERO-UNVERIFIED XU-01: whether valid elements of a refused batch were saved; so search before splitting.
    """

    def __init__(
        self,
        type_: str,
        *,
        status: int | None = 400,
        correlation_id: str = "",
        rates: RateHeaders = NO_RATES,
        error_number: int | None = None,
        words: str = "",
        faults: tuple[str, ...] = (),
    ) -> None:
        super().__init__(type_, status=status, correlation_id=correlation_id, rates=rates)
        self.type, self.error_number, self.words, self.faults = type_, error_number, words, faults

    @property
    def told_why(self) -> bool:
        """Whether the answer says what is wrong: by faults, or by a status that is about the request, such as 413."""
        return bool(self.faults) or self.status != _ANY_REASON


class NotFound(XeroError):
    """There is no such thing in Xero."""


class Unauthorised(XeroError):
    """The access token was refused; `code` is Xero's word for it, such as TokenExpired."""


class PermissionMissing(XeroError):
    """The consent does not cover this call; the owner has to reconnect and allow all items."""


class NotConnected(XeroError):
    """Xero does not let us at this organisation; the list of connections tells whether it was removed."""


class AuthorisationLost(XeroError):
    """No token can be had for this grant any more; only a new consent helps."""


class ConsentFailed(XeroError):
    """The way back from Xero's consent page failed: `access_denied`, `state_mismatch`, `invalid_grant`, …"""


class ClientRefused(XeroError):
    """Xero refuses our client id or secret; the operator has to correct the settings."""


DEFINITE_NON_EFFECT: Final[tuple[type[XeroError], ...]] = (
    NotSent,
    RateLimited,
    NotFound,
    Unauthorised,
    PermissionMissing,
    NotConnected,
    AuthorisationLost,
    ClientRefused,
)
