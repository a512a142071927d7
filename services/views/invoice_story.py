"""One invoice as a person asks for it: what it is, where it stands and why, and everything that happened to it."""

import datetime as dt
from decimal import Decimal

import msgspec
from sqlalchemy import Engine as SqlEngine

from adapters.event_store.delivery_records import DeliveryRecord
from domain.explain import Explanation
from domain.refusals import NotPossible
from domain.streams import connection_id
from domain.under_way import EntryNow
from projections import invoice_list
from projections.snapshot import snapshot
from services.views.invoice_question import Engine, Question
from services.views.timeline import Step, timeline


class InvoiceStory(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `invoices show`; always as of now, at `version` of the invoice's own stream."""

    account_id: str
    kyrios_invoice_id: str
    number: str
    date: dt.date
    due_date: dt.date
    kyrios_contact_id: str
    currency: str
    total: Decimal
    revision: int
    version: int
    xero_invoice_id: str | None
    explanation: Explanation
    entry: EntryNow | None
    timeline: tuple[Step, ...]
    deliveries: tuple[DeliveryRecord, ...]


def tell(engine: Engine, read: SqlEngine, account_id: str, asked: str) -> InvoiceStory:
    """The story of the invoice with this Kyrios id, or else this number. Raises NotPossible if there is none."""
    question = Question(engine)
    answer = question.ask(account_id, asked) or question.ask(account_id, _by_number(read, account_id, asked))
    assert answer is not None, "the projections list only what is in the log"
    state = answer.invoice
    return InvoiceStory(
        account_id=account_id,
        kyrios_invoice_id=state.kyrios_invoice_id,
        number=state.document.number,
        date=state.document.date,
        due_date=state.document.due_date,
        kyrios_contact_id=state.document.kyrios_contact_id,
        currency=state.document.currency,
        total=state.document.totals.total,
        revision=state.revision,
        version=state.version,
        xero_invoice_id=state.xero_invoice_id,
        explanation=answer.explanation,
        entry=answer.entry,
        timeline=timeline(answer.events, answer.reasons),
        deliveries=answer.deliveries,
    )


def _by_number(read: SqlEngine, account_id: str, number: str) -> str:
    with snapshot(read) as connection:
        found = invoice_list.by_number(connection, connection_id(account_id), number)
    if not found:
        raise NotPossible(f"account {account_id} has no invoice with the id or the number {number}")
    if len(found) > 1:
        raise NotPossible(f"account {account_id} has several invoices numbered {number}: {', '.join(found)}")
    return found[0]
