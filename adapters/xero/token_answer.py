"""What Xero's token endpoint hands out, and the three facts about a consent that only the access token states."""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from adapters.vault.grants import Tokens
from adapters.vault.secret import Secret
from adapters.xero import fields

_USUAL_LIFE: Final = 1800
_LONGEST_LIFE: Final = 86_400


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """New tokens; `access_life` is how long the access token lives from now. Unstated facts are empty."""

    tokens: Tokens
    access_life: timedelta
    scopes: tuple[str, ...]
    auth_event_id: str
    xero_user_id: str


def read_token_answer(found: Mapping[str, object]) -> TokenAnswer | None:
    """Read a token endpoint's JSON; None if it lacks one of the two tokens."""
    access, refresh = found.get("access_token"), found.get("refresh_token")
    if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh):
        return None
    claims = _claims(access)
    return TokenAnswer(
        tokens=Tokens(Secret(access), Secret(refresh)),
        access_life=_life(found.get("expires_in")),
        scopes=_scopes(found.get("scope")) or _scopes(claims.get("scope")),
        auth_event_id=fields.text(claims, "authentication_event_id"),
        xero_user_id=fields.text(claims, "xero_userid"),
    )


def _life(stated: object) -> timedelta:
    seconds = fields.number(stated)
    known = seconds is not None and 0 <= seconds <= _LONGEST_LIFE
    return timedelta(seconds=float(seconds) if known and seconds is not None else _USUAL_LIFE)


def _scopes(stated: object) -> tuple[str, ...]:
    if isinstance(stated, str):
        return tuple(stated.split())
    return tuple(scope for scope in stated if isinstance(scope, str)) if isinstance(stated, list) else ()


def _claims(token: str) -> fields.Json:
    """The claims of a token that came straight from Xero; they are facts to keep, never a permission."""
    parts = token.split(".")
    try:
        read = msgspec.json.decode(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, binascii.Error, ValueError, msgspec.MsgspecError):
        return {}
    return read if isinstance(read, dict) else {}
