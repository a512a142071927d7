"""The definition of every table the adapters own. Migrations create them; a test compares the two.

Schema `es` holds the event log and nothing else, schema `app` all the rest.
"""

from adapters.tables.log import EVENTS, HEARTBEAT, IDEMPOTENCY, INVOICE_IDENTITY, VIRTUAL_CLOCK
from adapters.tables.mails import MAIL, MAIL_LANE, RECIPIENT
from adapters.tables.mirror import (
    CONNECTION_PROBE,
    CONTACT_DIRECTORY,
    CONTACT_FEED,
    CONTACT_READING,
    ORGANISATION_BINDING,
    REFERENCE_DATA,
)
from adapters.tables.schema import METADATA
from adapters.tables.sealed import ANSWER_TEXT, INVOICE_TEXT, KYRIOS_CONTACT, LINKED_CONTACT
from adapters.tables.sending import CLAIM_BEGUN, DELIVERY, DELIVERY_FRAGMENT, LANE, OUTBOX, WHOLE_APP
from adapters.tables.vault import ACCOUNT_KEY, OAUTH_STATE, XERO_GRANT

__all__ = [
    "ACCOUNT_KEY",
    "ANSWER_TEXT",
    "CLAIM_BEGUN",
    "CONNECTION_PROBE",
    "CONTACT_DIRECTORY",
    "CONTACT_FEED",
    "CONTACT_READING",
    "DELIVERY",
    "DELIVERY_FRAGMENT",
    "EVENTS",
    "HEARTBEAT",
    "IDEMPOTENCY",
    "INVOICE_IDENTITY",
    "INVOICE_TEXT",
    "KYRIOS_CONTACT",
    "LANE",
    "LINKED_CONTACT",
    "MAIL",
    "MAIL_LANE",
    "METADATA",
    "OAUTH_STATE",
    "ORGANISATION_BINDING",
    "OUTBOX",
    "RECIPIENT",
    "REFERENCE_DATA",
    "VIRTUAL_CLOCK",
    "WHOLE_APP",
    "XERO_GRANT",
]
