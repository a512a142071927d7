"""A secret gives its text to `reveal()` and to nothing else."""

import copy
import json
import pickle
from collections.abc import Callable

import msgspec
import pytest

from adapters.vault.secret import Secret

TEXT = "what nobody may read"


def test_reveal_gives_the_secret() -> None:
    assert Secret(TEXT).reveal() == TEXT


def test_a_secret_in_a_message_is_three_stars() -> None:
    assert repr(Secret(TEXT)) == "***"
    assert repr({"token": [Secret(TEXT)]}) == "{'token': [***]}"


@pytest.mark.parametrize(
    "leak",
    [
        str,
        "{}".format,
        lambda secret: secret == TEXT,
        lambda secret: secret != TEXT,
        lambda secret: secret in [TEXT],
        hash,
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        json.dumps,
        msgspec.json.encode,
        vars,
    ],
)
def test_nothing_else_gives_it(leak: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError) as refused:
        leak(Secret(TEXT))
    assert TEXT not in str(refused.value)


def test_a_secret_does_not_change() -> None:
    with pytest.raises(AttributeError):
        Secret(TEXT)._value = "another"  # type: ignore[method-assign, unused-ignore]
