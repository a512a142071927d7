"""The event store with its atomic outbox: PostgreSQL through the native eventsourcing recorder, subclassed.

Events, outbox entries, sealed texts, the gate of a lane and the record of a command are written in one transaction.
The SQL of each table lives in one file here; the definitions of all tables are in `adapters.tables`.
"""
