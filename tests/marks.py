"""Which tests bear which marks, read from their files: for lists that must be complete."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parent


def marked_with(name: str) -> dict[str, list[str]]:
    """By argument of `@pytest.mark.{name}(…)`, as text: the tests that bear it, over the whole suite."""
    found = defaultdict[str, list[str]](list)
    for file in sorted(TESTS.rglob("test_*.py")):
        text = file.read_text()
        for node in ast.parse(text).body if f"mark.{name}" in text else ():
            if isinstance(node, ast.FunctionDef):
                for argument in _arguments(node, name):
                    found[argument].append(f"{file.relative_to(TESTS)}::{node.name}")
    return found


def _arguments(function: ast.FunctionDef, name: str) -> Iterator[str]:
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == f"pytest.mark.{name}":
            assert function.name.startswith("test_"), f"{function.name} is no test"
            for one in mark.args:
                assert isinstance(one, ast.Constant), f"{function.name} must bear its marks as plain values"
                yield str(one.value)
