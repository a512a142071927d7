"""Advisory locks: one session holds each, and a session that is lost, ended or silent holds none."""

from contextlib import suppress

import psycopg
import pytest

from adapters.advisory_locks import AdvisoryLocks, advisory_locks, key_of
from tests.services.cli.program import until


def test_a_lock_is_held_by_one_session_and_free_when_that_ends(database_url: str) -> None:
    with advisory_locks(database_url) as rival:
        with advisory_locks(database_url) as holder:
            assert holder.take("projector")
            assert not rival.take("projector")
            assert rival.take("releaser"), "each name is a lock of its own"
        until(lambda: rival.take("projector"))


def test_a_session_that_was_cut_off_is_noticed_and_its_locks_are_free(database_url: str) -> None:
    with suppress(psycopg.OperationalError), advisory_locks(database_url) as holder:
        assert holder.take("projector")
        with psycopg.connect(database_url, autocommit=True) as administrator:
            administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s::bigint",
                (key_of("projector") % 2**32,),
            )
        with pytest.raises(psycopg.OperationalError):
            holder.check()
        with advisory_locks(database_url) as rival:
            until(lambda: rival.take("projector"))


def test_a_holder_that_says_nothing_loses_its_locks(database_url: str) -> None:
    """As a frozen process, or one behind a dead line, would."""
    with suppress(psycopg.OperationalError), advisory_locks(database_url, silence=0.3) as frozen:
        assert frozen.take("projector")
        with advisory_locks(database_url) as rival:
            until(lambda: rival.take("projector"))
        with pytest.raises(psycopg.OperationalError):
            frozen.check()


def test_a_holder_that_checks_keeps_its_locks(database_url: str) -> None:
    with advisory_locks(database_url, silence=0.5) as holder, advisory_locks(database_url) as rival:
        assert holder.take("projector")
        for _ in range(40):
            _a_moment(rival)
            holder.check()
            assert not rival.take("projector")


def _a_moment(locks: AdvisoryLocks) -> None:
    """Longer than nothing, by the database's clock: in all twice the silence that is allowed."""
    locks._session.execute("SELECT pg_sleep(0.025)")
