"""What is sealed opens only whole, only in its place, and only with its key."""

from collections import Counter

import pytest

from adapters.vault.envelope import header_of, key_id_of, place
from adapters.vault.errors import NotOpened, UnknownKey
from adapters.vault.keyring import Keyring

ONE, TWO = bytes(range(32)), bytes(range(32, 64))
HERE = place("acme", "app.xero_grant", "row-1", 1)
TEXT = b"a refresh token"


def test_what_was_sealed_opens_again() -> None:
    keyring = Keyring({"k1": ONE})
    assert keyring.open(keyring.seal(TEXT, HERE), HERE) == TEXT


def test_the_first_key_seals_and_every_key_opens() -> None:
    old = Keyring({"k1": ONE}).seal(TEXT, HERE)
    both = Keyring({"k2": TWO, "k1": ONE})
    assert key_id_of(both.seal(TEXT, HERE)) == "k2"
    assert both.open(old, HERE) == TEXT


def test_a_key_that_is_missing_is_named() -> None:
    sealed = Keyring({"2026-07": ONE}).seal(TEXT, HERE)
    with pytest.raises(UnknownKey, match="'2026-07'") as refusal:
        Keyring({"2026-10": TWO}).open(sealed, HERE)
    assert refusal.value.key_id == "2026-07"


def test_a_wrong_key_under_the_right_name_does_not_open() -> None:
    sealed = Keyring({"k1": ONE}).seal(TEXT, HERE)
    with pytest.raises(NotOpened):
        Keyring({"k1": TWO}).open(sealed, HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        place("other", "app.xero_grant", "row-1", 1),
        place("acme", "app.account_key", "row-1", 1),
        place("acme", "app.xero_grant", "row-2", 1),
        place("acme", "app.xero_grant", "row-1", 2),
    ],
)
def test_a_value_moved_to_another_place_does_not_open(elsewhere: bytes) -> None:
    keyring = Keyring({"k1": ONE})
    with pytest.raises(NotOpened):
        keyring.open(keyring.seal(TEXT, HERE), elsewhere)


def test_two_places_never_read_the_same() -> None:
    assert place("a", "bc", "d", 1) != place("ab", "c", "d", 1)
    assert place("a", "b", "c1", 1) != place("a", "b", "c", 11)


def test_no_byte_can_be_changed_unnoticed() -> None:
    keyring = Keyring({"k1": ONE, "k2": TWO})
    sealed = keyring.seal(TEXT, HERE)
    for at in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[at] ^= 1 << bit
            with pytest.raises((NotOpened, UnknownKey)):
                keyring.open(bytes(changed), HERE)


@pytest.mark.parametrize("length", range(33))
def test_a_value_cut_short_does_not_open(length: int) -> None:
    keyring = Keyring({"k1": ONE})
    with pytest.raises(NotOpened):
        keyring.open(keyring.seal(b"", HERE)[: min(length, 31)], HERE)


def test_sealing_twice_gives_different_bytes() -> None:
    keyring = Keyring({"k1": ONE})
    assert max(Counter(keyring.seal(TEXT, HERE) for _ in range(1000)).values()) == 1


def test_a_header_tells_one_key_from_another_even_if_one_name_begins_the_other() -> None:
    sealed = {name: Keyring({name: ONE}).seal(TEXT, HERE) for name in ("k1", "k10", "k")}
    for name in sealed:
        assert [other for other, value in sealed.items() if value.startswith(header_of(name))] == [name]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({}, "at least one key"),
        ({"k1": ONE[:16]}, "'k1' has 16 bytes; it must have 32"),
        ({"": ONE}, "1 to 32 printable ASCII"),
        ({"x" * 33: ONE}, "1 to 32 printable ASCII"),
        ({"schlüssel": ONE}, "1 to 32 printable ASCII"),
    ],
)
def test_a_keyring_that_cannot_work_is_refused_in_one_sentence(keys: dict[str, bytes], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Keyring(keys)


def test_a_keyring_shows_names_and_never_keys() -> None:
    assert repr(Keyring({"k1": ONE, "k2": TWO})) == "Keyring(k1, k2)"
