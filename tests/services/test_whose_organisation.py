"""An organisation belongs to one account: whoever leaves it by their own wish frees it, and nobody else does."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from eventsourcing.persistence import StoredEvent
from psycopg import Cursor

from adapters.event_store import organisation_bindings
from adapters.event_store.recorder import OutboxRecorder
from adapters.event_store.writes import Writes
from adapters.simulator.server import Simulator
from domain import connection as connections
from domain.causes import Cause
from domain.connection import DisconnectReason, OrganisationWithheld
from domain.connection_standing import standing
from domain.event import ENGINE
from domain.refusals import OrganisationInUse
from domain.streams import connection_id
from services.bootstrap import Parts
from services.views.account_status import status_of
from tests.waiting import somebody_waits_for_a_lock, until
from tests.world import ACCOUNT, OWNER, World, organisation_id, world_on

RIVAL: Final = "moa-press"
TAKEN: Final = Cause("organisation_in_use")


def choose(world: World, account: str) -> Any:
    """Choose the example's organisation for an account."""
    return world.engine.set_up.choose_organisation(account, organisation_id(), OWNER)


def end(world: World, reason: DisconnectReason) -> None:
    """End the first account's connection for this reason."""
    world.engine.handling.carry_out(
        world.lane, connections.evolve, lambda state, at: connections.disconnect(state, reason, {}, at), ENGINE
    )


@pytest.mark.article("R17")
def test_an_organisation_of_another_account_is_refused_and_holds_only_who_picked_it(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    assert world.consent(account=RIVAL) == "connected"
    with pytest.raises(OrganisationInUse, match="belongs to another Kyrios account"):
        choose(world, RIVAL)
    assert world.engine.set_up.connection(RIVAL).held_by == (TAKEN,)
    assert world.engine.set_up.connection(ACCOUNT).gate_open
    before = world.engine.store.head()
    with pytest.raises(OrganisationInUse):
        choose(world, RIVAL)
    assert world.engine.store.head() == before
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == [], "the answer says it, and events"


@pytest.mark.article("R17")
@pytest.mark.parametrize("reason", ["inactivity", "authorisation_lost", "removed_in_xero"])
def test_an_organisation_stays_reserved_for_whoever_did_not_leave_it_themselves(
    world: World, reason: DisconnectReason
) -> None:
    end(world, reason)
    world.consent(account=RIVAL)
    with pytest.raises(OrganisationInUse):
        choose(world, RIVAL)
    assert world.consent() == "resumed"


@pytest.mark.article("R17")
def test_disconnected_by_its_user_an_organisation_is_free_and_who_took_it_keeps_it(world: World) -> None:
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.consent(account=RIVAL)
    choose(world, RIVAL)
    assert world.consent() == "in_use"
    known = world.engine.set_up.connection(ACCOUNT)
    assert (known.held_by, known.picked) == ((TAKEN,), organisation_id())
    world.engine.projector.catch_up()
    (told,) = status_of(world.engine.store.head(), world.engine.read, ACCOUNT).accounts
    assert (standing(known), told.status) == ("choosing", "choosing"), "it is to pick another one"
    withheld = [e for e in world.engine.store.events_of(world.lane) if isinstance(e, OrganisationWithheld)]
    assert [event.cause for event in withheld] == [TAKEN]
    world.engine.set_up.disconnect(RIVAL, OWNER)
    choose(world, ACCOUNT)
    assert world.engine.set_up.connection(ACCOUNT).gate_open


def test_of_two_accounts_choosing_at_the_same_moment_one_is_refused(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    with world_on(xero, database_url, tmp_path) as world, ThreadPoolExecutor(1) as rival:
        for account in (ACCOUNT, RIVAL):
            world.consent(account=account, user=f"bookkeeper of {account}")
        with world.engine.store.begin() as tx:
            # The first one's choice is written and not committed: the second sees nothing of it yet.
            organisation_bindings.bind(tx.cursor, {ACCOUNT: organisation_id()})
            second = rival.submit(choose, world, RIVAL)
            until(lambda: somebody_waits_for_a_lock(world.engine.database_url) or second.done())
            assert not second.done()
        with pytest.raises(OrganisationInUse):
            second.result(30)
        choose(world, ACCOUNT)
        assert world.engine.set_up.connection(RIVAL).held_by == (TAKEN,)


class Unbound(OutboxRecorder):
    """Records who chose what, and binds nothing."""

    def _insert_events(
        self,
        curs: Cursor[dict[str, Any]],
        stored_events: Sequence[StoredEvent],
        *,
        writes: Writes | None = None,
        tracking: None = None,
        **unknown: Any,
    ) -> None:
        unbound = msgspec.structs.replace(writes, organisations={}) if writes else None
        super()._insert_events(curs, stored_events, writes=unbound, tracking=tracking, **unknown)


def test_without_the_binding_two_accounts_would_write_into_the_same_books(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    parts = Parts(recorder="tests.services.test_whose_organisation:Unbound")
    with world_on(xero, database_url, tmp_path, parts) as world:
        for account in (ACCOUNT, RIVAL):
            world.consent(account=account)
            choose(world, account)
            assert world.engine.set_up.connection(account).organisation_id == organisation_id()


def test_two_accounts_that_change_places_do_not_wait_for_each_other(world: World) -> None:
    bind = organisation_bindings.bind
    with world.engine.store.begin() as tx:
        bind(tx.cursor, {RIVAL: "books-2"})
    with ThreadPoolExecutor(2) as both:
        swaps = [both.submit(_swap, world, account, to) for account, to in ((ACCOUNT, "books-2"), (RIVAL, "books-2"))]
        refused = [isinstance(swap.exception(30), OrganisationInUse) for swap in swaps]
    assert refused == [True, False]


def _swap(world: World, account: str, to: str) -> None:
    with world.engine.store.begin() as tx:
        organisation_bindings.bind(tx.cursor, {account: to})


def test_the_lane_knows_whose_books_it_leads_to(world: World) -> None:
    with world.engine.store.cursor() as cursor:
        cursor.execute("SELECT organisation_id FROM app.lane WHERE connection_id = %s", [connection_id(ACCOUNT)])
        assert cursor.fetchone() == {"organisation_id": organisation_id()}
