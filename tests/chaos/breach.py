"""A breach: a promise that was not kept, found by one checker."""

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from tests.chaos.evidence import Evidence

Loss = Literal["lost", "duplicated", "stuck", "wrong"]


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, about what."""

    loss: Loss
    says: str


Checker = Callable[[Evidence], Iterator[Breach]]
"""Yields a breach for everything that is not as promised; nothing, if all is."""


def lost(says: str) -> Breach:
    """Xero or a table lacks something."""
    return Breach(loss="lost", says=says)


def duplicated(says: str) -> Breach:
    """Xero holds something twice."""
    return Breach(loss="duplicated", says=says)


def stuck(says: str) -> Breach:
    """Something has not come to its end."""
    return Breach(loss="stuck", says=says)


def wrong(says: str) -> Breach:
    """Something is not as it should be, or was done as it must not be."""
    return Breach(loss="wrong", says=says)
