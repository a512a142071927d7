"""The catalogue of causes and the scenarios are one: no code without a scenario, no scenario without a code."""

from types import ModuleType
from typing import Final

from domain.causes import CATALOGUE
from tests.scenarios import test_blocked, test_checking, test_failed, test_gate, test_let_go, test_queued, test_review

ROOM: Final = (test_gate, test_blocked, test_let_go, test_failed, test_queued, test_checking, test_review)


def codes_of(module: ModuleType) -> list[str]:
    """The codes of its table, and those its other tests are marked with."""
    rows = [row.code for row in getattr(module, "ROWS", ())]
    marks = [mark for thing in vars(module).values() for mark in getattr(thing, "pytestmark", ())]
    return rows + [code for mark in marks if mark.name == "cause" for code in mark.args]


def test_every_cause_has_a_scenario() -> None:
    shown = {code for module in ROOM for code in codes_of(module)}
    assert [code for code in CATALOGUE if code not in shown] == []


def test_every_scenario_is_about_a_cause() -> None:
    assert [code for module in ROOM for code in codes_of(module) if code not in CATALOGUE] == []
