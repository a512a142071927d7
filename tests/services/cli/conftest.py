"""What tests of the command line share: the program run as a person runs it, in this process."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli import app
from tests.services.cli.program import variables_of
from tests.world import KEYS, World

Kyrios = Callable[..., Result]
"""`kyrios("status", "--json", code=0, stdin=b"", COLUMNS="60")`: runs a command and checks its exit code."""


def runner(variables: dict[str, str]) -> Kyrios:
    """Runs the program with these variables; a refusal leaves standard output empty. Any exit code passes as None."""

    def run(*arguments: str, code: int | None = 0, stdin: bytes | None = None, **more: str | None) -> Result:
        environment = {"COLUMNS": None, **variables, **more}
        with _signals_kept():
            result = CliRunner().invoke(app, arguments, input=stdin, env=environment)
        unexpected = result.exception if not isinstance(result.exception, SystemExit) else None
        assert unexpected is None
        assert code is None or result.exit_code == code, f"{result.output}{unexpected!r}"
        if code is not None and code > 1:
            assert result.stdout == ""
            assert result.stderr.strip()
        return result

    return run


@contextmanager
def _signals_kept() -> Iterator[None]:
    """A command may take signals over for the rest of its process, which here is the test run."""
    before = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


@pytest.fixture
def kyrios(database_url: str, tmp_path: Path) -> Kyrios:
    """The program on a database of its own, where there is no Xero."""
    home = tmp_path / "home"
    return runner(
        {
            "KYRIOS_XERO_DATABASE_URL": database_url,
            "KYRIOS_XERO_SECRET_KEYS": KEYS,
            "KYRIOS_XERO_HOME": str(home),
            "KYRIOS_XERO_API_URL": "http://127.0.0.1:9",
        }
    )


@pytest.fixture
def kyrios_in_world(world: World) -> Kyrios:
    """The program on a world whose account is set up; its engine is another one than the world's."""
    return runner(variables_of(world))
