"""What decides how events are stored: the engine's own settings, and no stray variable of the process."""

from collections.abc import Iterator

import pytest

from adapters.event_store.store import EventStore
from domain import invoice as invoices
from domain.streams import invoice_stream
from tests.adapters.event_store.contents import rows_of_every_table
from tests.examples import ACCOUNT, INVOICE, queued_invoice

STRAY = {
    "CIPHER_KEY": "bm90IGEga2V5",
    "CIPHER_TOPIC": "eventsourcing.cipher:AESCipher",
    "COMPRESSOR_TOPIC": "zlib",
    "SYNC_COMPRESSOR_TOPIC": "zlib",
    "POSTGRES_ENABLE_DB_FUNCTIONS": "y",
    "SYNC_POSTGRES_ENABLE_DB_FUNCTIONS": "y",
    "POSTGRES_DBNAME": "elsewhere",
    "POSTGRES_SCHEMA": "public",
    "PERSISTENCE_MODULE": "eventsourcing.sqlite",
    "SQLITE_DBNAME": ":memory:",
    "MAPPER_TOPIC": "eventsourcing.persistence:Mapper",
    "TRANSCODER_TOPIC": "eventsourcing.persistence:JSONTranscoder",
    "CREATE_TABLE": "y",
    "APPLICATION_RECORDER_TOPIC": "eventsourcing.postgres:PostgresApplicationRecorder",
    "AGGREGATE_CACHE_MAXSIZE": "10",
    "IS_SNAPSHOTTING_ENABLED": "y",
}


@pytest.fixture
def stray_store(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[EventStore]:
    """A store opened in an environment full of variables that the library would heed."""
    for name, value in STRAY.items():
        monkeypatch.setenv(name, value)
    store = EventStore(database_url)
    yield store
    store.close()


def test_stray_variables_change_nothing_of_what_is_stored(stray_store: EventStore, database_url: str) -> None:
    (event,) = queued_invoice()
    stray_store.append([event])
    with stray_store.cursor() as cursor:
        (row,) = cursor.execute("SELECT topic, state FROM es.sync_events").fetchall()
    assert row["topic"] == "InvoiceQueued.1"
    assert bytes(row["state"]).startswith(b'{"originator_id":'), "plain JSON, neither sealed nor compressed"
    assert rows_of_every_table(stray_store)["app.outbox"] == 1
    assert stray_store.events_of(invoice_stream(ACCOUNT, INVOICE)) == [event]
    assert stray_store.load(invoice_stream(ACCOUNT, INVOICE), invoices.evolve) is not None


def test_stray_variables_create_no_table(stray_store: EventStore) -> None:
    with stray_store.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname IN ('es', 'public') ORDER BY 1")
        assert [row["tablename"] for row in cursor] == ["schema_version", "sync_events"]


def test_database_functions_cannot_bypass_the_outbox(store: EventStore) -> None:
    store._datastore.enable_db_functions = True
    store.append(queued_invoice())
    assert rows_of_every_table(store)["app.outbox"] == 1


def test_the_database_holds_no_function_that_inserts_events(store: EventStore) -> None:
    with store.cursor() as cursor:
        cursor.execute("SELECT proname FROM pg_proc WHERE pronamespace = 'es'::regnamespace")
        # The one there is belongs to the trigger that keeps events from being changed.
        assert [row["proname"] for row in cursor.fetchall()] == ["refuse_change"]


def test_a_recorder_without_an_outbox_is_refused(database_url: str) -> None:
    with pytest.raises(AssertionError, match="without their outbox"):
        EventStore(database_url, recorder="eventsourcing.postgres:PostgresApplicationRecorder")
