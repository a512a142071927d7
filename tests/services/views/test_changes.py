"""The backend follows invoices and connections from a cursor on: no state that lasts is missed, order is kept."""

import threading
from datetime import datetime

import pytest
from sqlalchemy import Engine

from adapters.event_store.store import EventStore
from domain.connection import Disconnected
from domain.refusals import InvalidInput, NotPossible
from services.projector import Projector
from services.proof.rebuild import rebuild
from services.views.changes import ChangePage, ConnectionChange, InvoiceChange, changes_of
from services.views.invoice_listing import list_invoices
from services.views.invoice_question import Question
from tests.projections.databases import queue, store_random
from tests.services.contacts.customers import settle
from tests.services.mailing.post import strangers
from tests.world import ACCOUNT, OWNER, World, example_invoices

SHOP = "kiwi-studio"

Seen = dict[str, InvoiceChange | ConnectionChange]


class Reader:
    """Kyrios's backend: keeps its cursor and the last state of everything."""

    def __init__(self, store: EventStore, read: Engine, account: str = SHOP, limit: int = 3) -> None:
        self._store, self._read, self._account, self._limit = store, read, account, limit
        self.cursor, self.seen, self.cursors = "0", Seen(), list[int]()

    def page(self) -> ChangePage:
        """Read one page and deal with it."""
        page = changes_of(self._read, self._store.head(), self._account, self.cursor, self._limit)
        for one in page.changes:
            self.seen[one.kyrios_invoice_id if isinstance(one, InvoiceChange) else ""] = one
            self.cursors.append(int(one.cursor))
        self.cursor = page.next_cursor
        return page

    def catch_up(self) -> None:
        """Read until nothing is new."""
        while self.page().more:
            pass


def everything(store: EventStore, read: Engine, account: str = SHOP) -> Seen:
    """What a reader that begins now sees."""
    reader = Reader(store, read, account, limit=1_000)
    reader.catch_up()
    return reader.seen


@pytest.mark.parametrize("seed", [31, 32, 33])
def test_a_reader_that_reads_between_any_batches_ends_with_the_state_of_all(
    store: EventStore, read: Engine, seed: int
) -> None:
    store_random(store, seed)
    projector, early = Projector(store, read, batch=seed % 5 + 2), Reader(store, read)
    projector.step()
    while projector.step():
        early.page()
    early.catch_up()
    assert early.seen == everything(store, read)
    assert early.cursors == sorted(set(early.cursors))
    assert {"", "inv-0", "inv-11"} <= early.seen.keys()


def test_a_rebuild_changes_no_cursor(store: EventStore, read: Engine) -> None:
    store_random(store, 34)
    projector, reader = Projector(store, read, batch=7), Reader(store, read)
    projector.catch_up()
    before = everything(store, read)
    reader.page()
    rebuild(read)
    assert everything(store, read) == before
    queue(store, "inv-new")
    projector.catch_up()
    reader.catch_up()
    assert reader.seen == everything(store, read)
    assert reader.cursors == sorted(set(reader.cursors))
    assert int(reader.cursor) == store.head()


def test_a_reader_beside_many_writers_and_a_projector_misses_nothing(store: EventStore, read: Engine) -> None:
    accounts = [SHOP, "moa-press", SHOP]

    def write(writer: int) -> None:
        for number in range(30):
            queue(store, f"inv-{writer}-{number}", account_id=accounts[writer])

    def project() -> None:
        projector = Projector(store, read, batch=4)
        while any(one.is_alive() for one in writers) or projector.behind():
            projector.step()

    writers = [threading.Thread(target=write, args=[writer]) for writer in range(3)]
    projecting = threading.Thread(target=project)
    queue(store, "inv-first")
    Projector(store, read).catch_up()
    for thread in (*writers, projecting):
        thread.start()
    reader = Reader(store, read, limit=7)
    while projecting.is_alive():
        reader.page()
    reader.catch_up()
    assert len(reader.seen) == 61
    assert reader.seen == everything(store, read)
    assert reader.cursors == sorted(set(reader.cursors))


