"""Leaving Xero, for the tests of it: what is alive there, all work of some accounts, and who still works."""

from typing import Final

from domain.connection import AccessRemoved, Connection, ConnectionRemoved
from domain.streams import connection_id
from services.proof.verify import verify
from tests.services.test_reconnect import found_another_organisation
from tests.world import ACCOUNT, OWNER, World, organisation_id

CLIENT: Final = "second-client"
THIRD: Final = "8e0f7c52-6a1b-4d0c-9d55-2f1f0c7f3b21"
DAY: Final = 24 * 3600
HOME: Final = organisation_id()


def held(world: World) -> list[str]:
    """The organisations of all connections that are alive in Xero, of whatever user."""
    return sorted(one["tenantId"] for one in world.control.get("/ledger/connections").json()["connections"])


def connection(world: World, account: str = ACCOUNT) -> Connection:
    return world.engine.set_up.connection(account)


def spin(world: World, *accounts: str) -> None:
    """Do all work of these accounts, also what waits for a moment or a day."""
    for wait in (31, 301, DAY):
        for account in accounts or (ACCOUNT,):
            for _ in range(12):
                if not world.engine.dispatcher.look_at(connection_id(account)):
                    break
            else:
                raise AssertionError("there is always more work")
        world.later(wait)
    assert [
        entry["cause"] for entry in world.outbox() if entry["kind"] == "remove_connection" and not entry["closed_at"]
    ] == []
    assert all(connection(world, account).departures == () for account in accounts or (ACCOUNT,))


def disconnect(world: World, account: str = ACCOUNT) -> None:
    world.engine.set_up.disconnect(account, OWNER)
    spin(world, account)


def choose(world: World, organisation: str, account: str = ACCOUNT, *, afresh: bool = False) -> None:
    world.engine.set_up.choose_organisation(account, organisation, OWNER, start_afresh=afresh)


def ended(world: World, account: str = ACCOUNT) -> list[AccessRemoved | ConnectionRemoved]:
    """How everything of the account that left has ended."""
    events = world.engine.store.events_of(connection_id(account))
    return [event for event in events if isinstance(event, AccessRemoved | ConnectionRemoved)]


def assert_works(world: World, account: str = ACCOUNT) -> None:
    """The account reaches its books, by its own tokens, also after they were refreshed."""
    known = connection(world, account)
    assert known.grant_id is not None
    version = world.engine.grants.read(known.grant_id).token_version
    assert world.engine.tokens.force_refresh(known.grant_id, version).version == version + 1
    assert world.engine.session_of(known).organisation().organisation_id == known.organisation_id


def assert_clean(world: World) -> None:
    world.engine.projector.catch_up()
    checked = verify(world.engine.read)
    assert checked.clean, checked.summary()


def more_books(world: World) -> World:
    """The Xero user keeps three sets of books."""
    found_another_organisation(world)
    third = {"Name": "Harbour & Vine Cellars", "BaseCurrency": "NZD", "CountryCode": "NZ"}
    world.control.post(f"/organisations/{THIRD}/organisation", json=third).raise_for_status()
    return world
