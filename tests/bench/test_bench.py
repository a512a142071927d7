"""The bench cannot rot: its smallest run ends well and measures everything."""

import subprocess
import sys
from pathlib import Path

import msgspec


def test_the_smallest_run_of_the_bench_measures_everything() -> None:
    command = [sys.executable, "-m", "tests.bench", "--smoke", "--json"]
    run = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    figures = msgspec.json.decode(run.stdout)
    assert len(figures) == 39
    assert len({figure["chapter"] for figure in figures}) == 11
    # A lone invoice may well go before every call of the backlog.
    assert all(figure["value"] > 0 for figure in figures if figure["unit"] != "calls")
