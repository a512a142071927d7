"""One connection never keeps all threads of a process, and each that holds none gets one."""

import pytest

from domain.thread_share import may_take, most_of_one


@pytest.mark.parametrize(
    ("held", "taken", "threads", "may"),
    [
        (0, 0, 1, True),
        (0, 0, 16, True),
        (1, 1, 2, False),
        (1, 1, 3, True),
        (2, 2, 3, False),
        (3, 3, 8, True),
        (4, 4, 8, False),
        (1, 4, 8, False),
        (0, 4, 8, True),
        (0, 7, 8, True),
        (1, 7, 8, False),
    ],
)
def test_a_first_thread_is_always_given_and_further_ones_out_of_one_half(
    held: int, taken: int, threads: int, may: bool
) -> None:
    assert may_take(held, taken, threads) is may


@pytest.mark.parametrize(("threads", "most"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (16, 8)])
def test_one_that_takes_all_it_can_leaves_threads_to_others(threads: int, most: int) -> None:
    held = 0
    while may_take(held, held, threads):
        held += 1
    assert held == most_of_one(threads) == most
