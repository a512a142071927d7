"""The definition of every table the adapters own. Migrations create them; a test compares the two.

Schema `es` holds the event log and nothing else, schema `app` all the rest.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Interval,
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

from adapters.mail_tables import MAIL, MAIL_LANE, RECIPIENT
from adapters.schema import APP_NOW, METADATA, TIME

__all__ = ["MAIL", "MAIL_LANE", "METADATA", "RECIPIENT"]

_TIME: Final = TIME
_APP_NOW: Final = APP_NOW

EVENTS: Final = Table(
    "sync_events",
    METADATA,
    Column("originator_id", Uuid, nullable=False),
    Column("originator_version", BigInteger, nullable=False),
    Column("topic", Text),
    Column("state", LargeBinary),
    Column("notification_id", BigInteger, nullable=False, server_default=text("nextval('es.notification_id_seq')")),
    Column("recorded_at", _TIME, nullable=False, server_default=_APP_NOW),
    PrimaryKeyConstraint("originator_id", "originator_version", name="sync_events_pkey"),
    Index("sync_events_notification_id_idx", "notification_id", unique=True),
    schema="es",
)

LANE: Final = Table(
    "lane",
    METADATA,
    Column("connection_id", Uuid, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("gate", Text, nullable=False, server_default="closed"),
    Column("tokens", Numeric(12, 4), nullable=False, server_default="3"),
    Column("refilled_at", _TIME, nullable=False, server_default=_APP_NOW),
    Column("started", BigInteger, nullable=False, server_default="0"),
    Column("promised", BigInteger),
    Column("window_over_at", _TIME),
    Column("promised_today", BigInteger),
    Column("day_over_at", _TIME),
    Column("day_most", Integer, nullable=False, server_default="0"),
    Column("paused_until", _TIME),
    Column("paused_for", Text),
    Column("failures_in_row", Integer, nullable=False, server_default="0"),
    Column("served_at", _TIME),
    Column("last_activity_at", _TIME),
    Column("organisation_id", Text),
    CheckConstraint("gate IN ('open', 'closed')", name="lane_gate_check"),
    schema="app",
)

WHOLE_APP: Final = Table(
    "whole_app",
    METADATA,
    Column("only_row", Boolean, primary_key=True, server_default="true"),
    Column("app_left", Integer),
    Column("heard_at", _TIME),
    Column("paused_until", _TIME),
    Column("paused_for", Text),
    Column("resting", Boolean, nullable=False, server_default="false"),
    Column("failed_probes", Integer, nullable=False, server_default="0"),
    Column("probe_until", _TIME),
    CheckConstraint("only_row", name="whole_app_only_row_check"),
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
    Column("beat_at", _TIME, nullable=False),
    Column("running_since", _TIME, nullable=False),
    CheckConstraint("only_row", name="heartbeat_only_row_check"),
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
    Column("due_at", _TIME, nullable=False, server_default=_APP_NOW),
    Column("lease_token", Uuid),
    Column("lease_until", _TIME),
    Column("delivery_id", Uuid),
    Column("grp", Uuid),
    Column("cause", Text),
    Column("created_at", _TIME, nullable=False, server_default=_APP_NOW),
    Column("closed_at", _TIME),
    Column("first_tried_at", _TIME),
    Column("deaths", Integer, nullable=False, server_default="0"),
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
    Index("outbox_pending", "connection_id", "id", postgresql_where=text("state = 'PENDING'")),
    Index("outbox_ambiguous", "connection_id", "due_at", postgresql_where=text("state = 'AMBIGUOUS'")),
    Index("outbox_leased", "connection_id", "lease_until", postgresql_where=text("state = 'LEASED'")),
    Index(
        "outbox_removals",
        "connection_id",
        postgresql_where=text("kind = 'remove_connection' AND closed_at IS NULL"),
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
    Column("lease_until", _TIME, nullable=False),
    Column("created_at", _TIME, nullable=False, server_default=_APP_NOW),
    Column("finished_at", _TIME),
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

IDEMPOTENCY: Final = Table(
    "idempotency",
    METADATA,
    Column("account_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("request_hash", Text, nullable=False),
    Column("answer", JSONB, nullable=False),
    Column("created_at", _TIME, nullable=False, server_default=_APP_NOW),
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

INVOICE_TEXT: Final = Table(
    "invoice_text",
    METADATA,
    Column("stream_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("stream_id", "revision", name="invoice_text_pkey"),
    schema="app",
)

ANSWER_TEXT: Final = Table(
    "answer_text",
    METADATA,
    Column("answer_id", Uuid, primary_key=True),
    Column("stream_id", Uuid, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", _TIME, nullable=False, server_default=_APP_NOW),
    Index("answer_text_stream", "stream_id"),
    schema="app",
)

KYRIOS_CONTACT: Final = Table(
    "kyrios_contact",
    METADATA,
    Column("account_id", Text, nullable=False),
    Column("kyrios_contact_id", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("account_id", "kyrios_contact_id", name="kyrios_contact_pkey"),
    schema="app",
)

LINKED_CONTACT: Final = Table(
    "linked_contact",
    METADATA,
    Column("account_id", Text, nullable=False),
    Column("kyrios_contact_id", Text, nullable=False),
    Column("xero_contact_id", Text),
    PrimaryKeyConstraint("account_id", "kyrios_contact_id", name="linked_contact_pkey"),
    Index("linked_contact_by_xero", "account_id", "xero_contact_id"),
    schema="app",
)

ACCOUNT_KEY: Final = Table(
    "account_key",
    METADATA,
    Column("account_id", Text, primary_key=True),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("created_at", _TIME, nullable=False, server_default=_APP_NOW),
    schema="app",
)

ORGANISATION_BINDING: Final = Table(
    "organisation_binding",
    METADATA,
    Column("organisation_id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("bound_at", _TIME, nullable=False, server_default=_APP_NOW),
    Index("organisation_binding_account", "account_id"),
    schema="app",
)

XERO_GRANT: Final = Table(
    "xero_grant",
    METADATA,
    Column("grant_id", Uuid, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("xero_user_id", Text, nullable=False),
    Column("sealed_tokens", LargeBinary),
    Column("previous_sealed_tokens", LargeBinary),
    Column("previous_until", _TIME),
    Column("access_expires_at", _TIME, nullable=False),
    Column("token_version", BigInteger, nullable=False, server_default="1"),
    Column("refused_version", BigInteger),
    Column("refresh_lease_until", _TIME),
    Column("auth_event_id", Text, nullable=False, server_default=""),
    Column("created_at", _TIME, nullable=False, server_default=_APP_NOW),
    schema="app",
)

OAUTH_STATE: Final = Table(
    "oauth_state",
    METADATA,
    Column("consent_id", Uuid, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("begun_role", Text, nullable=False),
    Column("begun_by", Text, nullable=False),
    Column("ticket_hash", LargeBinary, nullable=False),
    Column("departed_at", _TIME),
    Column("state_hash", LargeBinary),
    Column("browser_hash", LargeBinary),
    Column("sealed_verifier", LargeBinary),
    Column("redirect_uri", Text),
    Column("returned_at", _TIME),
    Column("result", Text),
    Column("expires_at", _TIME, nullable=False),
    UniqueConstraint("ticket_hash", name="oauth_state_ticket_hash_key"),
    UniqueConstraint("state_hash", name="oauth_state_state_hash_key"),
    schema="app",
)

CONNECTION_PROBE: Final = Table(
    "connection_probe",
    METADATA,
    Column("connection_id", Uuid, primary_key=True),
    Column("asked_at", _TIME, nullable=False),
    Column("answered_at", _TIME),
    schema="app",
)

REFERENCE_DATA: Final = Table(
    "reference_data",
    METADATA,
    Column("connection_id", Uuid, nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("said", JSONB),
    Column("read_at", _TIME),
    Column("asked_at", _TIME),
    PrimaryKeyConstraint("connection_id", "organisation_id", "kind", name="reference_data_pkey"),
    schema="app",
)

CONTACT_DIRECTORY: Final = Table(
    "contact_directory",
    METADATA,
    Column("connection_id", Uuid, nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("xero_contact_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("merged_to", Text, nullable=False),
    Column("contact_number", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("sealed", LargeBinary),
    Column("fingerprint", Text, nullable=False),
    Column("email_hmac", Text),
    Column("name_hmac", Text),
    Column("like_name_hmac", Text),
    Column("updated_at", _TIME),
    Column("feed_seq", BigInteger),
    PrimaryKeyConstraint("connection_id", "organisation_id", "xero_contact_id", name="contact_directory_pkey"),
    Index("contact_directory_email", "email_hmac", postgresql_where=text("email_hmac IS NOT NULL")),
    Index("contact_directory_name", "name_hmac", postgresql_where=text("name_hmac IS NOT NULL")),
    Index("contact_directory_like_name", "like_name_hmac", postgresql_where=text("like_name_hmac IS NOT NULL")),
    Index(
        "contact_directory_feed",
        "connection_id",
        "feed_seq",
        unique=True,
        postgresql_where=text("feed_seq IS NOT NULL"),
    ),
    schema="app",
)

CONTACT_FEED: Final = Table(
    "contact_feed",
    METADATA,
    Column("connection_id", Uuid, primary_key=True),
    Column("last_seq", BigInteger, nullable=False, server_default="0"),
    schema="app",
)

CONTACT_READING: Final = Table(
    "contact_reading",
    METADATA,
    Column("connection_id", Uuid, nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("watermark", _TIME),
    Column("read_since", _TIME),
    Column("read_fully_since", _TIME),
    Column("began_at", _TIME),
    Column("next_page", Integer),
    Column("fully", Boolean, nullable=False, server_default="false"),
    Column("newest", _TIME),
    Column("created", Integer, nullable=False, server_default="0"),
    Column("updated", Integer, nullable=False, server_default="0"),
    Column("archived", Integer, nullable=False, server_default="0"),
    Column("lease_token", Uuid),
    Column("lease_until", _TIME),
    Column("hinted_at", _TIME),
    PrimaryKeyConstraint("connection_id", "organisation_id", name="contact_reading_pkey"),
    schema="app",
)
