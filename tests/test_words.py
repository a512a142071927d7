"""One situation, one sentence: what the catalogue says of a cause is said nowhere else, in no other words."""

import ast
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Final

import pytest

from domain.causes import CATALOGUE, VOIDED
from tests.catalogue_page import PAGE, page

ROOT: Final = Path(__file__).parent.parent
ROOMS: Final = ("domain", "adapters", "projections", "services")
ELSEWHERE: Final = ("domain/causes.py", "domain/headlines.py", "adapters/simulator/")
"""The catalogue itself, its headlines for subject lines, and the simulated Xero, which is not us."""
ALIKE: Final = 0.75
"""How much of two sentences must be the same for one to be the other in other words."""
SHORTEST: Final = 4
"""Words of the shortest sentence that is compared; less says nothing of its own."""


def test_the_words_of_the_catalogue_are_nowhere_else() -> None:
    told = [(code, one) for code, kind in CATALOGUE.items() for one in sentences(gapped(f"{kind.words} {kind.told}"))]
    found = [
        f"{place}: {said!r} is {code}: {ours!r}"
        for place, text in texts()
        for said in sentences(text)
        for code, ours in told
        if alike(said, ours)
    ]
    assert found == []


def test_every_cause_the_code_names_is_in_the_catalogue() -> None:
    named = {code for _, tree in modules() for code in codes_in(tree)}
    assert named >= {"negative_total", "rejected_by_xero"}, "the search finds what is there"
    assert named - CATALOGUE.keys() == set(), "what nobody reads, too, stands beside the catalogue"
    assert VOIDED.code not in CATALOGUE


@pytest.mark.parametrize(
    ("said", "ours", "same"),
    [
        ("This customer is not in Xero.", "This customer is not in Xero.", True),
        ("This customer is not there in Xero", "This customer is not in Xero.", True),
        ("Xero asked us to slow down", "Xero asks us to slow down.", True),
        ("Xero holds no invoice of this number.", "Xero has another invoice …", False),
    ],
)
def test_the_search_finds_the_same_in_other_words(said: str, ours: str, same: bool) -> None:
    assert alike(said, ours) is same


def test_the_page_of_causes_says_what_the_catalogue_says() -> None:
    assert PAGE.read_text() == page(), "run: make docs"


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the product but for those that may say so."""
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            place = file.relative_to(ROOT).as_posix()
            if not place.startswith(ELSEWHERE):
                yield place, ast.parse(file.read_text())


def texts() -> Iterator[tuple[str, str]]:
    """Every text a person could read: literals that are no docstrings, and templates."""
    for place, tree in modules():
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                yield f"{place}:{node.lineno}", node.value
    for room in ROOMS:
        for file in sorted(path for kind in ("html", "txt", "j2") for path in (ROOT / room).rglob(f"*.{kind}")):
            yield file.relative_to(ROOT).as_posix(), re.sub(r"<[^>]*>|{[{%].*?[%}]}", "…", file.read_text())


def codes_in(tree: ast.Module) -> Iterator[str]:
    """The codes of causes that are made, or compared with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Cause" and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)
        if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith("cause.code"):
            yield from (str(one.value) for one in node.comparators if isinstance(one, ast.Constant))


def gapped(words: str) -> str:
    """A sentence of the catalogue with a mark where its facts go."""
    return "".join(text + ("…" if name else "") for text, name, _, _ in Formatter().parse(words))


def sentences(text: str) -> list[str]:
    """The sentences of a text that say something of their own."""
    found = re.split(r"(?<=[.!?;:])\s+", " ".join(text.split()))
    return [one for one in found if len(re.findall(r"\w+", one)) >= SHORTEST]


def alike(said: str, ours: str) -> bool:
    """Whether two sentences are the same, or nearly: compared word by word, without regard to letter case."""
    mine, theirs = (_words(one) for one in (said, ours))
    shared = len({*mine} & {*theirs})
    if shared < ALIKE / 2 * min(len({*mine}), len({*theirs})):
        return False
    return SequenceMatcher(None, mine, theirs, autojunk=False).ratio() >= ALIKE


@cache
def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[\w']+", text.lower()))
