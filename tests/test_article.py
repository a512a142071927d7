"""Every requirement we read in the article is proved by tests that bear its number: @pytest.mark.article("R11")."""

from typing import Final

import pytest

from tests.marks import marked_with

REQUIREMENTS: Final[dict[str, str]] = {
    "R1": "one way for invoices; contacts come in, and one goes out only if an invoice needs it",
    "R2": "invoices made in Kyrios go automatically",
    "R3": "contact data stays aligned; an invoice alters no contact in Xero; merges and archiving are followed",
    "R4": "all contacts, customers and suppliers",
    "R5": "name, e-mail and phone, and nothing else",
    "R6": "new contacts arrive automatically, each change once",
    "R7": "number, lines, tax and payment status are sent, to the cent",
    "R8": "the payment status is that of the moment of the sync",
    "R9": "part payments, each on its date and never more than is due",
    "R10": "what happens in Xero does not come back",
    "R11": "only payment-enabled accounts, no banks; every other one with its reason and fix",
    "R12": "default accounts for lines and payments, and others a line may name",
    "R13": "tax sets of one or several components are mapped to rates that charge the same",
    "R14": "incomplete tax mapping stops syncing; mapping it lets it go",
    "R15": "sixty days without activity are counted, and what counts as activity",
    "R16": "a quiet connection is cut, with exactly one mail; everything else is kept",
    "R17": "reconnecting resumes the queue",
    "R18": "mails with the details of errors, grouped; then retry",
    "R19": "waiting and failed are two things",
    "R20": "the state of every invoice can be seen, with cause and fix",
    "R21": "account mappings are checked again and again; drift is told",
    "R22": "tax mapping cannot be switched off",
    "R23": "the inactivity rule holds while our own engine was down",
    "R24": "rates are as they were mapped; what changed in Xero is held back",
    "R25": "edits and voids after the sync",
    "R26": "invoices from before the start wait, and are released by date or left out",
    "R27": "set-up by steps; nothing is sent before they are complete",
}

NOT_YET: Final[dict[str, str]] = {}
"""Requirements no test proves yet, and why. Whoever builds one marks its tests and takes it off this list."""


@pytest.fixture(scope="module")
def marked() -> dict[str, list[str]]:
    """The tests that bear each number, over the whole suite."""
    return marked_with("article")


def test_every_requirement_has_a_test_or_a_reason_why_not_yet(marked: dict[str, list[str]]) -> None:
    missing = [number for number in REQUIREMENTS if number not in marked and number not in NOT_YET]
    assert not missing, "no test proves: " + "; ".join(f"{number} ({REQUIREMENTS[number]})" for number in missing)


def test_what_is_proved_by_now_is_no_longer_excused(marked: dict[str, list[str]]) -> None:
    assert [number for number in NOT_YET if number in marked] == []


def test_no_test_bears_a_number_that_is_none(marked: dict[str, list[str]]) -> None:
    assert {number: tests for number, tests in marked.items() if number not in REQUIREMENTS} == {}
