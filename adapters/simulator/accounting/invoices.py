"""The Invoices resource: create (PUT), update or create (POST), read."""

from adapters.simulator import errors
from adapters.simulator.accounting.call import Call
from adapters.simulator.accounting.elements import read_invoices
from adapters.simulator.accounting.invoice_batch import InvoiceBatch
from adapters.simulator.accounting.invoice_view import InvoiceView
from adapters.simulator.accounting.question import Question
from adapters.simulator.accounting.verdicts import settle, summarises
from adapters.simulator.ledger.documents import Document
from adapters.simulator.ledger.invoices import StoredInvoice, Wanted
from adapters.simulator.wire.exchange import Response


def put_invoices(call: Call) -> Response:
    """Create only. Each element is judged alone; unreadable bodies are refused as a whole."""
    unit_step, summarise = call.question.unit_step(), summarises(call)
    given = read_invoices(call.request.body)
    call.note_size(len(given), "invoices")
    batch = InvoiceBatch(call, given, unit_step)
    return settle(call, "Invoices", [batch.create(invoice) for invoice in given], batch.save, summarise)


def post_invoices(call: Call) -> Response:
    """Update what is named by InvoiceID or number, create what is not there."""
    unit_step, summarise = call.question.unit_step(), summarises(call)
    given = read_invoices(call.request.body)
    call.note_size(len(given), "invoices")
    batch = InvoiceBatch(call, given, unit_step)
    return settle(call, "Invoices", [batch.update_or_create(invoice) for invoice in given], batch.save, summarise)


def post_invoice(call: Call) -> Response:
    """Update one invoice, named in the path; its errors are always summarised."""
    held, given = _named(call), read_invoices(call.request.body)
    if len(given) != 1:
        raise errors.post_data("Invoices must have exactly one element")
    batch = InvoiceBatch(call, given, call.question.unit_step())
    return settle(call, "Invoices", [batch.change(given[0], held)], batch.save, summarise=True)


def list_invoices(call: Call) -> Response:
    """Unpaged without lines; ``page``, ``Statuses`` and ``summaryOnly`` make it paged."""
    question = call.question
    summary_only = question.flag("summaryOnly")
    page = question.page(forced=summary_only or bool(question.values("Statuses")))
    wanted = _wanted(call, question)
    view = InvoiceView(call.tenant_id, call.books, question.unit_step())
    show = view.short if page is None or summary_only else view.whole
    if page is not None and not any(question.text(name) for name in ("where", "order", "searchTerm")):
        found, count = call.invoices.find(call.tenant_id, wanted, page.size, (page.number - 1) * page.size)
        return call.answer("Invoices", [show(invoice) for invoice in found], page, count)
    found, _ = call.invoices.find(call.tenant_id, wanted)
    shown = question.filtered(
        [show(invoice) for invoice in found if _mentions(invoice.document, question.text("searchTerm"))]
    )
    return call.answer("Invoices", page.cut(shown) if page else shown, page, len(shown))


def get_invoice(call: Call) -> Response:
    """One invoice by InvoiceID or number, with lines."""
    found = _named(call)
    view = InvoiceView(call.tenant_id, call.books, call.question.unit_step())
    return call.answer("Invoices", [view.whole(found)])


def _named(call: Call) -> StoredInvoice:
    found = call.invoices.by_id_or_number(call.tenant_id, call.segments["id"])
    if found is None:
        raise errors.Refusal(errors.not_found())
    return found


def _wanted(call: Call, question: Question) -> Wanted:
    numbers = question.values("InvoiceNumbers")
    # XERO-UNVERIFIED XU-10: how many numbers one GET takes.
    if len(numbers) > call.behaviour.numbers_per_get:
        raise errors.query(f"at most {call.behaviour.numbers_per_get} InvoiceNumbers per request")
    delay_ms = int(call.behaviour.read_delay_seconds * 1000)
    return Wanted(
        ids=[value.lower() for value in question.values("IDs")] or None,
        numbers=numbers or None,
        statuses=[value.upper() for value in question.values("Statuses")] or None,
        contact_ids=[value.lower() for value in question.values("ContactIDs")] or None,
        updated_after_ms=question.modified_since_ms(),
        created_until_ms=call.clock.now_ms() - delay_ms if delay_ms else None,  # XERO-UNVERIFIED XU-09
        created_by_app=question.flag("createdByMyApp"),
    )


def _mentions(document: Document, term: str) -> bool:
    sought = term.casefold()
    return not sought or any(
        sought in str(document.get(name, "")).casefold() for name in ("InvoiceNumber", "Reference")
    )
