"""The one error of this room.

Exception
└── PostgresUnavailable   the embedded PostgreSQL cannot be had here; the message is one sentence for a person
"""


class PostgresUnavailable(Exception):
    """The embedded PostgreSQL cannot be found, created, started or reached; the message says why and what to do."""
