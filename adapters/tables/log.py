"""The definition of the event log, of what commands and names it has seen, whose copy it is, and of its clock."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Interval,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from adapters.tables.schema import APP_NOW, METADATA, TIME

EVENTS: Final = Table(
    "sync_events",
    METADATA,
    Column("originator_id", Uuid, nullable=False),
    Column("originator_version", BigInteger, nullable=False),
    Column("topic", Text),
    Column("state", LargeBinary),
    Column("notification_id", BigInteger, nullable=False, server_default=text("nextval('es.notification_id_seq')")),
    Column("recorded_at", TIME, nullable=False, server_default=APP_NOW),
    PrimaryKeyConstraint("originator_id", "originator_version", name="sync_events_pkey"),
    Index("sync_events_notification_id_idx", "notification_id", unique=True),
    schema="es",
)

IDEMPOTENCY: Final = Table(
    "idempotency",
    METADATA,
    Column("account_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("request_hash", Text, nullable=False),
    Column("answer", JSONB, nullable=False),
    Column("created_at", TIME, nullable=False, server_default=APP_NOW),
    PrimaryKeyConstraint("account_id", "key", name="idempotency_pkey"),
    schema="app",
)

INVOICE_IDENTITY: Final = Table(
    "invoice_identity",
    METADATA,
    Column("account_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("stream_id", Uuid, nullable=False),
    PrimaryKeyConstraint("account_id", "name", name="invoice_identity_pkey"),
    schema="app",
)

LOG_COPY: Final = Table(
    "log_copy",
    METADATA,
    Column("only_row", Boolean, primary_key=True, server_default="true"),
    Column("account_id", Text, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("copied_at", TIME, nullable=False, server_default=APP_NOW),
    CheckConstraint("only_row", name="log_copy_only_row_check"),
    schema="app",
)

VIRTUAL_CLOCK: Final = Table(
    "virtual_clock",
    METADATA,
    Column("only_row", Boolean, primary_key=True, server_default="true"),
    Column("shift", Interval, nullable=False),
    CheckConstraint("only_row", name="virtual_clock_only_row_check"),
    schema="app",
)

HEARTBEAT: Final = Table(
    "heartbeat",
    METADATA,
    Column("only_row", Boolean, primary_key=True, server_default="true"),
    Column("beat_at", TIME, nullable=False),
    Column("running_since", TIME, nullable=False),
    CheckConstraint("only_row", name="heartbeat_only_row_check"),
    schema="app",
)
