"""What a database holds, table by table, and what two stores did: so that a test can say that nothing was left."""

from adapters.event_store.store import EventStore
from adapters.event_store.writes import CommandRecord, SealedAnswer, SealedContact, SealedInvoiceText, Writes
from domain.streams import invoice_stream
from tests.examples import ACCOUNT, CONTACT, INVOICE, identity


def rows_of_every_table(store: EventStore) -> dict[str, int]:
    """How many rows each table of the engine holds."""
    with store.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname IN ('es', 'app') ORDER BY 1"
        )
        names = [row["name"] for row in cursor]
        counts = {}
        for name in names:
            row = cursor.execute(f"SELECT count(*) AS rows FROM {name}").fetchone()
            assert row is not None
            counts[name] = row["rows"]
    return counts


def filled(store: EventStore) -> set[str]:
    """The tables that hold anything but what the first migration puts there."""
    return {name for name, rows in rows_of_every_table(store).items() if rows} - {"app.whole_app", "app.clock_seen"}


def everything_beside(key: str = "command-1", kyrios_invoice_id: str = INVOICE) -> Writes:
    """One row for every table that is written beside the events of a queued invoice."""
    stream = invoice_stream(ACCOUNT, kyrios_invoice_id)
    return Writes(
        texts=[SealedInvoiceText(stream_id=stream, revision=1, account_id=ACCOUNT, sealed=b"text")],
        answers=[
            SealedAnswer(
                answer_id=identity(f"answer/{kyrios_invoice_id}"), stream_id=stream, account_id=ACCOUNT, sealed=b"words"
            )
        ],
        contacts=[SealedContact(account_id=ACCOUNT, kyrios_contact_id=CONTACT, revision=1, sealed=b"customer")],
        commands=[command(key)],
    )


def command(key: str = "command-1", asked: str = "hash of the request") -> CommandRecord:
    """A command's record."""
    return CommandRecord(account_id=ACCOUNT, key=key, request_hash=asked, answer={"result": "accepted"})
