"""Xero's error answers, in one place: status, headers and body on the one side, our errors on the other.

Bodies come as JSON in two casings, as text and as HTML; the status decides, the body only refines it. Sources: Xero's
pages on response codes and rate limits, and the shapes reported by users of its SDKs.
"""

import re
from decimal import Decimal
from itertools import chain
from typing import Any, Final

import httpx
import msgspec

from adapters.xero import errors, fields
from adapters.xero.answers import RateHeaders
from adapters.xero.errors import LimitKind, XeroError
from adapters.xero.wire import Reply

_ID: Final = re.compile(r"[A-Za-z0-9_.:|-]{1,80}", re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,6}", re.ASCII)
_OFFLINE: Final = 300.0
_DAY_LIKE: Final = 120.0
_LONGEST_TEXT: Final = 1_000
_MOST_FAULTS: Final = 50


def read_json(body: bytes) -> Any:
    """JSON with every number that has a point or an exponent as Decimal. Raises ValueError for anything else."""
    try:
        return _DECODER.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise ValueError("no JSON") from None


def rates_of(headers: httpx.Headers) -> RateHeaders:
    """What is left of Xero's limits, as far as the answer says so."""
    return RateHeaders(
        min_left=_count(headers, "X-MinLimit-Remaining"),
        day_left=_count(headers, "X-DayLimit-Remaining"),
        app_left=_count(headers, "X-AppMinLimit-Remaining"),
    )


def correlation_of(headers: httpx.Headers) -> str:
    """Xero's id of the exchange, "" if none was given or it is not fit to be printed."""
    found = headers.get("Xero-Correlation-Id", "")
    return found if _ID.fullmatch(found) else ""


def error_of(reply: Reply) -> XeroError:
    """The error a complete answer that is no success stands for."""
    known: dict[str, Any] = {
        "status": reply.status,
        "correlation_id": correlation_of(reply.headers),
        "rates": rates_of(reply.headers),
    }
    if reply.status in (401, 403):
        return _refused_access(reply, known)
    if reply.status == 404:
        return errors.NotFound(**known)
    if reply.status == 429:
        return _limited(reply.headers, known)
    if 400 <= reply.status < 500:
        return _refused_whole(reply, known)
    if reply.status >= 500:
        said = retry_after(reply.headers) or (_OFFLINE if reply.status == 503 else None)
        return errors.OutcomeUnclear(_unavailable(reply), retry_after=said, **known)
    return errors.OutcomeUnclear("redirect", **known)


def retry_after(headers: httpx.Headers) -> float | None:
    """How many seconds the other side asks us to wait, if it says."""
    found = headers.get("Retry-After", "")
    return float(found) if _SECONDS.fullmatch(found) else None


def _refused_access(reply: Reply, known: dict[str, Any]) -> XeroError:
    """XERO-UNVERIFIED XU-19: which of 401 and 403 stands for what; so the word in the body decides first."""
    detail = str(fields.any_case(_object(reply.body), "detail") or "")
    challenge = reply.headers.get("WWW-Authenticate", "")
    if "authorizationunsuccessful" in detail.lower() or "insufficient_scope" in challenge.lower():
        return errors.PermissionMissing("AuthorizationUnsuccessful", **known)
    code = errors.code_from(detail.partition(":")[0].strip())
    return errors.Unauthorised(code, **known) if reply.status == 401 else errors.NotConnected(code, **known)


def _unavailable(reply: Reply) -> str:
    """What is away: this organisation alone, or Xero. The three texts of a 503 are on Xero's page of response codes."""
    if reply.status == 503 and b"organisation is offline" in reply.body[:_LONGEST_TEXT].lower():
        return "organisation_offline"
    return "server_error"


def _limited(headers: httpx.Headers, known: dict[str, Any]) -> XeroError:
    """XERO-UNVERIFIED XU-11: how the limit of the whole app is named."""
    named = headers.get("X-Rate-Limit-Problem", "").lower()
    wait = retry_after(headers)
    words: tuple[LimitKind, ...] = ("app", "day", "concurrent", "minute")
    guess: LimitKind = "day" if wait is not None and wait > _DAY_LIKE else "minute"
    kind = next((word for word in words if word in named), guess)
    return errors.RateLimited(kind, retry_after=wait, **known)


def _refused_whole(reply: Reply, known: dict[str, Any]) -> XeroError:
    """XERO-UNVERIFIED XU-05, XU-27: numbers and texts; the Type is kept, nothing is decided by it here."""
    body = _object(reply.body)
    number = fields.number(fields.any_case(body, "ErrorNumber"))
    type_ = fields.any_case(body, "Type")
    return errors.BatchRefused(
        errors.code_from(type_) if type_ else "",
        error_number=int(number) if number is not None else None,
        words=str(fields.any_case(body, "Message") or ""),
        faults=_faults(body),
        **known,
    )


def _faults(body: object) -> tuple[str, ...]:
    """What is said of elements; without `summarizeErrors=false` Xero answers so, and it may all the same (XU-02)."""
    told = (fields.messages(one, "ValidationErrors") for one in fields.objects(fields.any_case(body, "Elements")))
    return tuple(chain.from_iterable(told))[:_MOST_FAULTS]


def _object(body: bytes) -> object:
    try:
        return read_json(body)
    except ValueError:
        return None


def _count(headers: httpx.Headers, name: str) -> int | None:
    found = headers.get(name, "").strip()
    return int(found) if _SECONDS.fullmatch(found) else None


def _exact(written: str) -> Decimal:
    try:
        return Decimal(written)
    except ArithmeticError:
        raise ValueError("a number beyond all bounds") from None


_DECODER: Final = msgspec.json.Decoder(float_hook=_exact)
