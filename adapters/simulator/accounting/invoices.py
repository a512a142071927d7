"""The Invoices resource: create (PUT) and read. Updating (POST) is not here yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.simulator import errors
from adapters.simulator.accounting.call import Call
from adapters.simulator.accounting.invoice_body import read_invoices
from adapters.simulator.accounting.invoice_rules import InvoiceRules, Judgement
from adapters.simulator.accounting.invoice_view import InvoiceView
from adapters.simulator.accounting.question import Question
from adapters.simulator.ledger.documents import Document
from adapters.simulator.ledger.invoices import StoredInvoice, Wanted
from adapters.simulator.options import Behaviour
from adapters.simulator.wire.exchange import Response

ABOUT_MAX_ELEMENTS = 50
ABOUT_MAX_BYTES = 3_500_000
NUMBER_TAKEN = "Invoice # must be unique."  # XERO-UNVERIFIED XU-04: exact text, echo and InvoiceID


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one element: stored, or refused with messages."""

    judgement: Judgement
    stored: StoredInvoice | None


def put_invoices(call: Call) -> Response:
    """Create only. Each element is judged alone; unreadable bodies are refused as a whole."""
    question = call.question
    unit_step = question.unit_step()
    summarise = question.flag("summarizeErrors", call.behaviour.summarise_by_default)  # XERO-UNVERIFIED XU-02
    given = read_invoices(call.request.body)
    _note_size(call, len(given))
    rules = InvoiceRules(call.tenant_id, call.books, call.clock, call.behaviour, unit_step)
    verdicts = _decide(call, [(invoice, rules.judge(invoice)) for invoice in given])
    view = InvoiceView(call.tenant_id, call.books, unit_step)
    refused = [verdict.judgement for verdict in verdicts if verdict.stored is None]
    # XERO-UNVERIFIED XU-01: whether a summarised 400 has saved its valid elements.
    if not (summarise and refused and not call.behaviour.summarised_400_saves_valid):
        call.invoices.add([verdict.stored for verdict in verdicts if verdict.stored])
    if summarise and refused:
        return errors.validation([view.refused(j.document, j.messages, call.clock.now_ms()) for j in refused])
    return call.answer("Invoices", [_element(call, view, verdict, summarise) for verdict in verdicts])


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
    found = call.invoices.by_id_or_number(call.tenant_id, call.segments["id"])
    if found is None:
        raise errors.Refusal(errors.not_found())
    view = InvoiceView(call.tenant_id, call.books, call.question.unit_step())
    return call.answer("Invoices", [view.whole(found)])


def frees_number(status: str, behaviour: Behaviour) -> bool:
    """XERO-UNVERIFIED XU-03: whether an invoice of this status leaves its number to others."""
    return (status == "DELETED" and behaviour.deleted_frees_number) or (
        status == "VOIDED" and behaviour.voided_frees_number
    )


def _decide(call: Call, judged: Sequence[tuple[Document, Judgement]]) -> list[Verdict]:
    """Number uniqueness, in the order of the batch: the second of two equal numbers is the one refused."""
    numbers = [j.document["InvoiceNumber"] for _, j in judged if "InvoiceNumber" in j.document]
    known = call.invoices.statuses_of_numbers(call.tenant_id, numbers)
    taken = {number for number, status in known if not frees_number(status, call.behaviour)}
    verdicts, now, serial = [], call.clock.now_ms(), call.invoices.next_number(call.tenant_id)
    for _, judgement in judged:
        document = judgement.document
        fenced = document["Type"] == "ACCREC" and call.behaviour.unique_numbers
        if fenced and document.get("InvoiceNumber") in taken:
            judgement.messages.append(NUMBER_TAKEN)
        if judgement.messages:
            verdicts.append(Verdict(judgement, None))
            continue
        if document["Type"] == "ACCREC":
            while "InvoiceNumber" not in document:
                candidate, serial = f"INV-{serial:04d}", serial + 1
                if candidate not in taken and not call.invoices.statuses_of_numbers(call.tenant_id, [candidate]):
                    document["InvoiceNumber"] = candidate
            taken.add(document["InvoiceNumber"])
        key = call.request.headers.get("idempotency-key")
        verdicts.append(Verdict(judgement, StoredInvoice(call.tenant_id, document, now, now, "api", key)))
    return verdicts


def _element(call: Call, view: InvoiceView, verdict: Verdict, summarise: bool) -> Document:
    if verdict.stored is None:
        return view.refused(verdict.judgement.document, verdict.judgement.messages, call.clock.now_ms())
    shown = view.whole(verdict.stored)
    return shown if summarise else shown | {"StatusAttributeString": "OK"}


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


def _note_size(call: Call, count: int) -> None:
    if count > ABOUT_MAX_ELEMENTS:
        call.broke("too_many_elements", f"{count} invoices in one request")
    if len(call.request.body) > ABOUT_MAX_BYTES:
        call.broke("body_too_large", f"{len(call.request.body)} bytes in one request")
