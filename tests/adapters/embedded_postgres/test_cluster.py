"""One process with one cluster."""

import os
import stat
from pathlib import Path

import psycopg
import pytest

from adapters.embedded_postgres import Cluster, PostgresUnavailable
from tests.adapters.embedded_postgres.conftest import layout_of, postmaster_pid


def setting(url: str, name: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def test_a_started_cluster_answers_with_our_database(settled_home: Path) -> None:
    with Cluster(settled_home, durable=False) as cluster, psycopg.connect(cluster.url()) as connection:
        row = connection.execute("SELECT current_database(), current_user, inet_server_addr()").fetchone()
    assert row == ("kyrios_xero", "kyrios", None)


def test_a_durable_cluster_syncs_checks_its_pages_and_listens_to_no_network(home: Path) -> None:
    with Cluster(home / "home") as cluster:
        url = cluster.url()
        wanted = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
        wanted |= {"data_checksums": "on", "listen_addresses": "", "max_connections": "100", "TimeZone": "UTC"}
        assert {name: setting(url, name) for name in wanted} == wanted


def test_committed_rows_are_there_after_stop_and_start(home: Path) -> None:
    cluster = Cluster(home / "home", durable=False)
    with psycopg.connect(cluster.start()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    cluster.stop()
    with psycopg.connect(cluster.start()) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    cluster.stop()


def test_after_the_stop_nothing_of_the_server_lives(settled_home: Path) -> None:
    with Cluster(settled_home, durable=False) as cluster:
        pid = postmaster_pid(cluster)
    assert not Path(f"/proc/{pid}").exists()
    assert not layout_of(cluster).pid_file.exists()


def test_starting_what_is_started_changes_nothing(settled_home: Path) -> None:
    with Cluster(settled_home, durable=False) as cluster:
        pid = postmaster_pid(cluster)
        assert cluster.start() == cluster.url()
        assert postmaster_pid(cluster) == pid


def test_a_cluster_that_was_not_started_has_no_url_and_nothing_to_stop(home: Path) -> None:
    cluster = Cluster(home / "home", durable=False)
    cluster.stop()
    with pytest.raises(PostgresUnavailable, match="has not been started"):
        cluster.url()
    assert not (home / "home").exists()


def test_a_home_with_blanks_and_accents_works(home: Path) -> None:
    cluster = Cluster(home / "a home % ä", durable=False)
    try:
        with psycopg.connect(cluster.start()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        cluster.destroy()


def test_a_path_too_long_for_a_socket_gets_a_short_one_of_its_own(home: Path) -> None:
    cluster = Cluster(home / ("long" * 15) / ("path" * 15), durable=False)
    try:
        with psycopg.connect(cluster.start()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        socket = layout_of(cluster).socket
        assert socket.parent == Path("/tmp")
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    finally:
        cluster.destroy()
    assert not socket.exists()


def test_only_the_servers_account_can_enter_data_and_socket(settled_home: Path) -> None:
    with Cluster(settled_home, durable=False) as cluster:
        layout = layout_of(cluster)
        assert stat.S_IMODE(layout.data.stat().st_mode) == 0o700
        assert stat.S_IMODE(layout.socket.stat().st_mode) == 0o700


def test_destroying_leaves_an_empty_home(home: Path) -> None:
    cluster = Cluster(home / "home", durable=False)
    cluster.start()
    cluster.destroy()
    assert list((home / "home").iterdir()) == []


def test_variables_of_other_postgresqls_mean_nothing_to_the_server(
    settled_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("LC_ALL", "xx_XX")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    with Cluster(settled_home, durable=False) as cluster:
        assert Path(f"/proc/{postmaster_pid(cluster)}").exists()


def test_the_server_has_a_session_of_its_own_so_that_ctrl_c_passes_it_by(settled_home: Path) -> None:
    with Cluster(settled_home, durable=False) as cluster:
        assert os.getsid(postmaster_pid(cluster)) == postmaster_pid(cluster) != os.getsid(0)


def test_a_database_can_be_made_as_a_copy_of_another(settled_home: Path) -> None:
    with Cluster(settled_home, durable=False) as cluster:
        with psycopg.connect(cluster.create_database("pattern")) as connection:
            connection.execute("CREATE TABLE copied AS SELECT 1 AS n")
        with psycopg.connect(cluster.create_database("copy", template="pattern")) as connection:
            assert connection.execute("SELECT n FROM copied").fetchone() == (1,)
        cluster.drop_database("copy")
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(cluster.url("copy"))
