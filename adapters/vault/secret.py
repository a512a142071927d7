"""A value that must not leak by accident.

Printing, formatting, pickling, comparing or encoding one gives nothing away: the only way to its content is `reveal()`,
which is easy to find in a review.
"""

from typing import NoReturn

MASK = "***"


class Secret:
    """A secret text. It shows itself as `***` and refuses whatever would copy it somewhere unnoticed."""

    __slots__ = ("_value",)

    _value: str

    def __init__(self, value: str) -> None:
        object.__setattr__(self, "_value", value)

    def reveal(self) -> str:
        """The secret itself; for the one line that sends or uses it."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> NoReturn:
        raise TypeError("a secret has no text: use reveal() where it is needed")

    def __format__(self, format_spec: str) -> NoReturn:
        raise TypeError("a secret cannot be formatted: use reveal() where it is needed")

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("secrets are not compared: use hmac.compare_digest on what reveal() gives")

    def __hash__(self) -> NoReturn:
        raise TypeError("a secret is no key")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a secret does not change")
