"""connection_status: where each connection stands and what holds it back. Table, fold, queries.

An account whose invoices came before its first connection has no row yet: it is not connected.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Connection, Table, Text, Uuid, any_, cast, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from domain import connection as domain_connection
from domain.account_settings import contact_poll_of
from domain.causes import Cause
from projections.recorded import BadEvent, Recorded
from projections.schema import METADATA, TIME
from projections.steps import read, steps_of

ConnectionState = Literal[
    "not_connected",
    "choosing",
    "setup_incomplete",
    "active",
    "disconnected",
    "authorisation_lost",
    "other_organisation",
]

# ── table ───────────────────────────────────────────────────────────────────────────────────────────────────────────

CONNECTION_STATUS: Final = Table(
    "connection_status",
    METADATA,
    Column("connection_id", Uuid, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("organisation_id", Text),
    Column("confirmed", Boolean, nullable=False),
    Column("base_currency", Text, nullable=False),
    Column("held_by", JSONB, nullable=False),
    Column("opened_before", Boolean, nullable=False),
    Column("connected_at", TIME),
    Column("disconnected_at", TIME),
    Column("disconnected_for", Text),
    Column("contact_poll", BigInteger, nullable=False),
    Column("changed_at_position", BigInteger, nullable=False),
    Column("changed_at", TIME, nullable=False),
    Column("version", BigInteger, nullable=False),
)

NOT_CONNECTED: Final = (Cause("not_connected"),)
"""What holds back a connection that never was."""


class ConnectionRow(msgspec.Struct, gc=False):
    """One row, in the table's order; changed in place while a batch is folded. `held_by` is JSON as text.

    `confirmed` says that the present consent reaches the organisation. `contact_poll` is in seconds,
    `changed_at_position` where in the log it last changed.
    """

    connection_id: UUID
    account_id: str
    status: ConnectionState
    organisation_id: str | None
    confirmed: bool
    base_currency: str
    held_by: str
    opened_before: bool
    connected_at: dt.datetime | None
    disconnected_at: dt.datetime | None
    disconnected_for: str | None
    contact_poll: int
    changed_at_position: int
    changed_at: dt.datetime
    version: int

    @property
    def causes(self) -> tuple[Cause, ...]:
        """What holds this connection back; empty if its gate is open."""
        return msgspec.json.decode(self.held_by, type=tuple[Cause, ...])


# ── what is read of each event ──────────────────────────────────────────────────────────────────────────────────────


class _Fact(msgspec.Struct, gc=False):
    occurred_at: dt.datetime
    account_id: str


class _Selected(_Fact, gc=False):
    organisation_id: str
    xero_connection_id: str
    base_currency: str


class _Changed(_Fact, gc=False):
    name: str
    value: str


class _Closed(_Fact, gc=False):
    causes: list[Cause]


class _Disconnected(_Fact, gc=False):
    reason: str


# ── fold ────────────────────────────────────────────────────────────────────────────────────────────────────────────

Rows = dict[UUID, ConnectionRow]
_Step = Callable[[ConnectionRow, Any], None]


def _connected(row: ConnectionRow, fact: _Fact) -> None:
    row.connected_at, row.disconnected_at, row.disconnected_for = fact.occurred_at, None, None
    row.confirmed = False


def _selected(row: ConnectionRow, fact: _Selected) -> None:
    if row.organisation_id not in (None, fact.organisation_id):
        row.opened_before = False
    row.organisation_id, row.base_currency = fact.organisation_id, fact.base_currency
    row.confirmed = fact.xero_connection_id != ""


def _closed(row: ConnectionRow, fact: _Closed) -> None:
    row.held_by = msgspec.json.encode(fact.causes).decode()


def _opened(row: ConnectionRow, _: _Fact) -> None:
    row.held_by, row.opened_before = "[]", True


def _disconnected(row: ConnectionRow, fact: _Disconnected) -> None:
    row.disconnected_at, row.disconnected_for = fact.occurred_at, fact.reason
    row.confirmed = False


def _setting(row: ConnectionRow, fact: _Changed) -> None:
    if fact.name == "contact.poll":
        row.contact_poll = _seconds(contact_poll_of({fact.name: fact.value}))


def _nothing(row: ConnectionRow, _: _Fact) -> None:
    """Kept for the version and the time alone."""


_FOLDED: Final[dict[type[Any], tuple[type[_Fact], _Step]]] = {
    domain_connection.Connected: (_Fact, _connected),
    domain_connection.OrganisationSelected: (_Selected, _selected),
    domain_connection.OrganisationWithheld: (_Fact, _nothing),
    domain_connection.SettingsChanged: (_Changed, _setting),
    domain_connection.AccountsSelected: (_Fact, _nothing),
    domain_connection.TaxRatesDeclared: (_Fact, _nothing),
    domain_connection.TaxMapped: (_Fact, _nothing),
    domain_connection.TaxUnmapped: (_Fact, _nothing),
    domain_connection.ReferenceDrifted: (_Fact, _nothing),
    domain_connection.ReferenceRestored: (_Fact, _nothing),
    domain_connection.GateClosed: (_Closed, _closed),
    domain_connection.GateOpened: (_Fact, _opened),
    domain_connection.AlertRecipientsSet: (_Fact, _nothing),
    domain_connection.InactivityWarned: (_Fact, _nothing),
    domain_connection.Disconnected: (_Disconnected, _disconnected),
    domain_connection.AccessRemoved: (_Fact, _nothing),
    domain_connection.ConnectionRemoved: (_Fact, _nothing),
}
STEPS: Final = steps_of(_FOLDED)


def fold(rows: Rows, recorded: Recorded) -> None:
    """Fold one event of a connection into its row. Raises BadEvent if it does not follow what the row knows."""
    position, stream_id, version, _, _ = recorded
    fact, step = read(STEPS, recorded)
    row = rows.get(stream_id)
    if row is None:
        row = rows[stream_id] = _unknown(stream_id, fact)
    if version != row.version + 1:
        raise BadEvent(recorded, f"its stream is at version {row.version}")
    step(row, fact)
    row.version, row.changed_at, row.changed_at_position = version, fact.occurred_at, position
    row.status = _state(row)


def _unknown(stream_id: UUID, fact: _Fact) -> ConnectionRow:
    return ConnectionRow(
        connection_id=stream_id,
        account_id=fact.account_id,
        status="not_connected",
        organisation_id=None,
        confirmed=False,
        base_currency="",
        held_by=msgspec.json.encode(NOT_CONNECTED).decode(),
        opened_before=False,
        connected_at=None,
        disconnected_at=None,
        disconnected_for=None,
        contact_poll=_seconds(contact_poll_of({})),
        changed_at_position=0,
        changed_at=fact.occurred_at,
        version=0,
    )


def _seconds(duration: dt.timedelta) -> int:
    return int(duration.total_seconds())


def _state(row: ConnectionRow) -> ConnectionState:
    if row.disconnected_for is not None:
        return "authorisation_lost" if row.disconnected_for == "authorisation_lost" else "disconnected"
    if row.connected_at is None:
        return "not_connected"
    if row.organisation_id is None:
        return "choosing"
    if row.held_by == "[]":
        return "active"
    codes = {cause.code for cause in row.causes}
    if "organisation_changed" in codes:
        return "other_organisation"
    if "organisation_in_use" in codes or not row.confirmed:
        return "choosing"
    unfinished = not row.opened_before or "setup_incomplete" in codes
    return "setup_incomplete" if unfinished else "active"


# ── queries ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def load(connection: Connection, connection_ids: Iterable[UUID]) -> Rows:
    """The rows of these connections, as far as they exist."""
    wanted = any_(literal(list(connection_ids), ARRAY(Uuid)))
    found = connection.execute(select(*_columns()).where(CONNECTION_STATUS.c.connection_id == wanted))
    return {row[0]: ConnectionRow(*row) for row in found}


def every(connection: Connection) -> Rows:
    """All connections."""
    return {row[0]: ConnectionRow(*row) for row in connection.execute(select(*_columns()))}


def accounts_held_by(connection: Connection, code: str) -> list[str]:
    """The accounts whose connections this cause holds back, whatever else does."""
    c = CONNECTION_STATUS.c
    held = c.held_by.contains(cast([{"code": code}], JSONB))
    return list(connection.scalars(select(c.account_id).where(held).order_by(c.account_id)))


class Reachable(NamedTuple):
    """A connection that reaches the organisation it has chosen, and seconds between readings of its contacts."""

    connection_id: UUID
    organisation_id: str
    contact_poll: int


def reachable(connection: Connection, organisation_ids: Sequence[str] | None = None) -> list[Reachable]:
    """The connections Xero can be asked for: all, or those of some organisations."""
    c = CONNECTION_STATUS.c
    query = select(c.connection_id, c.organisation_id, c.contact_poll).where(
        c.organisation_id.is_not(None), c.confirmed
    )
    if organisation_ids is not None:
        query = query.where(c.organisation_id.in_(organisation_ids))
    return [Reachable(*row) for row in connection.execute(query)]


def held_by(connection: Connection, connection_id: UUID) -> tuple[Cause, ...]:
    """What holds a connection back, also one that never was."""
    row = load(connection, [connection_id]).get(connection_id)
    return NOT_CONNECTED if row is None else row.causes


def _columns() -> list[Any]:
    return [cast(c, Text) if isinstance(c.type, JSONB) else c for c in CONNECTION_STATUS.columns]
