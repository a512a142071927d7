"""Checkers whose witness is the simulator's own ledger: what Xero holds is what was planned, each once, to the cent."""

import math
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Final
from uuid import UUID

from domain.contact_link import ContactLinked
from domain.invoice_events import InvoiceSynced, PaymentSynced
from tests.chaos.breach import Breach, duplicated, lost, wrong
from tests.chaos.evidence import Evidence, Row, moment
from tests.chaos.plan import OUR_FAULT, Planned
from tests.chaos.scale import READ_TIMEOUT

MOST_AT_ONCE: Final = 4
"""Calls to one organisation that we have on their way, by our own promise."""
XERO_ALLOWS: Final = 5
"""Calls at once to one organisation (Xero's page on limits)."""
KEPT_OUT: Final = ("refused", "poison", "blocked", *OUR_FAULT)


def once(evidence: Evidence) -> Iterator[Breach]:
    """Every invoice, payment and new customer that must be in Xero is there once, and nothing else is."""
    held = Counter(_place(one) for one in evidence.invoices)
    for one in evidence.planned:
        copies = held.pop((one.organisation.tenant_id, one.number), 0)
        if copies == 0 and one.in_xero:
            yield lost(f"invoice {one.invoice_id} ({one.fate}) is not in Xero")
        if copies > 1:
            yield duplicated(f"invoice {one.invoice_id} ({one.fate}) is in Xero {copies} times")
        if copies and one.fate in KEPT_OUT:
            yield wrong(f"invoice {one.invoice_id} ({one.fate}) is in Xero")
    for tenant, number in held:
        yield wrong(f"invoice {number} of {tenant} is in Xero, and nobody issued it")
    yield from _payments_once(evidence)
    yield from _customers_once(evidence)


def _payments_once(evidence: Evidence) -> Iterator[Breach]:
    held = Counter(one.get("Reference", "") for one in evidence.payments if one["Status"] == "AUTHORISED")
    for payment in (payment for one in evidence.planned for payment in one.payments):
        copies = held.pop(payment.payment_id, 0)
        if copies == 0:
            yield lost(f"payment {payment.payment_id} is not in Xero")
        if copies > 1:
            yield duplicated(f"payment {payment.payment_id} is in Xero {copies} times")
    for reference in held:
        yield wrong(f"payment {reference!r} is in Xero, and nobody made it")


def _customers_once(evidence: Evidence) -> Iterator[Breach]:
    made = Counter((one["tenant_id"], one["Name"]) for one in evidence.contacts if one["origin"] == "api")
    for (tenant, name), copies in made.items():
        if copies > 1:
            yield duplicated(f"contact {name} of {tenant} is in Xero {copies} times")


def to_the_cent(evidence: Evidence) -> Iterator[Breach]:
    """Total, payments and status of every invoice in Xero are as planned."""
    held = {_place(one): one for one in evidence.invoices}
    for one in evidence.planned:
        found = held.get((one.organisation.tenant_id, one.number))
        if found is None or one.fate in KEPT_OUT:
            continue
        yield from _as_planned(one, found)


def _as_planned(one: Planned, found: Row) -> Iterator[Breach]:
    status = "VOIDED" if one.fate == "voided" else "AUTHORISED"
    paid = sum((payment.amount for payment in one.payments), Decimal(0))
    for name, said, planned in (
        ("Status", found["Status"], status),
        ("Total", Decimal(str(found["Total"])), one.total),
        ("AmountPaid", Decimal(str(found["AmountPaid"])), paid),
    ):
        if said != planned:
            yield wrong(f"invoice {one.invoice_id} ({one.fate}): {name} is {said} in Xero, not {planned}")


def events_match(evidence: Evidence) -> Iterator[Breach]:
    """InvoiceSynced, PaymentSynced and ContactLinked name what Xero holds, and Xero holds nothing they do not name."""
    yield from _same(
        "invoice",
        {event.xero_invoice_id for event in evidence.events if isinstance(event, InvoiceSynced)},
        {one["InvoiceID"] for one in evidence.invoices},
    )
    yield from _same(
        "payment",
        {event.xero_payment_id for event in evidence.events if isinstance(event, PaymentSynced)},
        {one["PaymentID"] for one in evidence.payments},
    )
    linked = {event.xero_contact_id for event in evidence.events if isinstance(event, ContactLinked)}
    made = {one["ContactID"] for one in evidence.contacts if one["origin"] == "api"}
    for contact in made - linked:
        yield wrong(f"contact {contact} was made in Xero, and no event names it")


def _same(what: str, named: set[str], held: set[str]) -> Iterator[Breach]:
    for one in sorted(named - held):
        yield lost(f"an event names {what} {one}, and Xero does not hold it")
    for one in sorted(held - named):
        yield wrong(f"Xero holds {what} {one}, and no event names it")


def limits_kept(evidence: Evidence) -> Iterator[Breach]:
    """Not one broken limit, reused key or malformed call; never more than four calls of ours at once to anyone."""
    for violation in evidence.violations:
        yield wrong(f"Xero's rule {violation['rule']} was broken: {violation['detail'][:200]}")
    for tenant, most in evidence.max_in_flight.items():
        if tenant and most > XERO_ALLOWS:
            yield wrong(f"{most} calls at once to {tenant}")
    for tenant in evidence.max_in_flight:
        if tenant and (ours := most_of_ours(evidence, tenant)) > MOST_AT_ONCE:
            yield wrong(f"{ours} calls of ours at once to {tenant}")


def most_of_ours(evidence: Evidence, tenant: str) -> int:
    """The most calls to an organisation that were on their way at once, and that somebody of ours still waited for.

    Xero may count a fifth: it goes on with a call whose caller has hung up, or is frozen beyond its lease, which nobody
    here can see. So each counts until it is done, or its delivery is: by its caller, or by others after the lease.
    """
    moves: list[tuple[float, int]] = []
    for request in evidence.requests:
        began, until = moment(request["at"]).timestamp(), _awaited_until(evidence, request)
        if request["tenant_id"] == tenant and until > began:
            moves += [(began, 1), (until, -1)]
    counted = accumulate(change for _, change in sorted(moves))
    return max(counted, default=0)


def _awaited_until(evidence: Evidence, request: Row) -> float:
    """When nobody waits for a call any more, in Unix time. One that only reads waits for the read timeout at most."""
    if request["fault"] == "late_commit":
        return moment(request["at"]).timestamp()
    ends = [moment(request["done_at"])] if request["done_at"] else []
    key = request["idempotency_key"]
    if key is None:
        ends.append(moment(request["at"]) + timedelta(seconds=READ_TIMEOUT))
    elif (delivery := evidence.deliveries.get(UUID(key))) is not None:
        ends += [delivery["lease_until"], *([delivery["finished_at"]] if delivery["finished_at"] else [])]
    return min(ends).timestamp() if ends else math.inf


def _place(one: Row) -> tuple[str, str]:
    return one["tenant_id"], one["InvoiceNumber"]
