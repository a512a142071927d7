"""The definition of the tables of what Xero says: organisations and whose they are, reference data, contacts."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from adapters.tables.schema import APP_NOW, METADATA, TIME

ORGANISATION_BINDING: Final = Table(
    "organisation_binding",
    METADATA,
    Column("organisation_id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("bound_at", TIME, nullable=False, server_default=APP_NOW),
    Index("organisation_binding_account", "account_id"),
    schema="app",
)

CONNECTION_PROBE: Final = Table(
    "connection_probe",
    METADATA,
    Column("connection_id", Uuid, primary_key=True),
    Column("asked_at", TIME, nullable=False),
    Column("answered_at", TIME),
    schema="app",
)

REFERENCE_DATA: Final = Table(
    "reference_data",
    METADATA,
    Column("connection_id", Uuid, nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("said", JSONB),
    Column("read_at", TIME),
    Column("asked_at", TIME),
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
    Column("updated_at", TIME),
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
    Column("watermark", TIME),
    Column("read_since", TIME),
    Column("read_fully_since", TIME),
    Column("began_at", TIME),
    Column("moved_at", TIME),
    Column("next_page", Integer),
    Column("fully", Boolean, nullable=False, server_default="false"),
    Column("newest", TIME),
    Column("created", Integer, nullable=False, server_default="0"),
    Column("updated", Integer, nullable=False, server_default="0"),
    Column("archived", Integer, nullable=False, server_default="0"),
    Column("lease_token", Uuid),
    Column("lease_until", TIME),
    Column("hinted_at", TIME),
    PrimaryKeyConstraint("connection_id", "organisation_id", name="contact_reading_pkey"),
    schema="app",
)
