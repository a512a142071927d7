"""The books check: after any death and repair, Xero, the outbox and the log must tell the same story.

I1  an entry exists if and only if its event does
I2  nothing stays live
I3  whatever was on the wire is a committed delivery, with these bytes
I4  a new key is made only after a definite non-effect or a look-up that found nothing
I5  an entry's end and its event are one
"""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from adapters.event_store.sealed_texts import Row
from domain.connection import AccessRemoved, ConnectionRemoved
from domain.effects import effects_of
from domain.event import Event
from domain.invoice import InvoiceSynced, OutcomeResolved, PaymentSynced, VoidSynced
from domain.streams import invoice_stream
from tests.world import ACCOUNT, World

NON_EFFECTS: Final = (
    "rate_limited",
    "rate_limited_daily",
    "no_token",
    "NotSent",
    "Unauthorised",
    "NotConnected",
    "AuthorisationLost",
    "ClientRefused",
    "given_back",
)
ROUNDS: Final = 30
LEASE_AND_QUIET: Final = 30.0
"""Seconds; longer than a lease and a quiet period of the tests' settings together."""


def finish(world: World) -> None:
    """Sweep, work, and let time pass until nothing is live any more."""
    for _ in range(ROUNDS):
        world.engine.sweeper.sweep()
        worked = world.engine.dispatcher.look_at(world.lane)
        if not worked and not live(world):
            return
        if not worked:
            world.later(LEASE_AND_QUIET)
    raise AssertionError(f"still live: {live(world)}")


def live(world: World) -> list[dict[str, Any]]:
    """The entries that have not ended."""
    return [entry for entry in world.outbox() if entry["closed_at"] is None]


def assert_in_xero_once(world: World, count: int, start: int = 0) -> None:
    """Invoices inv-`start` … were all accepted, and each is in Xero once; nothing else is; all records agree."""
    ids = [f"inv-{number}" for number in range(start, start + count)]
    held = world.in_xero()
    assert Counter(one["InvoiceNumber"] for one in held) == Counter(f"T-{n}" for n in range(start, start + count))
    states = {invoice_id: world.invoice(invoice_id) for invoice_id in ids}
    assert {i: s.status for i, s in states.items()} == dict.fromkeys(ids, "synced")
    assert {s.xero_invoice_id for s in states.values()} == {one["InvoiceID"] for one in held}
    assert sum(Decimal(str(one["Total"])) for one in held) == sum(s.document.totals.total for s in states.values())
    assert_invariants(world)


def assert_invariants(world: World) -> None:
    """I1 to I5, and that Xero saw no rule broken."""
    events = [event for _, event in world.engine.store.read_log(0, 100_000)]
    outbox, deliveries = world.outbox(), read_deliveries(world)
    _entries_follow_events(outbox, events)
    _nothing_is_live(outbox, deliveries)
    _requests_are_deliveries(world, deliveries)
    _new_keys_had_reasons(world, deliveries, events)
    _ends_have_events(outbox, events)
    assert world.control.get("/ledger/violations").json()["violations"] == []


def read_deliveries(world: World) -> list[Row]:
    """All deliveries, in the order they were opened."""
    with world.engine.store.cursor() as cursor:
        return cursor.execute("SELECT * FROM app.delivery ORDER BY created_at").fetchall()


def _entries_follow_events(outbox: Sequence[Row], events: Sequence[Event]) -> None:
    wanted = sorted(entry.effect_key for event in events for entry in effects_of(event))
    assert sorted(entry["effect_key"] for entry in outbox) == wanted


def _nothing_is_live(outbox: Sequence[Row], deliveries: Sequence[Row]) -> None:
    assert [entry for entry in outbox if entry["closed_at"] is None or entry["lease_token"] is not None] == []
    assert [delivery for delivery in deliveries if delivery["finished_at"] is None] == []


def _requests_are_deliveries(world: World, deliveries: Sequence[Row]) -> None:
    committed = {str(d["id"]): d["body_sha"].hex() for d in deliveries if d["purpose"] == "send"}
    writes = (("PUT", "/Invoices"), ("POST", "/Invoices"), ("PUT", "/Payments"))
    seen = [request for method, path in writes for request in world.requests(method, path)]
    assert {request["idempotency_key"] for request in seen} <= set(committed)
    whole = [request for request in seen if request["processed_status"] == 200]
    assert [(r["seq"], r["body_sha256"]) for r in whole] == [(r["seq"], committed[r["idempotency_key"]]) for r in whole]


def _new_keys_had_reasons(world: World, deliveries: Sequence[Row], events: Sequence[Event]) -> None:
    outcome = {delivery["id"]: delivery["outcome"] for delivery in deliveries}
    absent = {(e.originator_id, e.delivery_id) for e in events if isinstance(e, OutcomeResolved) and not e.found}
    for entry, sends in _sends_by_entry(world):
        for earlier in sends[:-1]:
            assert outcome[earlier] in NON_EFFECTS or (entry, earlier) in absent, f"{earlier}: {outcome[earlier]}"


def _sends_by_entry(world: World) -> list[tuple[UUID, list[UUID]]]:
    """Each entry's stream with the deliveries that carried it, in order."""
    with world.engine.store.cursor() as cursor:
        rows = cursor.execute(
            "SELECT o.id, o.stream_id, f.delivery_id FROM app.delivery_fragment f"
            " JOIN app.outbox o ON o.id = f.entry_id JOIN app.delivery d ON d.id = f.delivery_id"
            # Removing a connection twice is removing it once: its look-ups leave no event.
            " WHERE o.kind <> 'remove_connection' ORDER BY d.created_at"
        ).fetchall()
    carried: dict[int, tuple[UUID, list[UUID]]] = {}
    for row in rows:
        carried.setdefault(row["id"], (row["stream_id"], []))[1].append(row["delivery_id"])
    return list(carried.values())


def _ends_have_events(outbox: Sequence[Row], events: Sequence[Event]) -> None:
    done = Counter(entry["stream_id"] for entry in outbox if entry["state"] == "DONE")
    ended = [e.originator_id for e in events if isinstance(e, InvoiceSynced | PaymentSynced | VoidSynced)]
    grants = {entry["stream_id"] for entry in outbox if entry["kind"] == "remove_connection"}
    ended += [e.grant_id for e in events if isinstance(e, AccessRemoved) and e.grant_id in grants]
    ended += [e.removal for e in events if isinstance(e, ConnectionRemoved)]
    assert done == Counter(ended)


def stream_of(invoice_id: str) -> UUID:
    """The stream of one invoice."""
    return invoice_stream(ACCOUNT, invoice_id)
