"""Who runs the server, and what that account can reach: root steps down, homes stay closed."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapters.embedded_postgres import Cluster, PostgresUnavailable
from adapters.embedded_postgres.account import account_for
from adapters.embedded_postgres.open_place import reachable
from adapters.embedded_postgres.runtime import INSTALLATION, PACKAGE, Runtime, find_runtime
from tests.adapters.embedded_postgres.conftest import REPOSITORY, StartOther, layout_of, postmaster_pid

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as several users")
ORDINARY = "nobody"


def modes(*directories: Path) -> list[int]:
    return [stat.S_IMODE(directory.stat().st_mode) for directory in directories]


@pytest.fixture
def closed_home(home: Path) -> Iterator[Path]:
    """A directory that only its owner can enter, which root's stand-in is not."""
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    yield closed
    assert modes(closed) == [0o700], "the user's directory was opened"


@pytest.fixture
def ordinary_python() -> str:
    """An interpreter of this version that an ordinary user can run with our packages."""
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info[1]}"):
        check = [candidate, "-c", f"import sys; sys.exit(sys.version_info[1] != {sys.version_info[1]})"]
        try:
            if subprocess.run(check, **as_user(ORDINARY), cwd=REPOSITORY, check=False).returncode == 0:
                return candidate
        except OSError:
            continue
    pytest.skip("an ordinary user can reach no interpreter of this version, or not this checkout")


def as_user(name: str) -> dict[str, Any]:
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@pytest.mark.root
@needs_root
def test_root_runs_the_server_under_an_account_without_privileges(home: Path) -> None:
    with Cluster(home / "home", durable=False) as cluster:
        uid = Path(f"/proc/{postmaster_pid(cluster)}").stat().st_uid
        assert uid == layout_of(cluster).data.stat().st_uid != 0


@pytest.mark.root
@needs_root
def test_root_keeps_the_data_of_a_closed_home_outside_of_it(home: Path, closed_home: Path) -> None:
    cluster = Cluster(closed_home / "home", open_place=home / "open", durable=False)
    with psycopg.connect(cluster.start()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    cluster.stop()
    assert (home / "open") in layout_of(cluster).data.parents
    with psycopg.connect(cluster.start()) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    cluster.destroy()
    assert list((home / "open" / "clusters").iterdir()) == []


@pytest.mark.root
@needs_root
def test_a_closed_home_that_is_made_anew_gets_a_new_database(home: Path, closed_home: Path) -> None:
    rooms = []
    for _ in range(2):
        with Cluster(closed_home / "home", open_place=home / "open", durable=False) as cluster:
            rooms.append(layout_of(cluster).room)
        shutil.rmtree(closed_home / "home")
    assert rooms[0] != rooms[1]


@pytest.mark.root
@needs_root
def test_programs_in_a_closed_directory_are_copied_once_with_their_libraries(home: Path, closed_home: Path) -> None:
    wheel = find_runtime()
    shutil.copytree(wheel.site / PACKAGE / INSTALLATION, closed_home / PACKAGE / INSTALLATION, symlinks=True)
    shutil.copytree(wheel.site / f"{PACKAGE}.libs", closed_home / f"{PACKAGE}.libs", symlinks=True)
    closed = Runtime(closed_home / PACKAGE / INSTALLATION / "bin", wheel.major, wheel.wheel_version)
    account = account_for(home / "nothing yet")
    assert not account.can_run(closed.program("postgres"))
    copy = reachable(closed, account, home / "open")
    assert account.can_run(copy.program("initdb"))
    made = copy.bin_dir.stat().st_ctime_ns
    assert reachable(closed, account, home / "open") == copy
    assert copy.bin_dir.stat().st_ctime_ns == made
    assert [path.name for path in (home / "open" / "runtime").iterdir() if path.name.startswith(".")] == []


@pytest.mark.root
@needs_root
def test_a_copy_others_could_have_written_is_refused(home: Path) -> None:
    (home / "open").mkdir()
    (home / "open").chmod(0o777)
    account = account_for(home / "nothing yet")
    missing = Runtime(home / "nowhere" / "a" / "b" / "bin", 18, "0")
    with pytest.raises(PostgresUnavailable, match="must be a directory of root's"):
        reachable(missing, account, home / "open")


@pytest.mark.root
@needs_root
def test_named_programs_that_the_account_cannot_run_are_refused(home: Path) -> None:
    named = Runtime(home / "nowhere", 18, None)
    with pytest.raises(PostgresUnavailable, match="KYRIOS_XERO_PG_BIN"):
        reachable(named, account_for(home / "nothing yet"), home / "open")


@pytest.mark.root
@needs_root
def test_an_ordinary_user_with_a_closed_home_runs_it_himself(
    home: Path, closed_home: Path, other: StartOther, ordinary_python: str
) -> None:
    entry = pwd.getpwnam(ORDINARY)
    os.chown(closed_home, entry.pw_uid, entry.pw_gid)
    user = other(closed_home / "home", ordinary_python, **as_user(ORDINARY))
    assert user.said.get("launched") is True
    data = closed_home / "home" / "postgresql-18" / "data"
    assert data.stat().st_uid == entry.pw_uid
    assert modes(closed_home / "home", data) == [0o700, 0o700]
    assert user.leave() == 0
    assert not (home / "open").exists()


@pytest.mark.root
@needs_root
def test_root_runs_an_ordinary_users_database_as_that_user(home: Path, other: StartOther, ordinary_python: str) -> None:
    entry = pwd.getpwnam(ORDINARY)
    (home / "home").mkdir()
    os.chown(home / "home", entry.pw_uid, entry.pw_gid)
    (home / "home").chmod(0o755)
    user = other(None, ordinary_python, **as_user(ORDINARY))
    assert user.said.get("launched") is True
    user.leave()
    (home / "home" / "postgresql-18").chmod(0o755)
    with Cluster(home / "home", durable=False) as cluster:
        assert Path(f"/proc/{postmaster_pid(cluster)}").stat().st_uid == entry.pw_uid


@pytest.mark.root
@needs_root
def test_an_ordinary_user_is_told_whose_database_it_is(home: Path, other: StartOther, ordinary_python: str) -> None:
    with Cluster(home / "home", durable=False) as cluster:
        owner = pwd.getpwuid(layout_of(cluster).data.stat().st_uid).pw_name
    if owner == ORDINARY:
        pytest.skip(f"root's stand-in here is {ORDINARY} itself")
    for lock in (home / "home" / "postgresql-18").glob("*.lock"):
        lock.chmod(0o666)
    user = other(None, ordinary_python, **as_user(ORDINARY))
    assert f"belongs to the user {owner}" in user.said["refused"]
    assert user.leave() == 1
