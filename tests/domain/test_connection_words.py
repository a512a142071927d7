"""A connection's state in words: who ended it and when, which organisations it is about, by their names."""

from datetime import UTC, datetime
from typing import Final

import pytest

from domain.causes import Cause
from domain.connection_words import called, connection_words

A: Final = "3b1f5a0e-9d0c-4a55-8f1e-6f1f0c7f2a10"
B: Final = "5c1a9d04-2f38-4f64-9a0e-7be0c1d2a313"
NAMES: Final = {A: "Harbour & Vine Ltd", B: "Harbour & Vine Catering"}
CHANGED: Final = Cause("organisation_changed", facts={"former": A, "picked": B})
WHEN: Final = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def test_a_connection_is_told_with_what_holds_it_back() -> None:
    assert connection_words("active", [], None) == "Connected; invoices are sent."
    assert "nothing is sent: A Kyrios tax set has no" in connection_words(
        "active", [Cause("tax_mapping_incomplete")], None
    )
    assert "Set-up is not finished." in connection_words("setup_incomplete", [Cause("setup_incomplete")], None)
    for reason in ("user", "inactivity", "removed_in_xero", None):
        assert connection_words("disconnected", [], reason).endswith("Your choices are kept; reconnect to continue.")
    for state in ("not_connected", "choosing", "authorisation_lost", "other_organisation"):
        assert connection_words(state, [Cause("organisation_changed")], None) not in (
            "",
            connection_words("active", [], None),
        )


@pytest.mark.parametrize(
    ("state", "reason", "cause", "begins"),
    [
        ("disconnected", "user", Cause("not_connected"), "Disconnected on 2026-11-22 by you. Your choices are kept; "),
        ("disconnected", "removed_in_xero", Cause("removed_in_xero"), "Disconnected on 2026-11-22 inside Xero. Your "),
        (
            "disconnected",
            "inactivity",
            Cause("inactivity", facts={"days": "45"}),
            "Disconnected on 2026-11-22 after 45 quiet days. Your choices are kept; ",
        ),
        (
            "authorisation_lost",
            "authorisation_lost",
            Cause("authorisation_lost"),
            "Disconnected on 2026-11-22: Xero no longer accepts our permission. Reconnect Xero. What waits for that ",
        ),
    ],
)
def test_what_ended_is_told_with_its_day_and_by_whom(state: str, reason: str, cause: Cause, begins: str) -> None:
    said = connection_words(state, [cause], reason, ended_at=WHEN, used=A)
    assert said.startswith(begins)
    assert said.endswith("Your choices are kept; reconnect to continue.")


def test_another_organisation_is_named_beside_the_one_used_so_far() -> None:
    assert connection_words("other_organisation", [CHANGED], None, used=A, names=NAMES) == (
        f"You picked Harbour & Vine Catering ({B}); so far this account used Harbour & Vine Ltd ({A}). "
        f"Go back, or start afresh with Harbour & Vine Catering ({B})."
    )
    unread = connection_words("other_organisation", [CHANGED], None, used=A)
    assert unread.startswith(f"You picked organisation {B}; so far this account used organisation {A}.")


def test_choosing_says_whether_there_is_an_organisation_to_go_back_to() -> None:
    first = connection_words("choosing", [Cause("setup_incomplete")], None)
    assert first == "Xero agreed. Pick the organisation whose books these are."
    again = connection_words("choosing", [Cause("setup_incomplete")], None, used=A, names=NAMES)
    assert (
        f"not confirmed that this is for Harbour & Vine Ltd ({A}), used so far. Nothing is sent, nor removed" in again
    )
    refused = connection_words("choosing", [Cause("organisation_in_use")], None, used=A, names=NAMES)
    assert refused.startswith("Xero agreed, but nothing is sent. This organisation belongs to another Kyrios account.")


def test_an_organisation_without_a_name_goes_by_its_id() -> None:
    assert (called(A, NAMES), called(A, {}), called(A, {A: ""})) == (
        f"Harbour & Vine Ltd ({A})",
        f"organisation {A}",
        f"organisation {A}",
    )
