"""What a killed server or a killed initdb leaves behind does not keep the next start from working."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapters.embedded_postgres import Cluster
from tests.adapters.embedded_postgres.conftest import ANSWER_SECONDS, OtherUser, StartOther, layout_of, postmaster_pid
from tests.waiting import until

pytestmark = pytest.mark.crash


def write_rows(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT n FROM generate_series(1, 1000) AS n")


def count_rows(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def test_a_server_killed_under_its_user_comes_back_with_every_committed_row(settled_home: Path) -> None:
    cluster = Cluster(settled_home)
    write_rows(cluster.start())
    os.kill(postmaster_pid(cluster), signal.SIGKILL)
    with Cluster(settled_home) as again:
        assert again.launched
        assert count_rows(again.url()) == 1000
    cluster.stop()


class MeetsTheEnd(Cluster):
    """Somebody tells the server to stop right after it was found ready; it refuses us before it is gone."""

    refused = 0

    def _ensure_database(self) -> None:
        if self.refused:
            super()._ensure_database()
            return
        with psycopg.connect(self.url()):
            # Told to stop like that, it waits for this client and lets nobody else in.
            os.kill(postmaster_pid(self), signal.SIGTERM)
            until(lambda: layout_of(self).pid_file.read_text().splitlines()[7].strip() == "stopping")
            try:
                super()._ensure_database()
            finally:
                self.refused += 1


def test_a_server_met_while_it_stops_is_waited_for_and_started_again(settled_home: Path) -> None:
    with Cluster(settled_home) as first:
        write_rows(first.url())
        with MeetsTheEnd(settled_home) as second:
            assert (second.refused, second.launched) == (1, True)
            assert count_rows(second.url()) == 1000


def test_a_pid_file_with_a_strangers_number_is_put_aside(settled_home: Path) -> None:
    cluster = Cluster(settled_home)
    write_rows(cluster.start())
    pid_file = layout_of(cluster).pid_file
    os.kill(postmaster_pid(cluster), signal.SIGKILL)
    cluster.stop()
    account = pid_file.stat()
    with subprocess.Popen(["sleep", "600"], **stepping_down_to(account.st_uid, account.st_gid)) as stranger:
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        with Cluster(settled_home) as again:
            assert count_rows(again.url()) == 1000
        assert stranger.poll() is None
        stranger.kill()


def test_a_pid_file_with_the_number_of_a_zombie_is_put_aside(settled_home: Path) -> None:
    cluster = Cluster(settled_home)
    write_rows(cluster.start())
    pid_file = layout_of(cluster).pid_file
    os.kill(postmaster_pid(cluster), signal.SIGKILL)
    cluster.stop()
    with subprocess.Popen(["true"]) as zombie:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)  # it has ended and nobody has collected it
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(zombie.pid), *lines[1:]]) + "\n")
        with Cluster(settled_home) as again:
            assert count_rows(again.url()) == 1000


def stepping_down_to(uid: int, gid: int) -> dict[str, Any]:
    return {"user": uid, "group": gid} if os.geteuid() == 0 else {}


def test_user_and_server_killed_together_are_no_loss(settled_home: Path, other: StartOther) -> None:
    user = other(settled_home)
    write_rows(user.said["url"])
    pid = postmaster_pid(Cluster(settled_home))
    user.kill()
    os.kill(pid, signal.SIGKILL)
    with Cluster(settled_home) as again:
        assert count_rows(again.url()) == 1000


def frozen_during_the_creation(user: OtherUser, room: Path) -> None:
    """Stop this user while initdb works for it: however fast that is, and however slow we are, it is not done yet."""
    until(lambda: bool(list(room.glob("data.new-*"))))
    user.process.send_signal(signal.SIGSTOP)
    until(lambda: bool(list(room.glob("data.new-*/base"))))


def test_a_user_killed_during_the_creation_leaves_nothing_that_stands_in_the_way(home: Path, other: StartOther) -> None:
    room = home / "home" / "postgresql-18"
    user = other()
    frozen_during_the_creation(user, room)
    user.kill()
    assert not (room / "data").exists()
    with Cluster(home / "home") as cluster, psycopg.connect(cluster.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert list(room.glob("data.new-*")) == []


def test_ctrl_c_during_the_creation_ends_initdb_and_removes_its_work(home: Path, other: StartOther) -> None:
    room = home / "home" / "postgresql-18"
    user = other(stderr=subprocess.DEVNULL)
    frozen_during_the_creation(user, room)
    user.process.send_signal(signal.SIGINT)
    user.process.send_signal(signal.SIGCONT)
    user.process.communicate(timeout=ANSWER_SECONDS)
    assert sorted(path.name for path in room.iterdir()) == ["launch.lock", "server.lock", "server.log"]


def test_a_start_waits_for_what_is_left_of_a_killed_server(settled_home: Path) -> None:
    """An orphan of the killed server still holds the server's lock; a second server beside it would ruin the data."""
    with Cluster(settled_home) as cluster:
        write_rows(cluster.url())
        layout = layout_of(cluster)
    orphan = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(layout.server_lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert orphan.stdout is not None
    assert orphan.stdout.readline() == b"held\n"
    starting = subprocess.Popen([sys.executable, "-c", START_AND_SAY, str(settled_home)], stdout=subprocess.PIPE)
    assert starting.stdout is not None
    assert starting.stdout.readline() == b"starting\n"
    with pytest.raises(subprocess.TimeoutExpired):
        starting.wait(0.3)
    assert not layout.pid_file.exists()
    orphan.communicate(timeout=ANSWER_SECONDS)
    said, _ = starting.communicate(timeout=ANSWER_SECONDS)
    assert said == b"launched True\n"


HOLD_THE_LOCK = """
import fcntl, sys
file = open(sys.argv[1], "r+")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""

START_AND_SAY = """
import sys
from pathlib import Path
from typing import Any
from adapters.embedded_postgres import Cluster
print("starting", flush=True)
with Cluster(Path(sys.argv[1])) as cluster:
    print("launched", cluster.launched, flush=True)
"""


def test_a_cluster_whose_users_were_killed_is_destroyed_without_being_started(home: Path, other: StartOther) -> None:
    user = other()
    assert user.said
    cluster = Cluster(home / "home", durable=False)
    user.kill()
    cluster.destroy()
    assert list((home / "home").iterdir()) == []
    with Cluster(home / "home", durable=False) as again:
        assert again.launched


def test_a_deletion_that_was_killed_half_way_does_not_keep_the_next_cluster_from_being_made(home: Path) -> None:
    cluster = Cluster(home / "home", durable=False)
    cluster.start()
    cluster.stop()
    layout = layout_of(cluster)
    # What is left of data that lost their name and then some of their files.
    layout.data.rename(layout.data.with_name("data.new-gone-1"))
    (layout.room / "data.new-gone-1" / "PG_VERSION").unlink()
    with Cluster(home / "home", durable=False) as again:
        assert again.launched
        assert not (layout.room / "data.new-gone-1").exists()


def test_data_without_a_version_can_still_be_destroyed(home: Path) -> None:
    cluster = Cluster(home / "home", durable=False)
    cluster.start()
    cluster.stop()
    (layout_of(cluster).data / "PG_VERSION").unlink()
    Cluster(home / "home", durable=False).destroy()
    assert list((home / "home").iterdir()) == []
