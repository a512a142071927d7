"""How far each reader of the log has come; a projection's position moves in the transaction of its rows."""

from typing import Final

from sqlalchemy import BigInteger, Column, Connection, Table, Text, select, update
from sqlalchemy.dialects.postgresql import insert

from projections.schema import METADATA

STATUS: Final = "status"
"""The checkpoint that invoice_status, blocked_by, connection_status and counters share; they always move together."""

CHECKPOINTS: Final = Table(
    "checkpoints",
    METADATA,
    Column("projection", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)


class RivalProjector(Exception):
    """Another reader moved the checkpoint first; this transaction must be rolled back."""


def position(connection: Connection, projection: str = STATUS) -> int:
    """The position of the newest event that was folded, 0 before the first."""
    named = CHECKPOINTS.c.projection == projection
    return connection.execute(select(CHECKPOINTS.c.position).where(named)).scalar() or 0


def lock(connection: Connection, projection: str = STATUS) -> int:
    """The position, which nobody else moves until this transaction ends."""
    _ensure(connection, projection)
    named = CHECKPOINTS.c.projection == projection
    return int(connection.execute(select(CHECKPOINTS.c.position).where(named).with_for_update()).scalar_one())


def move(connection: Connection, old: int, new: int, projection: str = STATUS) -> None:
    """Move on from `old`, or raise RivalProjector. Done first, so that a rival waits here and locks nothing else."""
    if old == 0:
        _ensure(connection, projection)
    moved = connection.execute(
        update(CHECKPOINTS)
        .where(CHECKPOINTS.c.projection == projection, CHECKPOINTS.c.position == old)
        .values(position=new)
    )
    if moved.rowcount != 1:
        raise RivalProjector(f"the checkpoint {projection} is no longer at {old}")


def _ensure(connection: Connection, projection: str) -> None:
    connection.execute(insert(CHECKPOINTS).values(projection=projection, position=0).on_conflict_do_nothing())
