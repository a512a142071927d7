"""Where there is no RabbitMQ its tests are skipped with a reason; on a build machine that is a failure."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.processes.rabbit_node import MISSING, require

SCRIPT = Path(__file__).parents[2] / "bin/rabbitmq"


def test_at_home_the_tests_are_skipped_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"bin/rabbitmq \.venv brings one"):
        require([tmp_path])


def test_on_a_build_machine_they_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=MISSING):
        require([tmp_path])


def test_a_machine_that_has_none_and_no_way_to_fetch_one_is_told_so_in_a_sentence(tmp_path: Path) -> None:
    """As on a distribution without apt; the folder that would hold the programs is an empty one here."""
    alone = tmp_path / "rabbitmq"
    alone.write_text(SCRIPT.read_text().replace("is_complete /usr ", f"is_complete {tmp_path} "))
    ended = subprocess.run(
        ["/bin/sh", str(alone), str(tmp_path / "venv")],
        env={"PATH": str(tmp_path), "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == (
        "There is no RabbitMQ on this machine, and no apt-get to fetch Debian's: install rabbitmq-server.\n"
    )
    assert not (tmp_path / "venv").exists()
