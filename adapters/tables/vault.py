"""The definition of the tables of the vault: keys, tokens, and consents on their way."""

from typing import Final

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text, UniqueConstraint, Uuid

from adapters.tables.schema import APP_NOW, METADATA, TIME

ACCOUNT_KEY: Final = Table(
    "account_key",
    METADATA,
    Column("account_id", Text, primary_key=True),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("created_at", TIME, nullable=False, server_default=APP_NOW),
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
    Column("previous_until", TIME),
    Column("access_expires_at", TIME, nullable=False),
    Column("token_version", BigInteger, nullable=False, server_default="1"),
    Column("refused_version", BigInteger),
    Column("refresh_lease_until", TIME),
    Column("auth_event_id", Text, nullable=False, server_default=""),
    Column("created_at", TIME, nullable=False, server_default=APP_NOW),
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
    Column("departed_at", TIME),
    Column("state_hash", LargeBinary),
    Column("browser_hash", LargeBinary),
    Column("sealed_verifier", LargeBinary),
    Column("redirect_uri", Text),
    Column("returned_at", TIME),
    Column("result", Text),
    Column("expires_at", TIME, nullable=False),
    UniqueConstraint("ticket_hash", name="oauth_state_ticket_hash_key"),
    UniqueConstraint("state_hash", name="oauth_state_state_hash_key"),
    schema="app",
)
