"""The simulator shares no code with what it is to judge."""

import ast
import sys
from pathlib import Path

ROOM = Path(__file__).parents[3] / "adapters" / "simulator"
ALLOWED = {*sys.stdlib_module_names, "msgspec"}


def imported(source: Path) -> set[str]:
    """The modules a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add(node.module or "")
    return found


def test_it_imports_nothing_of_ours() -> None:
    for source in ROOM.rglob("*.py"):
        foreign = {name for name in imported(source) if not name.startswith("adapters.simulator")}
        assert {name.partition(".")[0] for name in foreign} <= ALLOWED, source


def test_only_the_clock_knows_the_real_time() -> None:
    for source in ROOM.rglob("*.py"):
        text = source.read_text()
        assert source.name == "clock.py" or ".now(UTC)" not in text, source
        assert "time.time(" not in text, source
