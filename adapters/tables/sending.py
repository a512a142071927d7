"""The definition of the tables of sending: lanes and the one of the whole app, entries, deliveries."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from adapters.tables.schema import APP_NOW, METADATA, TIME

LANE: Final = Table(
    "lane",
    METADATA,
    Column("connection_id", Uuid, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("gate", Text, nullable=False, server_default="closed"),
    Column("tokens", Numeric(12, 4), nullable=False, server_default="3"),
    Column("refilled_at", TIME, nullable=False, server_default=APP_NOW),
    Column("started", BigInteger, nullable=False, server_default="0"),
    Column("promised", BigInteger),
    Column("window_over_at", TIME),
    Column("promised_today", BigInteger),
    Column("day_over_at", TIME),
    Column("day_most", Integer, nullable=False, server_default="0"),
    Column("paused_until", TIME),
    Column("paused_for", Text),
    Column("failures_in_row", Integer, nullable=False, server_default="0"),
    Column("newest_at_failure", BigInteger, nullable=False, server_default="0"),
    Column("begins_again", Boolean, nullable=False, server_default="false"),
    Column("served_at", TIME),
    Column("last_activity_at", TIME),
    Column("organisation_id", Text),
    CheckConstraint("gate IN ('open', 'closed')", name="lane_gate_check"),
    schema="app",
)

WHOLE_APP: Final = Table(
    "whole_app",
    METADATA,
    Column("only_row", Boolean, primary_key=True, server_default="true"),
    Column("app_left", Integer),
    Column("heard_at", TIME),
    Column("paused_until", TIME),
    Column("paused_for", Text),
    Column("resting", Boolean, nullable=False, server_default="false"),
    Column("failed_probes", Integer, nullable=False, server_default="0"),
    Column("probe_until", TIME),
    Column("probe_by", Uuid),
    CheckConstraint("only_row", name="whole_app_only_row_check"),
    schema="app",
)

CLOCK_SEEN: Final = Table(
    "clock_seen",
    METADATA,
    Column("only_row", Boolean, primary_key=True, server_default="true"),
    Column("at", TIME, nullable=False, server_default=APP_NOW),
    CheckConstraint("only_row", name="clock_seen_only_row_check"),
    schema="app",
)

OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("connection_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("stream_id", Uuid, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("effect_key", Text, nullable=False),
    Column("organisation_id", Text),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", TIME, nullable=False, server_default=APP_NOW),
    Column("lease_token", Uuid),
    Column("lease_until", TIME),
    Column("delivery_id", Uuid),
    Column("grp", Uuid),
    Column("cause", Text),
    Column("created_at", TIME, nullable=False, server_default=APP_NOW),
    Column("closed_at", TIME),
    Column("first_tried_at", TIME),
    Column("deaths", Integer, nullable=False, server_default="0"),
    Column("asked", Boolean, nullable=False, server_default="false"),
    Column("deaths_alone", Integer, nullable=False, server_default="0"),
    Column("searches", Integer, nullable=False, server_default="0"),
    Column("searching_since", TIME),
    Column("search_grp", Uuid),
    Column("attempts_alone", Integer, nullable=False, server_default="0"),
    UniqueConstraint("effect_key", name="outbox_effect_key_key"),
    CheckConstraint(
        "state IN ('WAITING', 'PENDING', 'LEASED', 'AMBIGUOUS', 'DONE', 'REJECTED', 'CONFLICT', 'DEAD', 'WITHDRAWN')",
        name="outbox_state_check",
    ),
    Index(
        "outbox_one_live_entry_per_stream",
        "stream_id",
        unique=True,
        postgresql_where=text("state IN ('PENDING', 'LEASED', 'AMBIGUOUS')"),
    ),
    Index("outbox_open_of_stream", "stream_id", postgresql_where=text("closed_at IS NULL")),
    Index("outbox_pending", "connection_id", "id", postgresql_where=text("state = 'PENDING'")),
    Index("outbox_asked", "connection_id", postgresql_where=text("asked AND state = 'PENDING'")),
    Index("outbox_ambiguous", "connection_id", "due_at", postgresql_where=text("state = 'AMBIGUOUS'")),
    Index("outbox_leased", "connection_id", "lease_until", postgresql_where=text("lease_token IS NOT NULL")),
    Index(
        "outbox_removals",
        "connection_id",
        postgresql_where=text("kind = 'remove_connection' AND (closed_at IS NULL OR state = 'DEAD')"),
    ),
    Index("outbox_closed", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
    schema="app",
    postgresql_with={"fillfactor": "70", "autovacuum_vacuum_scale_factor": "0.02"},
)

CLAIM_BEGUN: Final = Table(
    "claim_begun",
    METADATA,
    Column("token", Uuid, primary_key=True),
    Column("connection_id", Uuid, nullable=False),
    Column("entry_ids", ARRAY(BigInteger), nullable=False),
    Index("claim_begun_connection", "connection_id"),
    schema="app",
)

DELIVERY: Final = Table(
    "delivery",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("connection_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("body_sha", LargeBinary),
    Column("entries", Integer, nullable=False),
    Column("lease_until", TIME, nullable=False),
    Column("created_at", TIME, nullable=False, server_default=APP_NOW),
    Column("finished_at", TIME),
    Column("http_status", Integer),
    Column("outcome", Text),
    Column("xero_correlation_id", Text),
    CheckConstraint("purpose IN ('send', 'look_up', 'read')", name="delivery_purpose_check"),
    Index("delivery_in_flight", "connection_id", "lease_until", postgresql_where=text("finished_at IS NULL")),
    schema="app",
)

DELIVERY_FRAGMENT: Final = Table(
    "delivery_fragment",
    METADATA,
    Column(
        "delivery_id", Uuid, ForeignKey("app.delivery.id", name="delivery_fragment_delivery_id_fkey"), nullable=False
    ),
    Column("position", Integer, nullable=False),
    Column("entry_id", BigInteger, nullable=False),
    Column("stream_id", Uuid, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("fragment", LargeBinary),
    Column("fragment_sha", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    PrimaryKeyConstraint("delivery_id", "position", name="delivery_fragment_pkey"),
    Index("delivery_fragment_stream", "stream_id"),
    schema="app",
)
