"""Several processes with one cluster: one server, stopped by the last to leave."""

from pathlib import Path

import psycopg
import pytest

from adapters.embedded_postgres import Cluster, PostgresUnavailable
from tests.adapters.embedded_postgres.conftest import StartOther, layout_of, postmaster_pid


def test_processes_that_start_at_once_share_one_server(home: Path, other: StartOther) -> None:
    users = [other() for _ in range(4)]
    told = [user.said for user in users]
    assert len({said["url"] for said in told}) == 1
    assert [said["launched"] for said in told].count(True) == 1
    assert [user.leave() for user in users] == [0, 0, 0, 0]
    assert not layout_of(Cluster(home / "home", durable=False)).pid_file.exists()


def test_whoever_launched_the_server_may_leave_before_the_others(settled_home: Path, other: StartOther) -> None:
    first = other(settled_home)
    assert first.said["launched"]
    with Cluster(settled_home, durable=False) as second:
        assert not second.launched
        pid = postmaster_pid(second)
        first.leave()
        with psycopg.connect(second.url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert postmaster_pid(second) == pid
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]


@pytest.mark.crash
def test_a_server_whose_user_was_killed_is_taken_over_and_stopped_at_the_end(
    settled_home: Path, other: StartOther
) -> None:
    killed = other(settled_home)
    url = killed.said["url"]
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    pid = postmaster_pid(Cluster(settled_home, durable=False))
    killed.kill()
    with Cluster(settled_home, durable=False) as heir:
        assert not heir.launched
        assert postmaster_pid(heir) == pid
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    assert not layout_of(heir).pid_file.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_a_cluster_in_use_by_others_is_not_destroyed(settled_home: Path, other: StartOther) -> None:
    user = other(settled_home)
    url = user.said["url"]
    with pytest.raises(PostgresUnavailable, match="in use by another process"):
        Cluster(settled_home, durable=False).destroy()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    user.leave()
