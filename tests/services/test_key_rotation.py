"""Keys are rotated while the engine works: nothing is lost, and afterwards the old key opens nothing and is needed by
nothing."""

import base64
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import pytest

from adapters.vault.errors import UnknownKey
from adapters.vault.grants import Grants
from adapters.vault.sealed_table import Resealed, header
from services.bootstrap import Engine
from services.key_rotation import KeyRotation
from services.settings import SettingsError
from tests.world import KEYS, OWNER, World, example_invoices, settings_for

OLD: Final = KEYS
NEW: Final = "new-1:" + base64.b64encode(b"n" * 32).decode()
BOTH, NOT_YET = f"{NEW},{OLD}", f"{OLD},{NEW}"
ACCOUNTS: Final = 4
REFRESHES: Final = 12


@contextmanager
def engine_with(world: World, keys: str) -> Iterator[Engine]:
    """Another process on the same database, with these keys."""
    url = world.engine.database_url
    settings = settings_for(world.xero.api_url, url, world.engine.settings.home, KYRIOS_XERO_SECRET_KEYS=keys)
    engine = Engine(settings, url)
    try:
        yield engine
    finally:
        engine.close()


def more_grants(world: World) -> list[UUID]:
    """Consents of several accounts; returns their grants."""
    grants = []
    for account in (f"account-{number}" for number in range(ACCOUNTS)):
        world.consent(account=account)
        grant = world.engine.set_up.connection(account).grant_id
        assert grant is not None
        grants.append(grant)
    return grants


def refresh_again_and_again(engine: Engine, grant_id: UUID, begun: threading.Event) -> tuple[int, str]:
    """Refresh in a row; the newest version handed out, and its token."""
    newest = (0, "")
    for _ in range(REFRESHES):
        token = engine.tokens.force_refresh(grant_id, engine.grants.read(grant_id).token_version)
        newest = max(newest, (token.version, token.secret.reveal()))
        begun.set()
    return newest


def rotated_while_refreshing(world: World, grants: list[UUID], rotate: Callable[[Engine], object]) -> dict[UUID, Any]:
    """Rotate over and over while two engines refresh every grant; the newest token each grant was given."""
    begun = threading.Event()
    with (
        engine_with(world, NOT_YET) as lagging,
        engine_with(world, BOTH) as engine,
        ThreadPoolExecutor(2 * len(grants)) as pool,
    ):
        jobs = [(g, pool.submit(refresh_again_and_again, e, g, begun)) for g in grants for e in (lagging, engine)]
        assert begun.wait(60)
        while not all(job.done() for _, job in jobs):
            rotate(engine)
        newest: dict[UUID, tuple[int, str]] = {}
        for grant, job in jobs:
            newest[grant] = max(newest.get(grant, (0, "")), job.result())
    return newest


def lost(engine: Engine, newest: dict[UUID, Any]) -> list[UUID]:
    """The grants whose newest tokens are not those that were handed out last."""
    held = {grant: engine.grants.read(grant) for grant in newest}
    return [g for g, one in held.items() if (one.token_version, one.tokens.access_token.reveal()) != newest[g]]


def test_keys_are_rotated_under_concurrent_refreshes_and_none_is_lost(world: World) -> None:
    grants = more_grants(world)
    world.queue(example_invoices(2))
    newest = rotated_while_refreshing(world, grants, lambda engine: engine.vault.rotation.rotate())
    assert max(version for version, _ in newest.values()) > REFRESHES, "the refreshes were real"
    with engine_with(world, BOTH) as engine:
        rotated = engine.vault.rotation.rotate()
        assert (rotated.still_needed, rotated.unreadable) == ((), 0)
    with engine_with(world, NEW) as engine:
        assert lost(engine, newest) == []
        for grant in grants:  # Xero still takes them, so these are the tokens it knows
            engine.tokens.force_refresh(grant, engine.grants.read(grant).token_version)
        engine.dispatcher.look_at(world.lane)
    assert len(world.in_xero()) == 2
    old = Grants(world.engine.store.cursor, world.engine.vault.rotation._keyring)
    for grant in grants:
        with pytest.raises(UnknownKey, match="new-1"):
            old.read(grant)


class Careless(Grants):
    """Seals anew what it read a moment ago, without holding the rows: what a rotation must not do."""

    between: Callable[[], object]

    def reseal(self, after: str | None, limit: int) -> Resealed:
        with self._begin() as cursor:
            rows = cursor.execute("SELECT *, false AS in_grace FROM app.xero_grant").fetchall()
        fresh = [(self._anew(row)[0], row["grant_id"]) for row in rows]
        self.between()
        with self._begin() as cursor:
            cursor.executemany("UPDATE app.xero_grant SET sealed_tokens = %s WHERE grant_id = %s", fresh)
        return Resealed(done=len(fresh))


def test_a_rotation_that_holds_no_row_loses_a_refresh(world: World) -> None:
    (grant, *_) = more_grants(world)
    with engine_with(world, BOTH) as engine:
        keyring = engine.vault.rotation._keyring
        careless = Careless(engine.store.cursor, keyring)
        handed_out = []

        def refresh() -> None:
            token = engine.tokens.force_refresh(grant, 1)
            handed_out.append((token.version, token.secret.reveal()))

        careless.between = refresh
        careless.reseal(None, 1)
        with pytest.raises(Exception, match="the seal does not fit"):
            lost(engine, {grant: handed_out[0]})
        assert header(keyring) == b"\x01\x05new-1"


def test_a_rotation_that_was_stopped_goes_on_where_it_was(world: World) -> None:
    more_grants(world)
    with engine_with(world, BOTH) as engine:
        rotation = KeyRotation(engine.vault.rotation._keyring, engine.vault.rotation._tables, batch=2)
        told: list[tuple[int, int]] = []

        def stop(done: int, total: int) -> None:
            told.append((done, total))
            if done:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            rotation.rotate(stop)
        done, total = told[-1]
        assert (done, total) == (2, ACCOUNTS + 1)
        old = {use.key_id: use.needed for use in rotation.uses()}["test-1"]
        assert old == total - done
        rotated = rotation.rotate(lambda done, total: told.append((done, total)))
        assert (rotated.done, rotated.still_needed) == (old, ())
        assert told[-1] == (old, old)


def test_an_engine_that_lacks_a_key_its_secrets_need_does_not_begin_to_work(world: World) -> None:
    with engine_with(world, NEW) as engine:
        with pytest.raises(SettingsError, match=r"KYRIOS_XERO_SECRET_KEYS lacks the key test-1, .* \(grants: 1\)"):
            engine.vault.check()
        with pytest.raises(SettingsError, match="lacks the key test-1"):
            engine.queue_invoices(example_invoices(1), OWNER)
    assert world.outbox() == []
