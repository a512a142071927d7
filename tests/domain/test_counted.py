"""What is counted is said in its number: nothing, one, several; the same for whatever follows from it."""

import pytest

from domain.counted import count
from domain.next_steps import when


@pytest.mark.parametrize(
    ("number", "entries", "lines"),
    [
        (0, "0 entries go", "0 lines"),
        (1, "1 entry goes", "1 line"),
        (2, "2 entries go", "2 lines"),
        (1234, "1,234 entries go", "1,234 lines"),
    ],
)
def test_a_number_is_followed_by_its_words(number: int, entries: str, lines: str) -> None:
    assert count(number, "entry goes", "entries go") == entries
    assert count(number, "line") == lines


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(1.2, "in about 1 second"), (2, "in about 2 seconds"), (120, "in about 2 minutes"), (7200, "in about 2 hours")],
)
def test_a_wait_is_said_in_its_number(seconds: float, says: str) -> None:
    assert when(seconds) == says
