"""The demo as a person meets it: the story ends with the numbers of the example, and can be broken off anywhere."""

import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.services.cli.program import Running, open_home, processes_of, running
from tests.waiting import until, until_ended
from tests.world import EXAMPLES

LONGEST = 240.0
"""Seconds the whole story may take on a machine that does much else."""


@pytest.fixture
def home() -> Iterator[Path]:
    """A new home."""
    with open_home() as home:
        yield home


def left_in(home: Path) -> set[str]:
    """What is left below the home; the log and the lock are meant to."""
    return {path.name for path in (*home.iterdir(), *(home / "demo").iterdir())}


def demo(home: Path) -> Running:
    """A demo that has just begun. Settings of a real installation do not touch it."""
    return Running("demo", KYRIOS_XERO_HOME=str(home), KYRIOS_XERO_DATABASE_URL="nonsense", KYRIOS_XERO_QUIET="600")


def expected_line() -> str:
    after = msgspec.json.decode((EXAMPLES / "changes" / "expected.json").read_bytes())["at_last"]
    return (
        f"{after['accepted']} accepted = {after['in_xero']} in Xero + {after['waiting']} waiting + {after['refused']} "
        f"refused + {after['voided']} voided; {after['total']} = {after['total']}"
    )


def in_order(said: str, *words: str) -> bool:
    """Whether these words were said, each after the one before."""
    at = 0
    for one in words:
        at = said.find(one, at)
        assert at >= 0, f"it never said {one!r} after what goes before"
    return True


def test_the_story_ends_with_the_numbers_of_the_example_and_leaves_nothing_behind(home: Path) -> None:
    story = demo(home)
    try:
        story.says("The gate is open.")
        with running("demo", KYRIOS_XERO_HOME=str(home)) as second:
            assert second.ends() == 1
            assert second.said[-1] == (
                "The demo stopped: Another demo is running on this home; wait for it, or set KYRIOS_XERO_HOME.\n"
            )
        assert story.ends(LONGEST) == 0, story.everything()
    finally:
        story.close()
    assert expected_line() in story.everything()
    assert "were found in Xero and adopted; 0 are there twice." in story.everything()
    assert "12 invoices wait, as GST and alcohol levy has no rate in Xero." in story.everything()
    assert "All 12 are in Xero now" in story.everything()
    assert "INV-0012, revised: In Xero as INV-0012, NZD 576.04." in story.everything()
    assert "INV-0127, revised: In Xero as INV-0127, but: In Xero this invoice is paid in full, so" in story.everything()
    assert "INV-0019, voided: Cancelled; also voided in Xero." in story.everything()
    assert "INV-0140, voided: Cancelled; it never went to Xero." in story.everything()
    assert "Not in Xero: 22 invoices, by cause" in story.everything()
    assert in_order(
        story.everything(),
        "11 mails have come over SMTP, one for each cause",
        "| Subject: 2 invoices wait: ",
        "|   - INV-0051, NZD 2,247.50",
        "A mail tells the owner: 1 invoice",
        "| Subject: Xero will be disconnected in 14 days",
        "Xero will be disconnected in 7 days",
        "Xero will be disconnected in 1 day",
        "Quiet for 60 days",
        "| Subject: Xero is disconnected",
        "INV-0150: Waiting for you: ",
        "The owner connects Xero again",
        "INV-0149 and INV-0150 are in Xero",
        "Is everything in Xero? No: of 146 invoices",
        "Is everything in Xero? Yes: all 126 invoices",
    )
    assert processes_of(home) == {}
    assert left_in(home) == {"demo", "demo.lock", "demo.log"}


@pytest.mark.parametrize("moment", ["while its database is made", "A worker runs as process", "is killed with SIGKILL"])
def test_broken_off_at_any_moment_it_puts_everything_away(home: Path, moment: str) -> None:
    story = demo(home)
    try:
        if moment.startswith("while"):
            until(lambda: any("postgres" in command for command in processes_of(home).values()))
        else:
            story.says(moment)
        story.tell(signal.SIGINT)
        assert story.ends() == 130
    finally:
        story.close()
    assert story.said[-1] == "Stopped; everything is put away.\n"
    assert "Traceback" not in story.everything()
    assert processes_of(home) == {}
    assert left_in(home) <= {"demo", "demo.lock", "demo.log"}


def test_after_a_kill_its_processes_end_and_the_next_demo_clears_up(home: Path) -> None:
    story = demo(home)
    story.says("A worker runs as process")
    story.tell(signal.SIGKILL)
    story.ends()
    until_ended(pid for pid, line in processes_of(home).items() if "services.program" in line)
    story = demo(home)
    try:
        story.says("The gate is open.")
        story.tell(signal.SIGTERM)
        assert story.ends() == 130
    finally:
        story.close()
    assert processes_of(home) == {}
    assert left_in(home) == {"demo", "demo.lock", "demo.log"}
