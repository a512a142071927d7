"""Advisory locks: one session holds each, and a session that is lost, ended or silent holds none."""

import select
from contextlib import suppress
from typing import Final

import psycopg
import pytest

from adapters.advisory_locks import AdvisoryLocks, advisory_locks, key_of

LONG: Final = 4.0
"""Seconds of silence that a busy machine does not force on one who checks all the time."""


def test_a_lock_is_held_by_one_session_and_free_when_that_ends(database_url: str) -> None:
    with advisory_locks(database_url) as rival:
        with advisory_locks(database_url) as holder:
            assert holder.take("projector")
            assert not rival.take("projector")
            assert rival.take("releaser"), "each name is a lock of its own"
        assert granted(rival, "projector")


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
            assert granted(rival, "projector")


def test_a_holder_that_says_nothing_loses_its_locks(database_url: str) -> None:
    """As a frozen process, or one behind a dead line, would."""
    with suppress(psycopg.OperationalError), advisory_locks(database_url, silence=0.3) as frozen:
        assert frozen.take("projector")
        with advisory_locks(database_url) as rival:
            assert granted(rival, "projector")
        with pytest.raises(psycopg.OperationalError):
            frozen.check()


def test_a_holder_that_checks_keeps_its_locks(database_url: str) -> None:
    with advisory_locks(database_url, silence=LONG) as holder, advisory_locks(database_url) as rival:
        assert holder.take("projector")
        with suppress(psycopg.OperationalError), advisory_locks(database_url, silence=LONG) as silent:
            while not was_ended(silent):
                holder.check()
                assert not rival.take("projector")
        holder.check()


def granted(locks: AdvisoryLocks, name: str) -> bool:
    """Whether a lock is ours once it is free: the database tells, within a minute."""
    locks._session.execute("SELECT set_config('lock_timeout', '60s', false)")
    locks._session.execute("SELECT pg_advisory_lock(7205, %s)", (key_of(name),))
    return locks.take(name)


def was_ended(locks: AdvisoryLocks) -> bool:
    """Whether the server ended a session that said nothing, told at once or within a fraction of its silence."""
    return bool(select.select([locks._session.fileno()], [], [], 0.02)[0])
