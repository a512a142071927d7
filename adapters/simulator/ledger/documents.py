"""JSON as the ledger and the API write it: amounts are exact decimals in both directions, never floats."""

from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

Document: TypeAlias = dict[str, Any]
"""A Xero object: JSON with Decimal for every number that has a fraction."""

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class NotJson(ValueError):
    """The text is not JSON; the message says where it stops being it."""


def decode(text: bytes) -> Any:
    """Read JSON; raises NotJson."""
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise NotJson(str(error)) from None


def encode(value: Any) -> bytes:
    """Write JSON; a Decimal becomes a number with exactly its digits (quantised before, so without exponent)."""
    return _encoder.encode(value)
