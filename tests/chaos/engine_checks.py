"""Checkers whose witness is the log, the outbox and the simulator's journal: how it was done, not only what came of it.

I1 to I5 are the outbox's invariants, as the crash tests have them.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final
from uuid import UUID

from domain.causes import UNFOUND
from domain.connection import GateClosed, GateOpened
from domain.connection_events import Disconnected
from domain.effects import effects_of
from domain.invoice_events import InvoiceSynced, OutcomeResolved, PaymentSynced, SyncFailed, VoidSynced
from domain.streams import connection_id, invoice_stream
from tests.chaos.breach import Breach, lost, stuck, wrong
from tests.chaos.evidence import Evidence, Row, moment
from tests.chaos.scale import QUIET, READ_TIMEOUT
from tests.crash.books import NON_EFFECTS

WRITES: Final = ("PUT", "POST")
ACCOUNTING: Final = "/api.xro/2.0"
REMOVAL: Final = "remove_connection"
WITHOUT_EVENT: Final = ("create_contact", REMOVAL)
"""Kinds whose look-up is no event."""
NO_KEY: Final = "00000000-0000-0000-0000-000000000000"


def nothing_live(evidence: Evidence) -> Iterator[Breach]:
    """No entry, no lease and no delivery is left open."""
    if not evidence.rested:
        yield stuck("the trial did not come to rest in its time")
    for entry in evidence.outbox:
        if entry["closed_at"] is None or entry["lease_token"] is not None:
            lane = _lane(evidence.lanes[entry["connection_id"]])
            yield stuck(
                f"entry {entry['effect_key']} is {entry['state']} after {entry['attempts']} attempts,"
                f" due {entry['due_at']:%H:%M:%S}, leased until {entry['lease_until']}; {lane}"
            )
    for delivery in evidence.deliveries.values():
        if delivery["finished_at"] is None:
            yield stuck(f"delivery {delivery['id']} ({delivery['kind']}, {delivery['purpose']}) was never finished")


def _lane(lane: Row) -> str:
    paused, seen = lane["paused_until"], lane["seen_at"]
    left = f"paused for {(paused - seen).total_seconds():.0f} s more" if paused and paused > seen else "not paused"
    failures = f"{lane['failures_in_row']} failures in a row"
    return f"at {seen:%H:%M:%S} its lane is {lane['gate']}, {left} ({lane['paused_for']}), {failures}"


def every_end(evidence: Evidence) -> Iterator[Breach]:
    """Every invoice has come to the end that was planned for it: the poison refused or blocked, the rest synced."""
    states = evidence.invoice_of()
    for one in evidence.planned:
        state = states.get(invoice_stream(one.organisation.account_id, one.invoice_id))
        if state is None:
            yield lost(f"invoice {one.invoice_id} is not in the log")
            continue
        causes = [cause.code for cause in state.causes]
        if state.status != one.status or (one.cause and causes != [one.cause]):
            said, planned = f"{state.status} {', '.join(causes)}".strip(), f"{one.status} {one.cause}".strip()
            yield wrong(f"invoice {one.invoice_id} ({one.fate}) is {said}, not {planned}")


def unfound_ends(evidence: Evidence) -> Iterator[Breach]:
    """What Xero breaks on whenever it is searched for ends as unfound, before a person tries again."""
    ended = {
        event.originator_id
        for event in evidence.events
        if isinstance(event, SyncFailed) and event.cause.code == UNFOUND.code
    }
    for one in evidence.planned:
        if one.fate == "unfound" and invoice_stream(one.organisation.account_id, one.invoice_id) not in ended:
            yield stuck(f"invoice {one.invoice_id} never ended, though no search for it was answered")


def others_go_on(evidence: Evidence) -> Iterator[Breach]:
    """While one organisation is offline or disconnected, the others' invoices go out, and nobody else is cut off."""
    for says in evidence.stood_still:
        yield stuck(says)
    ended = Counter(event.originator_id for event in evidence.events if isinstance(event, Disconnected))
    for organisation in evidence.organisations:
        planned = evidence.disconnected.count(organisation.account_id)
        if (times := ended[connection_id(organisation.account_id)]) != planned:
            yield wrong(f"{organisation.account_id} was disconnected {times} times, not {planned}")


def entries_follow_events(evidence: Evidence) -> Iterator[Breach]:
    """I1: an entry exists if and only if its event does."""
    wanted = {entry.effect_key for event in evidence.events for entry in effects_of(event)}
    held = {entry["effect_key"] for entry in evidence.outbox}
    for key in sorted(wanted - held):
        yield lost(f"entry {key} is missing, though its event is in the log")
    for key in sorted(held - wanted):
        yield wrong(f"entry {key} has no event")


def ends_have_events(evidence: Evidence) -> Iterator[Breach]:
    """I5: an entry's end and its event are one."""
    for kinds, event_type in (
        (("create_invoice", "update_invoice"), InvoiceSynced),
        (("create_payment",), PaymentSynced),
        (("void_invoice",), VoidSynced),
    ):
        ended = Counter(e["stream_id"] for e in evidence.outbox if e["state"] == "DONE" and e["kind"] in kinds)
        told = Counter(event.originator_id for event in evidence.events if isinstance(event, event_type))
        for stream in ended.keys() | told.keys():
            if ended[stream] != told[stream]:
                yield wrong(f"{stream}: {ended[stream]} entries done, but {told[stream]} {event_type.__name__}")


