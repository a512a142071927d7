"""Buffers touched per statement, with a short and with a long history behind the same work."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import create_engine

from domain import connection as connections
from services.bootstrap import Parts
from services.database import sqlalchemy_url
from services.dispatch.claim import Claim
from services.dispatch.lane_work import Work
from services.dispatch.record import Record
from services.projector import Projector
from tests.bench.explaining import EXPLAINING, ExplainingCursor
from tests.bench.figures import Chapter, Figure
from tests.bench.ground import Ground
from tests.bench.history import lengthen
from tests.world import World, example_invoices

BATCH: Final = 50
SHOWN: Final = 6
Pages = dict[str, dict[str, int]]


class ExplainedClaim(Claim):
    """Counts what it touches as `claim`."""

    def to_send(self, connection_id: UUID) -> Work[Any] | None:
        """Claim, counted."""
        with ExplainingCursor.buffers.during("claim"):
            return super().to_send(connection_id)


class ExplainedRecord(Record):
    """Counts what it touches as `record`."""

    def outcomes(self, work: Work[Any], *args: Any) -> None:
        """Record, counted."""
        with ExplainingCursor.buffers.during("record"):
            super().outcomes(work, *args)


def measure(ground: Ground, few: int, many: int) -> Chapter:
    """One batch of fifty through every step, first behind `few` events, then behind `many`."""
    with ground.world(Parts(recorder=EXPLAINING, claim=ExplainedClaim, record=ExplainedRecord)) as world:
        _walk(world, 0)
        lengthen(world.engine.database_url, few)
        short = _walk(world, 1)
        lengthen(world.engine.database_url, many - few)
        long = _walk(world, 2)
    figures = [
        Figure(
            what=step,
            value=sum(pages.values()),
            unit="pages",
            baseline=sum(short[step].values()),
            against=f"behind {few:,}",
            most_ratio=1.1,
        )
        for step, pages in long.items()
    ]
    return Chapter(
        title=f"Buffers touched per batch of {BATCH}, behind {many:,} events",
        figures=figures,
        remarks=_grown(short, long),
    )


def _walk(world: World, turn: int) -> Pages:
    """Pages by step and statement."""
    buffers, engine = ExplainingCursor.buffers, world.engine
    buffers.reset()
    read = create_engine(
        sqlalchemy_url(engine.database_url), connect_args={"cursor_factory": ExplainingCursor}, pool_size=1
    )
    steps: dict[str, Callable[[], object]] = {
        "take on": lambda: world.queue(example_invoices(BATCH, turn * BATCH)),
        "load a connection": lambda: engine.store.load(world.lane, connections.evolve),
        "sweep": lambda: engine.sweeper.sweep(),
        "project": lambda: Projector(engine.store, read).catch_up(),
        "follow for releases": lambda: engine.releaser.step(engine.projector.position()),
    }
    for step, act in steps.items():
        with buffers.during(step):
            act()
        if step == "take on":
            engine.dispatcher.look_at(world.lane)
    read.dispose()
    return {step: dict(pages) for step, pages in buffers.by_step.items()}


def _grown(short: Pages, long: Pages) -> list[str]:
    """The statements that grew most."""
    grown = [
        (pages - short[step].get(statement, 0), short[step].get(statement, 0), pages, step, statement)
        for step, statements in long.items()
        for statement, pages in statements.items()
        if pages > short[step].get(statement, 0)
    ]
    lines = [f"{was:>6} → {now:>6}  {step}: {text}" for _, was, now, step, text in sorted(grown, reverse=True)[:SHOWN]]
    return ["what grew most; a point look-up gains a page with each level its B-tree gains:", *lines]
