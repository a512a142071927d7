"""One database address in the forms our libraries want it, and what they raise when there is trouble with it."""

from typing import Final

import psycopg
from eventsourcing.persistence import PersistenceError
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

DATABASE_TROUBLE: Final = (psycopg.Error, PersistenceError, SQLAlchemyError)
"""What is raised when the database is away, or does not do what it is asked: inside a transaction of the event store,
at its end, and by the projections' engine. It says nothing of what was read or written."""


def sqlalchemy_url(database_url: str) -> URL:
    """The SQLAlchemy URL (psycopg driver) of a libpq address; every libpq parameter is kept."""
    parts = {key: str(value) for key, value in conninfo_to_dict(database_url).items() if value is not None}
    known = {key: parts.pop(key, None) for key in ("user", "password", "host", "port", "dbname")}
    host = known["host"] or ""
    if host.startswith("/"):
        parts["host"] = host
    return URL.create(
        "postgresql+psycopg",
        username=known["user"],
        password=known["password"],
        host=None if host.startswith("/") else host or None,
        port=int(known["port"]) if known["port"] else None,
        database=known["dbname"],
        query=parts,
    )
