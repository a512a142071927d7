"""What a browser brings back from Xero's consent page, read from the query of the address it was sent to."""

from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from adapters.vault.secret import Secret
from adapters.xero.errors import code_from

_OURS: Final = ("state", "code", "error")


class ConsentAnswer(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The parameters that matter; `doubled` if one of them came more than once, which no honest answer has."""

    state: Secret | None
    code: Secret | None
    error: str = ""
    doubled: bool = False


def read_consent_answer(callback_url: Secret) -> ConsentAnswer:
    """Read the address's query; fragments do not count, and what occurs twice counts as missing."""
    # No limit on fields is needed: the server bounds the length of an address.
    found = parse_qs(urlsplit(callback_url.reveal()).query)
    once = {name: values[0] for name, values in found.items() if len(values) == 1}
    return ConsentAnswer(
        state=Secret(once["state"]) if once.get("state") else None,
        code=Secret(once["code"]) if once.get("code") else None,
        error=code_from(once["error"]) if "error" in once else "",
        doubled=any(len(found.get(name, ())) > 1 for name in _OURS),
    )
