"""Nobody waits for long with a claim in hand while another process refreshes the tokens, and perhaps died at it."""

from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any
from uuid import UUID

from adapters.event_store.store import Transaction
from adapters.xero.answers import InvoicesAnswer
from adapters.xero.session import BeforeSend, XeroSession, nothing
from adapters.xero.tokens import TokenSource
from domain.connection import Connection
from services.bootstrap import Parts
from services.dispatch.claim import Claim
from services.dispatch.lane_work import Work
from services.dispatch.leave import Leave
from services.running import working
from tests.crash.books import assert_in_xero_once
from tests.many_lanes import many_lanes
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.seen import lane, states
from tests.waiting import PATIENCE
from tests.world import World, example_invoices

COUNT = 3


def test_while_another_refreshes_nothing_is_claimed_and_the_lane_is_looked_at_when_that_may_be_over(
    world: World,
) -> None:
    world.queue(example_invoices(COUNT))
    before = lane(world)["started"]
    began = monotonic()
    died_refreshing(world, 45)
    assert not world.engine.dispatcher.look_at(world.lane)
    assert began + 44 < world.engine.alarms._at[world.lane] <= monotonic() + 46
    assert deliveries(world) == []
    assert lane(world)["started"] == before
    assert [entry["attempts"] for entry in world.outbox()] == [0] * COUNT
    died_refreshing(world, -1)
    world.work()
    assert_in_xero_once(world, COUNT)


def test_a_token_that_lives_long_enough_is_used_while_another_refreshes(world: World) -> None:
    world.queue(example_invoices(COUNT))
    died_refreshing(world, 45, lives=30)
    world.work()
    assert_in_xero_once(world, COUNT)


def test_a_search_is_not_claimed_either(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(COUNT))
    world.work()
    world.later(600)
    died_refreshing(world, 45)
    known = len(deliveries(world))
    assert not world.engine.dispatcher.look_at(world.lane)
    assert len(deliveries(world)) == known
    assert states(world) == ["AMBIGUOUS"] * COUNT


class RefreshedMeanwhile(Claim):
    """Another process begins to refresh between our claim and our call, and dies."""

    def to_send(self, connection_id: UUID) -> Work[Any] | None:
        """Claim; then the tokens are gone."""
        work = super().to_send(connection_id)
        with self._store.cursor() as cursor:
            cursor.execute(_REFRESHING, {"lives": 0, "lease": 45})
        return work


def test_a_claim_that_meets_anothers_refresh_is_given_back_and_uses_neither_attempt_nor_call(world: World) -> None:
    world.queue(example_invoices(1))
    world.work()
    world.queue(example_invoices(COUNT, start=1))
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.lane SET promised = started + 7, promised_today = started + 9, day_most = 0, tokens = 2"
        )
    with beside(world, Parts(claim=RefreshedMeanwhile)) as there:
        other = there.engine
        other.tokens = TokenSource(other.grants, other.oauth, patience=0.0)
        assert other.dispatcher.look_at(world.lane)
    assert deliveries(world) == ["answered", "given_back"]
    assert states(world)[1:] == ["PENDING"] * COUNT
    assert [entry["attempts"] for entry in world.outbox()][1:] == [0] * COUNT
    after = lane(world)
    left = (after["promised"] - after["started"], after["promised_today"] - after["started"])
    assert left == (7, 9)
    assert after["tokens"] >= 2
    assert (after["paused_until"], after["failures_in_row"]) == (None, 0)


class NeverMindsTokens(Leave):
    """A control: claims whether or not there is a token."""

    def has_token(self, tx: Transaction, connection_id: UUID, connection: Connection) -> bool:
        """It does not ask."""
        return True


class ClaimsAnyway(Claim):
    """The control's claim."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self._leave = NeverMindsTokens(self._leave._budget, self._leave._lease, self._leave._look_again)


def test_who_does_not_ask_for_the_token_first_claims_in_vain(world: World) -> None:
    world.queue(example_invoices(COUNT))
    died_refreshing(world, 45)
    with beside(world, Parts(claim=ClaimsAnyway)) as there:
        other = there.engine
        other.tokens = TokenSource(other.grants, other.oauth, patience=0.0)
        assert other.dispatcher.look_at(world.lane)
    assert deliveries(world) == ["given_back"]


def test_a_refresher_that_died_for_one_organisation_does_not_delay_another(database_url: str, tmp_path: Path) -> None:
    left, any_left = list[str](), Event()

    class Watched(XeroSession):
        def put_invoices(
            self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing
        ) -> InvoicesAnswer:
            left.append(self._organisation_id)
            any_left.set()
            return super().put_invoices(body, idempotency_key, before_send=before_send)

    settings = {"KYRIOS_XERO_WORKER_THREADS": "4", "KYRIOS_XERO_SWEEP_INTERVAL": "600"}
    with many_lanes(2, database_url, tmp_path, Parts(session=Watched), **settings) as many:
        engine = many.world.engine
        died_refreshing(many.world, 3_600, account=many.accounts[0])
        engine.ring = engine.doorbell.ring
        many.queue(0, 400)
        with working(engine):
            for _ in range(20):
                engine.ring(many.lanes[0])
            many.queue(1, 1)
            engine.ring(many.lanes[1])
            assert any_left.wait(PATIENCE)
        assert left == [many.tenants[1]]
        with engine.store.cursor() as cursor:
            cursor.execute("SELECT FROM app.delivery WHERE connection_id = %s", (many.lanes[0],))
            assert cursor.fetchall() == []


def died_refreshing(world: World, lease: float, lives: float = 0, account: str = "") -> None:
    """A process died while it refreshed tokens: its lease runs for so long, and the old token lives for so long."""
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            _REFRESHING + (" WHERE account_id = %(account)s" if account else ""),
            {"lease": lease, "lives": lives, "account": account},
        )


def deliveries(world: World) -> list[str]:
    """How the deliveries so far ended, in order."""
    with world.engine.store.cursor() as cursor:
        cursor.execute("SELECT outcome FROM app.delivery WHERE purpose <> 'read' ORDER BY created_at")
        return [row["outcome"] for row in cursor]


_REFRESHING = """
    UPDATE app.xero_grant SET access_expires_at = app.now() + %(lives)s * interval '1 second',
           refresh_lease_until = app.now() + %(lease)s * interval '1 second'
"""
