"""The definition of the tables of mails: who gets them, what is to be sent, and the one lane they all go through."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from adapters.tables.schema import APP_NOW, METADATA, TIME

RECIPIENT: Final = Table(
    "recipient",
    METADATA,
    Column("recipient_id", Uuid, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("refused_at", TIME),
    Column("refused_for", Text),
    Index("recipient_account", "account_id"),
    schema="app",
)

MAIL: Final = Table(
    "mail",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("effect_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cause_code", Text, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("stream_id", Uuid, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("recipient_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_at", TIME, nullable=False, server_default=APP_NOW),
    Column("due_at", TIME, nullable=False, server_default=APP_NOW),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("first_tried_at", TIME),
    Column("lease_token", Uuid),
    Column("lease_until", TIME),
    Column("issue", Integer, nullable=False, server_default="1"),
    Column("rendered_at", TIME),
    Column("told_at", TIME),
    Column("sealed", LargeBinary),
    Column("cause", Text),
    Column("created_at", TIME, nullable=False, server_default=APP_NOW),
    Column("closed_at", TIME),
    UniqueConstraint("effect_key", name="mail_effect_key_key"),
    CheckConstraint(
        "state IN ('PENDING', 'LEASED', 'AMBIGUOUS', 'DONE', 'REJECTED', 'DEAD', 'WITHDRAWN')",
        name="mail_state_check",
    ),
    Index("mail_due", "due_at", postgresql_where=text("closed_at IS NULL")),
    Index(
        "mail_told",
        "connection_id",
        "kind",
        "cause_code",
        "recipient_id",
        postgresql_where=text("told_at IS NOT NULL"),
    ),
    Index("mail_closed", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
    schema="app",
    postgresql_with={"fillfactor": "70", "autovacuum_vacuum_scale_factor": "0.02"},
)

MAIL_LANE: Final = Table(
    "mail_lane",
    METADATA,
    Column("lane", Text, primary_key=True),
    Column("paused_until", TIME),
    Column("paused_for", Text),
    Column("failures_in_row", Integer, nullable=False, server_default="0"),
    Column("taken_at", TIME),
    schema="app",
)
