"""Xero's words may hold anything: they are kept sealed and short, and wherever they are read they are only read."""

import unicodedata
from typing import Final

import pytest

from domain.explain import LONGEST_ANSWER
from services.views.invoice_question import Question
from tests.services.cli.conftest import Kyrios
from tests.services.test_reconnect import ELSEWHERE
from tests.world import ACCOUNT, OWNER, World, example_invoices

HOSTILE: Final = {
    "markup": "<script>alert(1)</script> <img src=x onerror=alert(1)> [bold red]never[/] {{ 7*7 }} {tax_set} %s",
    "terminal": "\x1b[2J\x1b[31mRed\x07\x1b]0;owned\x07\x1b[1A\x08\x08\x9b5m",
    "turned": "\u202eorez\u202c \u2066a\u2069 \u200b\u200f\ufeff\u2028line\u2029line",
    "lines": "Fine.\r\nStatus: synced\n\nIn Xero as T-0\tsince today\x00",
    "huge": "A" * 1_000_000,
}
STEERING: Final = ("Cc", "Cf", "Zl", "Zp")


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_words_that_want_more_than_to_be_read_are_only_read(world: World, kyrios_in_world: Kyrios, words: str) -> None:
    world.refuse({"T-0": words})
    world.queue(example_invoices(1))
    world.work()
    world.engine.projector.catch_up()
    state = world.invoice("inv-0")
    assert (state.status, [cause.code for cause in state.causes]) == ("failed", ["rejected_by_xero"])
    said = Question(world.engine).explain(state).causes[0].words
    assert said.startswith('Xero refused it with: "')
    assert said.endswith('". Fix that, or ask support.')
    assert len(said) <= LONGEST_ANSWER + 60
    assert steering(said) == set()
    assert first_word(words) in said
    for command in (("invoices", "show", ACCOUNT, "inv-0"), ("invoices", "list", ACCOUNT), ("status",)):
        shown = kyrios_in_world(*command).output
        assert steering(shown.replace("\n", "")) == set()
        assert len(shown) < 20_000
    assert first_word(words) in kyrios_in_world("invoices", "show", ACCOUNT, "inv-0").output
    assert len(sealed(world)) < 5_000
    assert first_word(words).encode() not in sealed(world)


def test_a_name_in_xero_makes_no_line_of_its_own(world: World, kyrios_in_world: Kyrios) -> None:
    hostile = {"Name": "Vine \x1b[31m[bold]\u202e Ltd\r\nAll is well: ok", "BaseCurrency": "AUD", "CountryCode": "AU"}
    world.control.post(f"/organisations/{ELSEWHERE}/organisation", json=hostile).raise_for_status()
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.consent(ELSEWHERE)
    chosen = kyrios_in_world("connections", "choose", ACCOUNT, ELSEWHERE, "--start-afresh").output
    assert chosen.startswith(f"Invoices of {ACCOUNT} go to Vine [31m[bold] Ltd All is well: ok ({ELSEWHERE}).\n")
    for command in (("show", ACCOUNT), ("list",), ("refresh", ACCOUNT), ("organisations", ACCOUNT)):
        shown = kyrios_in_world("connections", *command, code=None).output
        assert not any(line.startswith("All is well") for line in shown.splitlines())


def first_word(words: str) -> str:
    """The first thing in it that can be read."""
    plain = "".join(" " if unicodedata.category(one) in STEERING else one for one in words)
    return next(one for one in plain.split() if len(one) > 2)[: LONGEST_ANSWER - 1]


def steering(text: str) -> set[str]:
    """The characters in it that do something to a screen."""
    return {one for one in text if unicodedata.category(one) in STEERING}


def sealed(world: World) -> bytes:
    """Xero's words as they lie in the database."""
    with world.engine.store.cursor() as cursor:
        (row,) = cursor.execute("SELECT sealed FROM app.answer_text").fetchall()
    return bytes(row["sealed"])
