"""Clusters of a test's own, and other processes that use one."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.embedded_postgres import Cluster, PostgresUnavailable
from adapters.embedded_postgres.layout import Layout

REPOSITORY = Path(__file__).parents[3]
ANSWER_SECONDS = 60


class OtherUser:
    """Another process that uses a cluster; `said` is what it told about its start."""

    def __init__(self, home: Path, open_place: Path, python: str, **popen: Any) -> None:
        self._said: dict[str, Any] | None = None
        site = str(Path(sys.prefix, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages"))
        self.process = subprocess.Popen(
            [python, "-B", "-m", "tests.adapters.embedded_postgres.cluster_user", str(home), str(open_place)],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": f"{REPOSITORY}:{site}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **popen,
        )

    @property
    def said(self) -> dict[str, Any]:
        """Wait until the other process has started the cluster or given up; what it says."""
        assert self.process.stdout is not None
        if self._said is None:
            self._said = json.loads(self.process.stdout.readline())
        return self._said

    def leave(self) -> int:
        """Tell it to leave, and wait until it has."""
        self.process.communicate(timeout=ANSWER_SECONDS)
        return self.process.returncode

    def kill(self) -> None:
        """End it by kill -9."""
        self.process.kill()
        self.process.communicate(timeout=ANSWER_SECONDS)


StartOther = Callable[..., OtherUser]


def passable_directory() -> Path:
    """An empty directory that everybody can pass, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="kx-"))
    path.chmod(0o755)
    return path


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty directory for clusters; whatever server is left below its `home` ends with the test."""
    path = passable_directory()
    yield path
    end_of(Cluster(path / "home"))
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def settled_home() -> Iterator[Path]:
    """The home of a cluster that exists but does not run, for the tests of one file to use one after the other."""
    path = passable_directory()
    with Cluster(path / "home"):
        pass
    yield path / "home"
    end_of(Cluster(path / "home"))
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def other(home: Path) -> Iterator[StartOther]:
    """Starts other processes that use the cluster below `home / "home"`; they end with the test."""
    started: list[OtherUser] = []

    def start(place: Path | None = None, python: str = sys.executable, **popen: Any) -> OtherUser:
        started.append(OtherUser(place or home / "home", home / "open", python, **popen))
        return started[-1]

    yield start
    for user in started:
        if user.process.poll() is None:
            user.kill()
        for pipe in (user.process.stdin, user.process.stdout):
            if pipe is not None:
                pipe.close()


def end_of(cluster: Cluster) -> None:
    """Whatever the test left of this cluster: end it and remove it."""
    layout = layout_of(cluster)
    if (layout.data / "postmaster.pid").exists() and (layout.data / "PG_VERSION").read_text().strip() == "18":
        with contextlib.suppress(PostgresUnavailable):  # the test broke it for good, and nothing runs
            cluster.start()
            cluster.destroy()


def layout_of(cluster: Cluster) -> Layout:
    """Where this cluster keeps its files."""
    return cluster._find_layout()


def postmaster_pid(cluster: Cluster) -> int:
    """The process id of the cluster's running server."""
    return int(layout_of(cluster).pid_file.read_text().splitlines()[0])