def requests_are_deliveries(evidence: Evidence) -> Iterator[Breach]:
    """I3: whatever was on the wire is a committed delivery, with these bytes."""
    for request in _writes(evidence):
        delivery = evidence.deliveries.get(_key(request))
        if delivery is None:
            yield wrong(f"request {request['seq']} ({request['method']} {request['path']}) has no delivery")
        elif request["processed_status"] == 200 and request["body_sha256"] != delivery["body_sha"].hex():
            yield wrong(f"request {request['seq']} had other bytes than its delivery")


def new_keys_have_reasons(evidence: Evidence) -> Iterator[Breach]:
    """I4: a new key is made only after a definite non-effect, or a look-up that found nothing.

    A look-up for an invoice is an event; one for a contact or for a connection that is removed is not, so there the
    delivery of the look-up has to do.
    """
    absent = {
        (e.originator_id, e.delivery_id) for e in evidence.events if isinstance(e, OutcomeResolved) and not e.found
    }
    entries = {entry["id"]: entry for entry in evidence.outbox}
    for entry_id, sends in evidence.sends.items():
        entry = entries[entry_id]
        for earlier, later in pairwise(sends):
            outcome = evidence.deliveries[earlier]["outcome"]
            if outcome in NON_EFFECTS or (entry["stream_id"], earlier) in absent:
                continue
            if entry["kind"] not in WITHOUT_EVENT or not _looked_up_between(evidence, earlier, later):
                yield wrong(f"entry {entry_id} ({entry['kind']}) was sent again after {earlier}: {outcome}")


def _looked_up_between(evidence: Evidence, earlier: UUID, later: UUID) -> bool:
    sent, again = evidence.deliveries[earlier], evidence.deliveries[later]
    return any(
        delivery["purpose"] == "look_up"
        and delivery["outcome"] == "answered"
        and delivery["kind"] == sent["kind"]
        and delivery["connection_id"] == sent["connection_id"]
        and sent["created_at"] < delivery["created_at"] < again["created_at"]
        for delivery in evidence.deliveries.values()
    )


def nothing_late(evidence: Evidence) -> Iterator[Breach]:
    """The fence: no request reaches Xero after the lease under which it was claimed."""
    for request in _writes(evidence):
        delivery = evidence.deliveries.get(_key(request))
        if delivery is not None and moment(request["at"]) > delivery["lease_until"]:
            late = (moment(request["at"]) - delivery["lease_until"]).total_seconds()
            yield wrong(f"request {request['seq']} was sent {late:.1f} s after its lease")


def nothing_behind_a_gate(evidence: Evidence) -> Iterator[Breach]:
    """No delivery is opened while the gate of its connection is closed, but for the removal that closed it."""
    closed_at: dict[object, dt.datetime] = {}
    for event, recorded in zip(evidence.events, evidence.recorded_at, strict=True):
        if isinstance(event, GateClosed):
            closed_at.setdefault(event.originator_id, recorded)
        if isinstance(event, GateOpened) and event.originator_id in closed_at:
            since = closed_at.pop(event.originator_id)
            for delivery in evidence.deliveries.values():
                of_it = delivery["connection_id"] == event.originator_id and delivery["kind"] != REMOVAL
                if of_it and since < delivery["created_at"] < recorded:
                    yield wrong(f"delivery {delivery['id']} was opened behind a closed gate")


def revisions_rise(evidence: Evidence) -> Iterator[Breach]:
    """Xero never gets an older revision after a newer one."""
    newest: dict[object, int] = {}
    for event in evidence.events:
        if isinstance(event, InvoiceSynced):
            if event.revision < newest.get(event.originator_id, 0):
                yield wrong(f"{event.originator_id}: revision {event.revision} after {newest[event.originator_id]}")
            newest[event.originator_id] = event.revision


def projections_are_a_replay(evidence: Evidence) -> Iterator[Breach]:
    """Every row of every projection, and every open entry, is what a full replay of the log makes."""
    for finding in evidence.verified.findings:
        yield wrong(f"{finding.table} {finding.key}: {finding.says}")


def checkpoints_at_head(evidence: Evidence) -> Iterator[Breach]:
    """The projections have read the log to its end."""
    position = evidence.checkpoints.get("status", 0)
    if position != evidence.head:
        yield stuck(f"the projections are at {position} of {evidence.head}")


def every_member_works(evidence: Evidence) -> Iterator[Breach]:
    """Each worker and ticker answers the roll call at the end, however often it was killed."""
    for name in evidence.silent:
        yield stuck(f"{name} did nothing any more")


def latest_commit(evidence: Evidence) -> float:
    """Seconds from the arrival of a write to the end of its processing, at the longest."""
    ends = [
        (moment(request["done_at"]) - moment(request["at"])).total_seconds()
        for request in _writes(evidence)
        if request["done_at"]
    ]
    return max(ends, default=0.0)


def assumption_held(evidence: Evidence) -> Iterator[Breach]:
    """A1: Xero commits no later than the quiet period after we hung up. Broken, it is the trial that is at fault."""
    if latest_commit(evidence) > READ_TIMEOUT + QUIET:
        yield wrong(f"the simulator needed {latest_commit(evidence):.1f} s for a call: assumption A1 did not hold")


def _writes(evidence: Evidence) -> list[Row]:
    return [r for r in evidence.requests if r["method"] in WRITES and ACCOUNTING in r["path"]]


def _key(request: Row) -> UUID:
    return UUID(request["idempotency_key"] or NO_KEY)
