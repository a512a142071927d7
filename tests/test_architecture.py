"""The rooms and their rules, checked on the source itself."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("domain", "adapters", "projections", "services")
SIMULATOR = ROOT / "adapters" / "simulator"

OTHER_CLOCKS = re.compile(
    r"\bdatetime\.now\(|\bdatetime\.utcnow\(|\bdate\.today\(|\btime\.time(?:_ns)?\(|\btime\.localtime\("
    r"|(?<![\w.])now\(\)|\bcurrent_timestamp\b|\bclock_timestamp\(|\bfunc\.now\(",
    re.IGNORECASE,
)
CLOCKS = {
    "adapters/simulator/clock.py": "the simulator's own virtual clock",
    "services/migrations/versions/0001_first_tables.py": "the definition of app.now()",
}


def sources(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The full names of all modules that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def code_without_docstrings(path: Path) -> str:
    """The source without docstrings and comments, which may speak of clocks; SQL in other strings stays."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    return ast.unparse(tree)


def test_the_rooms_keep_their_contracts() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(program), "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_simulator_imports_nothing_of_ours() -> None:
    for path in sources("adapters/simulator"):
        ours = {name for name in imported(path) if name.split(".")[0] in (*ROOMS, "tests")}
        assert all(name == "adapters.simulator" or name.startswith("adapters.simulator.") for name in ours), path


def test_only_its_own_command_imports_the_simulator() -> None:
    importers = {
        str(path.relative_to(ROOT))
        for path in sources(*ROOMS)
        if SIMULATOR not in path.parents
        and any(f"{name}.".startswith("adapters.simulator.") for name in imported(path))
    }
    assert importers <= {"services/cli/simulator.py"}


def test_projections_use_sqlalchemy_without_its_object_mapper() -> None:
    for path in sources("projections"):
        assert not any(name.startswith("sqlalchemy.orm") for name in imported(path)), path


@pytest.mark.parametrize("path", sources(*ROOMS), ids=lambda path: str(path.relative_to(ROOT)))
def test_there_is_no_other_clock(path: Path) -> None:
    if str(path.relative_to(ROOT)) in CLOCKS:
        return
    code = code_without_docstrings(path).replace("app.now()", "")
    assert OTHER_CLOCKS.findall(code) == []


@pytest.mark.parametrize("path", sources(*ROOMS), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), "the file has no opening docstring"


@pytest.mark.parametrize(
    "line", ["datetime.now(UTC)", "time.time()", "x = 'SELECT now()'", "'UPDATE t SET at = NOW()'", "func.now()"]
)
def test_the_clock_lint_finds(line: str) -> None:
    assert OTHER_CLOCKS.search(line)


@pytest.mark.parametrize("line", ["clock.now()", "time.monotonic()", "self.now()", "decide(state, command, now)"])
def test_the_clock_lint_lets_pass(line: str) -> None:
    assert not OTHER_CLOCKS.search(line)
