"""How long a pile of work takes within Xero's limits."""

import pytest

from domain.finishing import Pile, seconds_for


@pytest.mark.parametrize(
    ("invoices", "payments", "calls"), [(0, 0, 0), (1, 0, 1), (50, 0, 1), (51, 0, 2), (50, 1, 2), (120, 60, 5)]
)
def test_up_to_fifty_of_a_kind_share_a_call(invoices: int, payments: int, calls: int) -> None:
    assert Pile(invoices=invoices, payments=payments, at_once=50).calls == calls


def test_a_burst_goes_at_once_and_the_rest_at_the_steady_rate() -> None:
    assert seconds_for(3, burst=3, per_minute=57) == 0
    assert seconds_for(60, burst=3, per_minute=57) == 60
