"""What cannot work is refused with one sentence that says why."""

import os
import re
import signal
from pathlib import Path

import pytest

from adapters.embedded_postgres import Cluster, PostgresUnavailable
from adapters.embedded_postgres.account import account_for
from adapters.embedded_postgres.lock import FileLock
from adapters.embedded_postgres.runtime import PACKAGE, Runtime, find_runtime
from tests.adapters.embedded_postgres.conftest import layout_of, postmaster_pid


def refusal(cluster: Cluster) -> str:
    with pytest.raises(PostgresUnavailable) as refused:
        cluster.start()
    return str(refused.value)


def test_data_of_another_major_version_are_refused_and_left_alone(settled_home: Path) -> None:
    with Cluster(settled_home, durable=False) as cluster:
        version = layout_of(cluster).data / "PG_VERSION"
    version.write_text("17\n")
    assert "holds a database of PostgreSQL 17, and the programs here are PostgreSQL 18" in refusal(cluster)
    assert version.read_text() == "17\n"
    version.write_text("18\n")


def test_a_directory_without_programs_is_refused(home: Path) -> None:
    assert refusal(Cluster(home / "home", bin_dir=home)) == (
        f"There is no PostgreSQL program initdb in {home} (from KYRIOS_XERO_PG_BIN)."
    )


def test_programs_that_are_none_are_refused(home: Path) -> None:
    for name in ("initdb", "postgres"):
        (home / name).write_text("no program")
        (home / name).chmod(0o755)
    assert "do not run on this system" in refusal(Cluster(home / "home", bin_dir=home))


def test_a_postgresql_too_old_is_refused(home: Path) -> None:
    for name in ("initdb", "postgres"):
        (home / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 12.3'\n")
        (home / name).chmod(0o755)
    assert "PostgreSQL 12" in refusal(Cluster(home / "home", bin_dir=home))


def test_named_programs_of_another_version_have_data_of_their_own(home: Path) -> None:
    other = find_runtime().site / PACKAGE / "pginstall" / "bin"
    if not account_for(home / "nothing yet").can_run(other / "postgres"):
        pytest.skip("the checkout is closed to the server's account, and named programs are not copied")
    cluster = Cluster(home / "home", durable=False, bin_dir=other)
    assert Runtime(other, 16, None) == find_runtime(other)
    cluster.start()
    assert (home / "home" / "postgresql-16" / "data" / "PG_VERSION").read_text() == "16\n"
    cluster.destroy()


def test_a_home_that_cannot_be_made_is_one_sentence(home: Path) -> None:
    (home / "file").write_text("")
    said = refusal(Cluster(home / "file" / "home"))
    assert re.fullmatch(r"PostgreSQL could not be set up below \S+: Not a directory: \S+\.", said)


def test_a_socket_directory_open_to_others_is_refused(settled_home: Path) -> None:
    with Cluster(settled_home, durable=False) as cluster:
        socket = layout_of(cluster).socket
    socket.chmod(0o755)
    assert f"{socket}, where the database's socket belongs" in refusal(cluster)
    socket.chmod(0o700)


def test_a_server_started_by_other_means_is_not_joined(settled_home: Path) -> None:
    with Cluster(settled_home, durable=False) as cluster:
        layout = layout_of(cluster)
        pid = postmaster_pid(cluster)
        # A server without our lock is what somebody's own pg_ctl would have started.
        layout.server_lock.rename(layout.server_lock.with_suffix(".away"))
        stranger = Cluster(settled_home)
        assert f"started by other means (process {pid})" in refusal(stranger)
        layout.server_lock.with_suffix(".away").rename(layout.server_lock)
        os.kill(pid, 0)


def test_what_the_server_complains_about_is_in_the_refusal(home: Path) -> None:
    with Cluster(home / "home", durable=False) as cluster:
        settings = layout_of(cluster).data / "postgresql.conf"
    settings.write_text(f"{settings.read_text()}\nno_such_setting = 1\n")
    said = refusal(cluster)
    assert "PostgreSQL did not start" in said
    assert "no_such_setting" in said or "configuration file" in said


def test_a_lock_that_is_not_given_back_is_complained_about(home: Path) -> None:
    with FileLock(home / "lock") as first:
        assert first.try_take()
        with pytest.raises(PostgresUnavailable, match="too long"):
            FileLock(home / "lock").take(timeout=0.05, complaint="too long")


def test_a_failed_start_leaves_no_process(home: Path) -> None:
    cluster = Cluster(home / "home")
    cluster.start()
    os.kill(postmaster_pid(cluster), signal.SIGKILL)
    cluster.stop()
    (layout_of(cluster).data / "global" / "pg_control").unlink()
    assert "pg_control" in refusal(cluster)
    with FileLock(layout_of(cluster).server_lock) as lock:
        assert lock.try_take()