def test_the_cursors_a_projection_gives_are_checked(store: EventStore, read: Engine) -> None:
    store_random(store, 35)
    Projector(store, read).catch_up()
    for after in ("-1", "x", "", "01", "9" * 19, str(store.head() + 1)):
        with pytest.raises(InvalidInput):
            changes_of(read, store.head(), SHOP, after)
    for limit in (0, 1_001):
        with pytest.raises(InvalidInput):
            changes_of(read, store.head(), SHOP, limit=limit)
    with pytest.raises(NotPossible):
        changes_of(read, store.head(), "nobody")
    assert changes_of(read, store.head(), SHOP, str(store.head())).changes == ()


@pytest.mark.article("R20")
def test_invoices_and_the_connection_are_told_in_words_and_codes(world: World) -> None:
    store, read = world.engine.store, world.engine.read
    world.queue(example_invoices(2))
    settle(world)
    reader = Reader(store, read, ACCOUNT, limit=100)
    reader.catch_up()
    connection, first = reader.seen[""], reader.seen["inv-0"]
    assert isinstance(first, InvoiceChange)
    assert (first.state, first.words) == ("synced", "In Xero as T-0.")
    assert first.xero_invoice_id
    assert isinstance(connection, ConnectionChange)
    assert (connection.state, connection.gate_open, connection.words) == (
        "active",
        True,
        "Connected; invoices are sent.",
    )
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.queue(example_invoices(1, start=2))
    world.engine.projector.catch_up()
    page = reader.page()
    assert [one.words for one in page.changes] == [
        f"Disconnected on {when_ended(world):%Y-%m-%d} by you. Your choices are kept; reconnect to continue.",
        "We have this invoice and it is ready.",
    ]
    ended = reader.seen[""]
    assert isinstance(ended, ConnectionChange)
    assert (ended.gate_open, ended.disconnected_for, [cause.code for cause in ended.causes]) == (
        False,
        "user",
        ["not_connected"],
    )


def when_ended(world: World) -> datetime:
    """When the connection ended; the day may be over by now."""
    (ended,) = (event for event in world.engine.store.events_of(world.lane) if isinstance(event, Disconnected))
    return ended.occurred_at


def test_what_show_list_and_changes_say_of_an_invoice_is_the_same(world: World) -> None:
    engine = world.engine
    world.refuse({"T-0": "No purple."})
    engine.set_up.change_setting(ACCOUNT, "contact.create", "off", OWNER)
    world.queue([*example_invoices(1), strangers("cus-unknown", example_invoices(1, 1)[0]), *example_invoices(1, 2)])
    settle(world)
    question = Question(engine)
    page = changes_of(engine.read, engine.store.head(), ACCOUNT, xero_said=question.xero_said)
    fed = {one.kyrios_invoice_id: one for one in page.changes if isinstance(one, InvoiceChange)}
    listed = {one.invoice.kyrios_invoice_id: one for one in list_invoices(
        engine.read, question.explain_all, ACCOUNT).invoices}  # fmt: skip
    for invoice_id in ("inv-0", "inv-1", "inv-2"):
        shown = question.explain(world.invoice(invoice_id))
        assert (listed[invoice_id].says, listed[invoice_id].why) == (shown.sentence, shown.causes)
        assert fed[invoice_id].causes == shown.causes
    refused = question.explain(world.invoice("inv-0"))
    assert refused.sentence == 'Xero did not accept it: Xero refused it with: "No purple.". Fix that, or ask support.'
    assert fed["inv-0"].words == f"{refused.sentence} {refused.next_step}"
    assert fed["inv-1"].words == listed["inv-1"].says
    assert listed["inv-2"].says.startswith(fed["inv-2"].words.removesuffix("."))
