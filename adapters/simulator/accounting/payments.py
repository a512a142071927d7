"""The Payments resource: enter (PUT, POST), remove (POST with Status DELETED), read. A payment is never changed."""

from dataclasses import replace

from adapters.simulator import errors
from adapters.simulator.accounting.call import Call
from adapters.simulator.accounting.elements import read_payments
from adapters.simulator.accounting.payment_rules import PaymentRules
from adapters.simulator.accounting.payment_view import PaymentView
from adapters.simulator.accounting.settling import with_payment, without_payment
from adapters.simulator.accounting.verdicts import Verdict, settle, summarises
from adapters.simulator.ledger.documents import Document
from adapters.simulator.ledger.payments import StoredPayment
from adapters.simulator.wire.exchange import Response


def list_payments(call: Call) -> Response:
    """Payments of every status; paged when asked for."""
    question, view = call.question, _view(call)
    page = question.page()
    held = call.payments.changed_after(call.tenant_id, question.modified_since_ms())
    shown = question.filtered([view.whole(payment) for payment in held])
    return call.answer("Payments", page.cut(shown) if page else shown, page, len(shown))


def get_payment(call: Call) -> Response:
    """One payment by its id."""
    return call.answer("Payments", [_view(call).whole(_named(call))])


def put_payments(call: Call) -> Response:
    """Enter payments; each is judged in view of those before it."""
    given, summarise = read_payments(call.request.body), summarises(call)
    call.note_size(len(given), "payments")
    rules = _rules(call)
    accepted: list[StoredPayment] = []
    verdicts = [_entered(call, rules, payment, accepted) for payment in given]

    def save() -> None:
        for payment in accepted:
            call.payments.keep(payment)
        for invoice in rules.changed_invoices:
            call.invoices.replace(invoice)

    return settle(call, "Payments", verdicts, save, summarise)


def post_payment(call: Call) -> Response:
    """Remove a payment: its invoice is open again. Errors are always summarised."""
    held, given = _named(call), read_payments(call.request.body)
    if len(given) != 1:
        raise errors.post_data("Payments must have exactly one element")
    messages, view, now = _rules(call).judge_removal(given[0], held), _view(call), call.clock.now_ms()
    if messages:
        return errors.validation([view.refused(held.document, messages, now, held.document["PaymentID"])])
    removed = replace(held, document={**held.document, "Status": "DELETED"}, updated_ms=now)
    call.payments.keep(removed)
    invoice = call.invoices.by_id(call.tenant_id, held.document["Invoice"]["InvoiceID"])
    if invoice is not None:
        opened = without_payment(invoice.document, held.document)
        call.invoices.replace(replace(invoice, document=opened, updated_ms=now))
    return call.answer("Payments", [view.whole(removed)])


def _entered(call: Call, rules: PaymentRules, given: Document, accepted: list[StoredPayment]) -> Verdict:
    judged, view, now = rules.judge(given), _view(call), call.clock.now_ms()
    judged.messages += call.behaviour.against(given.get("Reference"))
    if judged.messages or judged.invoice is None:
        return Verdict(False, lambda: view.refused(judged.document, judged.messages, now))
    stored = StoredPayment(call.tenant_id, judged.document, now, now, "api", call.idempotency_key)
    accepted.append(stored)
    paid = with_payment(judged.invoice.document, judged.document)
    rules.changed(replace(judged.invoice, document=paid, updated_ms=now))
    return Verdict(True, lambda: view.whole(stored))


def _rules(call: Call) -> PaymentRules:
    return PaymentRules(call.tenant_id, call.books, call.invoices, call.clock, call.behaviour)


def _view(call: Call) -> PaymentView:
    return PaymentView(call.tenant_id, call.books, call.invoices)


def _named(call: Call) -> StoredPayment:
    found = call.payments.by_id(call.tenant_id, call.segments["id"])
    if found is None:
        raise errors.Refusal(errors.not_found())
    return found
