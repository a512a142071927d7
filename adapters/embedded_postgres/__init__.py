"""A real PostgreSQL without installing one: our own launcher over the binaries of a wheel.

The room holds what is needed to have a cluster on this machine, for one person or one test run: finding the programs,
choosing the account they run under, creating the data directory, starting, sharing and stopping the server. It knows
nothing of our tables. With a database URL of one's own, none of it is used.
"""

from adapters.embedded_postgres.cluster import Cluster
from adapters.embedded_postgres.errors import PostgresUnavailable

__all__ = ["Cluster", "PostgresUnavailable"]
