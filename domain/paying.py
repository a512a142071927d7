"""Decisions about the payments of an invoice that is in Xero: what goes, what came of it, what goes again."""

from collections.abc import Sequence
from uuid import UUID

from domain.account_settings import payments_are_recorded
from domain.causes import Cause, is_unfound
from domain.connection_state import Connection
from domain.document import InvoiceDocument, Payment
from domain.event import Decision, Event, Moment
from domain.invoice_events import (
    InvoiceVoided,
    OutcomeResolved,
    OutcomeUnknown,
    PaymentSynced,
    RetryRequested,
    ReviewRaised,
)
from domain.invoice_payment import InvoicePayment, about
from domain.invoice_state import Invoice, decision_on
from domain.preflight import elsewhere
from domain.refusals import NotPossible


def payments_to_make(document: InvoiceDocument, connection: Connection) -> tuple[Payment, ...]:
    """The payments that follow this invoice into Xero if it is sent now; none if the account does not record any."""
    recorded = payments_are_recorded(connection.settings) and connection.default_payment is not None
    return document.payments if recorded else ()


def payment_unknown(
    state: Invoice, payment: Payment, delivery_id: UUID, at: Moment, *, organisation_id: str | None = None
) -> list[Event]:
    """A delivery of this payment ended without a clear answer."""
    if not _is_due(state, payment) or state.unknown_delivery == delivery_id:
        return []
    decision = decision_on(state, at)
    organisation = organisation_id or state.organisation_id
    decision.add(OutcomeUnknown, organisation_id=organisation, delivery_id=delivery_id, kind="create_payment")
    return decision.events


def payment_synced(
    state: Invoice,
    payment: Payment,
    *,
    xero_payment_id: str,
    delivery_id: UUID,
    organisation_id: str,
    at: Moment,
) -> list[Event]:
    """Xero holds the payment. An invoice voided meanwhile is to be voided there next, though Xero will refuse it."""
    if not _is_due(state, payment):
        return []
    decision = decision_on(state, at)
    _resolve(decision, state, organisation_id, found=True)
    decision.add(
        PaymentSynced,
        organisation_id=organisation_id,
        payment=payment,
        xero_payment_id=xero_payment_id,
        delivery_id=delivery_id,
        opens="void_invoice" if state.status == "voided" else None,
    )
    return decision.events


def payment_refused(
    state: Invoice,
    payment: Payment,
    cause: Cause,
    *,
    found: bool,
    answer_ref: UUID | None,
    at: Moment,
    organisation_id: str | None = None,
) -> list[Event]:
    """Xero does not take the payment, or retries ended: the invoice stays synced, and a person looks at the payment.

    `found` says that Xero holds something under the payment's reference that is not this payment. If no search ever
    told (`is_unfound`), nothing is said of that, and another try begins with a search. If the invoice was voided
    meanwhile there is nothing to look at: Xero is told of that next.
    """
    if not _is_due(state, payment):
        return []
    decision = decision_on(state, at)
    organisation = organisation_id or state.organisation_id
    if not is_unfound(cause):
        _resolve(decision, state, organisation, found=found, another=found)
    if state.status == "voided":
        decision.add(InvoiceVoided, organisation_id=organisation, opens="void_invoice")
    else:
        decision.add(ReviewRaised, organisation_id=organisation, cause=about(cause, payment), answer_ref=answer_ref)
    return decision.events


def retry_payments(state: Invoice, connection: Connection | None, at: Moment) -> list[Event]:
    """A person asks for another try of every refused payment; they go to the account that is chosen for payments now.

    Nothing new if none was refused, or all that were are on their way again.
    """
    refused = refused_payments(state)
    if not refused:
        return []
    if connection is not None and elsewhere(state, connection):
        raise NotPossible("the invoice is in the books of another organisation; its payments do not follow it here")
    account = connection.default_payment if connection else None
    if account is None:
        raise NotPossible("no account for payments is chosen; choose one first")
    decision = decision_on(state, at)
    decision.add(
        RetryRequested,
        organisation_id=connection.organisation_id if connection else state.organisation_id,
        opens="create_payment",
        payments=tuple(one.payment for one in refused),
        payment_account_id=account.account_id,
        payments_sought={one.payment.payment_id: one.unfound for one in refused if one.unfound},
    )
    return decision.events


def refused_payments(state: Invoice) -> Sequence[InvoicePayment]:
    """The payments Xero did not take, and that may be tried again.

    One that Xero holds under our Reference with another amount is not among them: a second would stand beside it.
    """
    undecided = {one.key for one in state.reviews if one.code == "outcome_unresolved" and not is_unfound(one)}
    return [one for one in state.payments if one.standing == "refused" and one.payment.payment_id not in undecided]


def only_payments_are_open(state: Invoice) -> bool:
    """Whether nothing but payments of an invoice in Xero was refused or is on its way; its changes go first."""
    if state.status != "synced" or state.live or state.change_is_stuck:
        return False
    return any(one.standing in ("due", "refused") for one in state.payments)


def _is_due(state: Invoice, payment: Payment) -> bool:
    return any(one.payment == payment and one.standing == "due" for one in state.payments)


def _resolve(
    decision: Decision[Invoice], state: Invoice, organisation_id: str | None, *, found: bool, another: bool = False
) -> None:
    if state.unknown_delivery is not None:
        decision.add(
            OutcomeResolved,
            organisation_id=organisation_id,
            delivery_id=state.unknown_delivery,
            found=found,
            another="payment" if another else "",
        )
