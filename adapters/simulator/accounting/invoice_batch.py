"""The invoices of one write: judged one after the other, each in view of those before it, saved together.

Holds what belongs to no single invoice: whose number is taken, what a batch has created so far, the plan's limits.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from adapters.simulator.accounting.call import Call
from adapters.simulator.accounting.contact_rules import ContactRules, find_contact
from adapters.simulator.accounting.invoice_changes import has_payments, judge_change
from adapters.simulator.accounting.invoice_rules import InvoiceRules, Judgement
from adapters.simulator.accounting.invoice_view import InvoiceView
from adapters.simulator.accounting.plan import Plan
from adapters.simulator.accounting.verdicts import Verdict
from adapters.simulator.ledger.documents import Document
from adapters.simulator.ledger.invoices import Bearer, StoredInvoice
from adapters.simulator.options import Behaviour

NUMBER_TAKEN = "Invoice # must be unique."  # XERO-UNVERIFIED XU-04: exact text, echo and InvoiceID
ENDED = ("VOIDED", "DELETED")
IDENTIFYING = ("ContactID", "ContactNumber", "Name")


class InvoiceBatch:
    """A batch on its way into the books."""

    def __init__(self, call: Call, given: Sequence[Document], unit_step: Decimal) -> None:
        self._call = call
        self._rules = InvoiceRules(call.tenant_id, call.books, call.clock, call.behaviour, unit_step)
        self._plan = Plan(call.tenant_id, call.books, call.invoices, call.behaviour, self._rules.today)
        self._contact_rules = ContactRules(call.books.shelf(call.tenant_id, "contacts"), call.behaviour)
        self._view = InvoiceView(call.tenant_id, call.books, unit_step)
        self._changed: dict[str, StoredInvoice] = {}
        self._created: dict[str, StoredInvoice] = {}
        self._contacts: list[Document] = []
        numbers = [invoice["InvoiceNumber"] for invoice in given if invoice.get("InvoiceNumber")]
        self._bearers: dict[str, Bearer] = {}
        for bearer in call.invoices.bearers_of_numbers(call.tenant_id, numbers):
            self._bear(bearer)
        self._serial = call.invoices.next_number(call.tenant_id)

    def create(self, given: Document) -> Verdict:
        """Judge a new invoice."""
        judged = self._rules.judge(given)
        document = judged.document
        judged.messages += self._plan.refusals(document)
        judged.messages += self._call.behaviour.against(document.get("InvoiceNumber"))
        self._judge_number(document, judged)
        contact = self._contact_change(given, judged)
        if judged.messages:
            return self._refused(judged)
        self._number(document)
        now = self._call.clock.now_ms()
        stored = StoredInvoice(self._call.tenant_id, document, now, now, "api", self._call.idempotency_key)
        self._created[document["InvoiceID"]] = stored
        return self._accepted(stored, contact, None)

    def change(self, given: Document, held: StoredInvoice) -> Verdict:
        """Judge a change of an invoice that exists."""
        before = held.document
        judged = judge_change(self._rules, given, before)
        document = judged.document
        if not judged.messages:
            judged.messages += self._plan.refusals(document, before["Status"])
            judged.messages += self._call.behaviour.against(document.get("InvoiceNumber"))
            self._judge_number(document, judged)
        contact = self._contact_change(given, judged) if document["Status"] not in ENDED else None
        if judged.messages:
            return self._refused(judged, before["InvoiceID"])
        quiet = has_payments(before) and not self._call.behaviour.paid_edits_show_as_updated
        stored = replace(held, document=document, updated_ms=held.updated_ms if quiet else self._call.clock.now_ms())
        into = self._created if document["InvoiceID"] in self._created else self._changed
        into[document["InvoiceID"]] = stored
        self._release_number(before)
        return self._accepted(stored, contact, before["Status"])

    def update_or_create(self, given: Document) -> Verdict:
        """What POST does: an invoice named by id or by its number is overwritten, another is created."""
        if "InvoiceID" not in given:
            held = self._of_number(given)
            return self.create(given) if held is None else self.change(given, held)
        held = self._of_id(given["InvoiceID"])
        if held is not None:
            return self.change(given, held)
        # XERO-UNVERIFIED XU-29: how an unknown InvoiceID is refused.
        return self._refused(Judgement(self._rules.judge(given).document, ["The Invoice could not be found."]))

    def save(self) -> None:
        """Write what was accepted."""
        self._call.invoices.add(self._created.values())
        for stored in self._changed.values():
            self._call.invoices.replace(stored)
        for contact in self._contacts:
            self._call.books.put(self._call.tenant_id, "contacts", contact, self._call.clock.now_ms())

    def _refused(self, judged: Judgement, *invoice_id: str) -> Verdict:
        now = self._call.clock.now_ms()
        return Verdict(False, lambda: self._view.refused(judged.document, judged.messages, now, *invoice_id))

    def _accepted(self, stored: StoredInvoice, contact: Document | None, was: str | None) -> Verdict:
        document = stored.document
        if document["Type"] == "ACCREC" and "InvoiceNumber" in document:
            self._bear(Bearer(document["InvoiceNumber"], document["InvoiceID"], document["Status"]))
        self._plan.accepted(document, was)
        if contact is not None:
            self._contacts.append(contact)
            self._contact_rules.accept(contact)
        return Verdict(True, lambda: self._view.whole(stored))

    def _of_id(self, invoice_id: str) -> StoredInvoice | None:
        known = self._created.get(invoice_id) or self._changed.get(invoice_id)
        return known or self._call.invoices.by_id(self._call.tenant_id, invoice_id)

    def _of_number(self, given: Document) -> StoredInvoice | None:
        """XERO-UNVERIFIED XU-26: an invoice that was deleted or voided is not matched by its number."""
        bearer = self._bearers.get(given.get("InvoiceNumber", ""))
        if bearer is None or bearer.status in ENDED or given.get("Type", "ACCREC") != "ACCREC":
            return None
        return self._of_id(bearer.invoice_id)

    def _bear(self, bearer: Bearer) -> None:
        if not frees_number(bearer.status, self._call.behaviour):
            self._bearers[bearer.number] = bearer
        elif self._bearers.get(bearer.number, bearer).invoice_id == bearer.invoice_id:
            self._bearers.pop(bearer.number, None)

    def _release_number(self, before: Document) -> None:
        number = before.get("InvoiceNumber", "")
        if number in self._bearers and self._bearers[number].invoice_id == before["InvoiceID"]:
            del self._bearers[number]

    def _judge_number(self, document: Document, judged: Judgement) -> None:
        bearer = self._bearers.get(document.get("InvoiceNumber", ""))
        fenced = document["Type"] == "ACCREC" and self._call.behaviour.unique_numbers
        if fenced and bearer is not None and bearer.invoice_id != document["InvoiceID"]:
            judged.messages.append(NUMBER_TAKEN)

    def _number(self, document: Document) -> None:
        """A sales invoice that brings no number gets one."""
        while document["Type"] == "ACCREC" and "InvoiceNumber" not in document:
            candidate, self._serial = f"INV-{self._serial:04d}", self._serial + 1
            known = self._call.invoices.bearers_of_numbers(self._call.tenant_id, [candidate])
            if candidate not in self._bearers and not known:
                document["InvoiceNumber"] = candidate

    def _contact_change(self, given: Document, judged: Judgement) -> Document | None:
        """What else is sent of a contact changes it; contact persons that are not sent are dropped (Xero's page)."""
        asked = given.get("Contact", {})
        named_by = next((name for name in IDENTIFYING if name in asked), None)
        others = {name: asked[name] for name in asked if name not in (named_by, "ContactStatus")}
        held = find_contact(self._contact_rules.contacts, asked, self._call.behaviour) if others else None
        if held is None or judged.messages:
            return None
        found = self._contact_rules.judge({"ContactPersons": []} | others, held)
        judged.messages += found.messages
        return found.document | {"UpdatedDateUTC": self._call.clock.now_ms()}


def frees_number(status: str, behaviour: Behaviour) -> bool:
    """XERO-UNVERIFIED XU-03: whether an invoice of this status leaves its number to others."""
    return (status == "DELETED" and behaviour.deleted_frees_number) or (
        status == "VOIDED" and behaviour.voided_frees_number
    )
