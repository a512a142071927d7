"""The log is append-only, whoever asks: no statement of ours or of a slip of the hand changes what happened."""

import psycopg
import pytest

from adapters.event_store.store import EventStore
from tests.examples import queued_invoice
from tests.tampering import UNGUARDED

CHANGES = (
    "UPDATE es.sync_events SET topic = topic",
    "DELETE FROM es.sync_events",
    "DELETE FROM es.sync_events WHERE false",
    "TRUNCATE es.sync_events",
)


@pytest.mark.parametrize("change", CHANGES)
def test_the_log_refuses_every_change(store: EventStore, database_url: str, change: str) -> None:
    store.append(queued_invoice())
    with psycopg.connect(database_url) as connection:
        with pytest.raises(psycopg.errors.RaiseException, match="the event log is append-only"):
            connection.execute(change)
        connection.rollback()
        # Without the guard the same statement passes: it is the guard that refuses.
        connection.execute(UNGUARDED)
        connection.execute(change)
        connection.rollback()
    assert store.head() == 1
