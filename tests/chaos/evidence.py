"""What is left of a trial: the simulator's ledger and journal, our log, and our tables. Read once."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import msgspec

from domain.event import Event
from domain.invoice import EVENTS, Invoice, evolve
from services.bootstrap import Engine
from services.proof.verify import Verified, verify
from tests.chaos.books import Organisation
from tests.chaos.plan import Away, Plan, Planned
from tests.chaos.strikes import Strike
from tests.chaos.watch import Seen, read

Row = dict[str, Any]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All that the checkers look at."""

    organisations: Sequence[Organisation]
    planned: Sequence[Planned]
    disconnected: Sequence[str]
    workers: Sequence[str]
    strikes: Sequence[Strike]
    invoices: list[Row]
    payments: list[Row]
    contacts: list[Row]
    requests: list[Row]
    violations: list[Row]
    max_in_flight: dict[str, int]
    events: list[Event]
    notification_ids: list[int]
    recorded_at: list[dt.datetime]
    seen: Seen
    lanes: dict[UUID, Row]
    outbox: list[Row]
    deliveries: dict[UUID, Row]
    sends: dict[int, list[UUID]]
    checkpoints: dict[str, int]
    head: int
    verified: Verified
    mails: list[tuple[str, bytes]]
    rested: bool
    silent: Sequence[str]
    stood_still: Sequence[str]

    def invoice_of(self) -> dict[UUID, Invoice]:
        """The invoices as the log tells them, by stream."""
        states: dict[UUID, Invoice] = {}
        for event in self.events:
            if isinstance(event, EVENTS):
                states[event.originator_id] = evolve(states.get(event.originator_id), event)
        return states


def gather(
    engine: Engine,
    control: httpx.Client,
    organisations: Sequence[Organisation],
    plan: Plan,
    workers: Sequence[str],
    strikes: Sequence[Strike],
    mails: Sequence[tuple[str, bytes]],
    *,
    rested: bool,
    silent: Sequence[str],
    stood_still: Sequence[str],
) -> Evidence:
    """Read everything."""
    asked = {name: control.get(f"/ledger/{name}").json() for name in _LEDGER}
    with engine.store.cursor() as cursor:
        outbox = cursor.execute("SELECT * FROM app.outbox ORDER BY id").fetchall()
        lanes = cursor.execute("SELECT *, app.now() AS seen_at FROM app.lane").fetchall()
        deliveries = cursor.execute("SELECT * FROM app.delivery ORDER BY created_at").fetchall()
        fragments = cursor.execute(
            "SELECT f.entry_id, f.delivery_id FROM app.delivery_fragment f JOIN app.delivery d ON d.id = f.delivery_id"
            " ORDER BY d.created_at"
        ).fetchall()
        checkpoints = cursor.execute("SELECT projection, position FROM app.checkpoints").fetchall()
        recorded = cursor.execute(
            "SELECT notification_id, recorded_at FROM es.sync_events ORDER BY notification_id"
        ).fetchall()
        seen = read(cursor)
    sends: dict[int, list[UUID]] = {}
    for row in fragments:
        sends.setdefault(row["entry_id"], []).append(row["delivery_id"])
    return Evidence(
        organisations=organisations,
        planned=plan.invoices,
        disconnected=[
            step.organisation.account_id
            for _, step in plan.steps
            if isinstance(step, Away) and step.how == "disconnected"
        ],
        workers=workers,
        strikes=strikes,
        invoices=asked["invoices"]["invoices"],
        payments=asked["payments"]["payments"],
        contacts=asked["contacts"]["contacts"],
        requests=asked["requests"]["requests"],
        violations=asked["violations"]["violations"],
        max_in_flight=asked["max_in_flight"]["by_tenant"],
        events=[event for _, event in engine.store.read_log(0, 10_000_000)],
        notification_ids=[row["notification_id"] for row in recorded],
        recorded_at=[row["recorded_at"] for row in recorded],
        seen=seen,
        lanes={row["connection_id"]: row for row in lanes},
        outbox=outbox,
        deliveries={row["id"]: row for row in deliveries},
        sends=sends,
        checkpoints={row["projection"]: row["position"] for row in checkpoints},
        head=engine.store.head(),
        verified=verify(engine.read),
        rested=rested,
        silent=silent,
        stood_still=stood_still,
        mails=[*mails],
    )


_LEDGER = ("invoices", "payments", "contacts", "requests", "violations", "max_in_flight")


def moment(text: str) -> dt.datetime:
    """A time of the simulator's journal."""
    return dt.datetime.fromisoformat(text)
