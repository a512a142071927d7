"""What users of such integrations complain of: each has tests that show our answer, by @pytest.mark.complaint(1)."""

from typing import Final

from tests.marks import marked_with

COMPLAINTS: Final[dict[str, str]] = {
    "1": "duplicates after a time-out or a restart",
    "2": "contacts of the same name collide",
    "3": "an archived or merged contact stops every invoice",
    "4": "the connection dies unseen",
    "5": "the wrong tax",
    "6": "one cent off",
    "7": "locked periods",
    "8": "paid documents cannot be edited",
    "9": "an account is archived or removed",
    "10": "silent or useless errors",
    "11": "slow backfill, and limits",
    "12": "retries end silently, or are pressed one by one",
    "13": "the payment is in Xero already, or too high",
    "14": "later edits never arrive",
    "15": "no comparison, no history",
}


def test_every_complaint_has_an_answer_that_is_tested() -> None:
    marked = marked_with("complaint")
    missing = [number for number in COMPLAINTS if number not in marked]
    assert not missing, "no test answers: " + "; ".join(f"{number} ({COMPLAINTS[number]})" for number in missing)


def test_no_test_answers_a_complaint_nobody_has() -> None:
    assert marked_with("complaint").keys() - COMPLAINTS.keys() == set()
