"""Setting up on a machine where something is missing: one clear sentence."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def refusal(python: str, tmp_path: Path) -> str:
    done = subprocess.run(
        [str(ROOT / "bin" / "set-up"), python, str(tmp_path / "venv"), "requirements/dev.txt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert not (tmp_path / "venv").exists()
    assert done.stderr.count("\n") == 1
    return done.stderr


def pretended(tmp_path: Path, refused: str, version: str = "Python 3.12.1") -> str:
    """A program that behaves like a Python whose check containing `refused` fails."""
    program = tmp_path / "python3"
    program.write_text(f'#!/bin/sh\n[ "$1" = -V ] && echo "{version}"\ncase "$2" in *{refused}*) exit 1 ;; esac\n')
    program.chmod(0o755)
    return str(program)


def test_a_missing_python_is_told(tmp_path: Path) -> None:
    assert "there is no no-such-python" in refusal("no-such-python", tmp_path)


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ("version_info", "is Python 3.12.1: say make PYTHON="),
        ("ensurepip", "modules venv and ensurepip are needed"),
        ("libc_ver", "musl"),
    ],
)
def test_a_python_that_does_not_do_is_told(check: str, told: str, tmp_path: Path) -> None:
    assert told in refusal(pretended(tmp_path, check), tmp_path)
