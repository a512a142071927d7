"""The definition of the tables of what is personal, sealed under a key of its account: words, customers, and links."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text, Uuid

from adapters.tables.schema import APP_NOW, METADATA, TIME

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
    Column("created_at", TIME, nullable=False, server_default=APP_NOW),
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
