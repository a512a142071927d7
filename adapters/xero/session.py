"""What a caller uses: the calls of one connection, with a valid token supplied each time.

A refused token is refreshed once and the call sent once more with the same key; a refused token never takes effect.
"""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from datetime import date, datetime
from typing import Final, Self
from uuid import UUID

import msgspec

from adapters.xero import calls, fields, invoice_mapping, payment_mapping, reference_mapping
from adapters.xero.answers import (
    Answer,
    ContactsAnswer,
    InvoicesAnswer,
    Organisation,
    PaymentsAnswer,
    XeroConnection,
    XeroContact,
    XeroInvoice,
)
from adapters.xero.calls import Call
from adapters.xero.client import XeroClient
from adapters.xero.contact_mapping import read_contact, read_contact_element
from adapters.xero.errors import NotConnected, OutcomeUnclear, Unauthorised, XeroError
from adapters.xero.fields import Json
from adapters.xero.tokens import AccessToken, AccessTokens
from domain.ledger_account import XeroAccount
from domain.tax import XeroTaxRate

BeforeSend = Callable[[], object]
Hear = Callable[[Answer | XeroError], object]
_MOST_PAGES: Final = 10_000


def nothing() -> None:
    """The `before_send` of a caller that has nothing to check."""


def unheard(said: Answer | XeroError) -> None:
    """The listener of a session whose answers nobody counts."""


class XeroSession:
    """The calls of one grant to one organisation. Building one costs nothing; every method may raise any XeroError.

    `before_send` runs right before each request goes on the wire, after any wait for a token and again before a
    repetition: an error it raises passes through, and nothing was sent.
    """

    def __init__(self, client: XeroClient, tokens: AccessTokens, grant_id: UUID, organisation_id: str = "") -> None:
        self._client, self._tokens = client, tokens
        self._grant_id, self._organisation_id = grant_id, organisation_id
        self._hear: Hear = unheard

    def heard_by(self, hear: Hear) -> Self:
        """The same calls; every answer, good or bad, is told to `hear` first: it says how many calls are left."""
        heard = copy(self)
        heard._hear = hear
        return heard

    def connections(self, auth_event_id: str = "", *, before_send: BeforeSend = nothing) -> tuple[XeroConnection, ...]:
        """The organisations the user gave us, or only those of the consent that `auth_event_id` stands for."""
        answer = self._ask(calls.connections(auth_event_id), before_send)
        if not isinstance(answer.content, list):
            raise _unreadable(answer)
        return tuple(reference_mapping.read_connection(found) for found in fields.objects(answer.content))

    def delete_connection(self, xero_connection_id: str, *, before_send: BeforeSend = nothing) -> Answer:
        """Remove a connection in Xero, by its own id and not the organisation's; NotFound if it was gone already."""
        return self._ask(calls.delete_connection(xero_connection_id), before_send)

    def organisation(self) -> Organisation:
        """The organisation these calls are about."""
        answer = self._ask(calls.organisation(self._organisation_id))
        found = _list(answer, "Organisations")
        if len(found) != 1:
            raise _unreadable(answer)
        return reference_mapping.read_organisation(found[0])

    def ledger_accounts(self) -> tuple[XeroAccount, ...]:
        """The whole chart of accounts, each with why it may not be chosen."""
        answer = self._ask(calls.ledger_accounts(self._organisation_id))
        return tuple(reference_mapping.read_account(found) for found in _list(answer, "Accounts"))

    def tax_rates(self) -> tuple[XeroTaxRate, ...]:
        """All tax rates; one without a code or an effective rate cannot be mapped and is left out."""
        answer = self._ask(calls.tax_rates(self._organisation_id))
        read = (reference_mapping.read_tax_rate(found) for found in _list(answer, "TaxRates"))
        return tuple(rate for rate in read if rate is not None)

    def currencies(self) -> tuple[str, ...]:
        """The codes of the currencies the organisation uses."""
        answer = self._ask(calls.currencies(self._organisation_id))
        read = (reference_mapping.read_currency(found) for found in _list(answer, "Currencies"))
        return tuple(code for code in read if code)

    def denied_actions(self) -> tuple[str, ...]:
        """What Xero says the user must not do in the organisation, such as CreateApprovedInvoice."""
        answer = self._ask(calls.actions(self._organisation_id))
        read = (reference_mapping.denied_action(found) for found in _list(answer, "Actions"))
        return tuple(name for name in read if name)

    def contacts(
        self,
        *,
        modified_since: datetime | None = None,
        page_size: int = calls.LARGEST_PAGE,
        first_page: int = 1,
        before_send: BeforeSend = nothing,
    ) -> Iterator[tuple[XeroContact, ...]]:
        """All contacts, page by page from `first_page` on, archived ones too."""
        for page in range(first_page, _MOST_PAGES):
            answer = self._ask(calls.contacts(self._organisation_id, page, page_size, modified_since), before_send)
            found = _list(answer, "Contacts")
            if not found:
                return
            yield tuple(read_contact(contact) for contact in found)
            if _is_last(answer, page, len(found)):
                return

    def put_contacts(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> ContactsAnswer:
        """Create the contacts of `body`; every element of the answer is to be judged by itself."""
        return _contacts(self._ask(calls.put_contacts(self._organisation_id, body, idempotency_key), before_send))

    def find_contacts(self, numbers: Sequence[str], *, before_send: BeforeSend = nothing) -> ContactsAnswer:
        """Everything Xero holds under these ContactNumbers, in as many requests as it takes."""
        if not numbers:
            raise ValueError("nothing to look up")
        portions = calls.look_ups(numbers, calls.CONTACTS_AT_ONCE)
        asked = (calls.find_contacts(self._organisation_id, portion) for portion in portions)
        answers = [_contacts(self._ask(call, before_send)) for call in asked]
        elements = tuple(element for answer in answers for element in answer.elements)
        return msgspec.structs.replace(answers[-1], elements=elements, calls=len(answers))

    def put_payments(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> PaymentsAnswer:
        """Enter the payments of `body`; every element of the answer is to be judged by itself."""
        return _payments(self._ask(calls.put_payments(self._organisation_id, body, idempotency_key), before_send))

    def find_payments(self, wanted: Sequence[tuple[str, str]], *, before_send: BeforeSend = nothing) -> PaymentsAnswer:
        """Everything Xero holds under these pairs of InvoiceID and Reference, by one request each."""
        if not wanted:
            raise ValueError("nothing to look up")
        asked = [calls.find_payment(self._organisation_id, invoice_id, reference) for invoice_id, reference in wanted]
        answers = [_payments(self._ask(call, before_send)) for call in asked]
        elements = tuple(element for answer in answers for element in answer.elements)
        return msgspec.structs.replace(answers[-1], elements=elements, calls=len(answers))

    def put_invoices(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Create the invoices of `body`; every element of the answer is to be judged by itself."""
        return _invoices(self._ask(calls.put_invoices(self._organisation_id, body, idempotency_key), before_send))

    def post_invoices(self, body: bytes, idempotency_key: str, *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Change the invoices of `body`, each named by its InvoiceID; every element is to be judged by itself."""
        return _invoices(self._ask(calls.post_invoices(self._organisation_id, body, idempotency_key), before_send))

    def get_invoices(self, invoice_ids: Sequence[str], *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """The invoices with these InvoiceIDs, with all that a revision may change, in as many requests as it takes."""
        if not invoice_ids:
            raise ValueError("nothing to look up")
        portions = calls.look_ups(invoice_ids)
        asked = (calls.get_invoices(self._organisation_id, portion) for portion in portions)
        answers = [_invoices(self._ask(call, before_send), invoice_mapping.read_whole_element) for call in asked]
        elements = tuple(element for answer in answers for element in answer.elements)
        return msgspec.structs.replace(answers[-1], elements=elements, calls=len(answers))

    def find_invoices(self, numbers: Sequence[str], *, before_send: BeforeSend = nothing) -> InvoicesAnswer:
        """Everything Xero holds under these numbers, in as many requests as it takes."""
        if not numbers:
            raise ValueError("nothing to look up")
        answers = [answer for portion in calls.look_ups(numbers) for answer in self._pages(portion, before_send)]
        last = answers[-1]
        return InvoicesAnswer(
            status=last.status,
            correlation_id=last.correlation_id,
            rates=last.rates,
            elements=tuple(element for answer in answers for element in answer.elements),
            calls=len(answers),
        )

    def our_invoices(
        self, first: date, until: date, *, before_send: BeforeSend = nothing
    ) -> Iterator[tuple[XeroInvoice, ...]]:
        """The sales invoices this app made, dated from `first` to before `until`, page by page, whatever their status.

        What changes meanwhile moves between pages, so an invoice may come twice or not at all.
        """
        for page in range(1, _MOST_PAGES):
            answer = self._ask(calls.our_invoices(self._organisation_id, first, until, page), before_send)
            found = _invoices(answer).elements
            yield found
            if not found or _is_last(answer, page, len(found)):
                return

    def _pages(self, numbers: Sequence[str], before_send: BeforeSend) -> Iterator[InvoicesAnswer]:
        # Purchase bills may share a number without limit, so even few numbers can fill more than a page.
        for page in range(1, _MOST_PAGES):
            answer = self._ask(calls.find_invoices(self._organisation_id, numbers, page), before_send)
            read = _invoices(answer)
            yield read
            if _is_last(answer, page, len(read.elements)):
                return

    def _ask(self, call: Call, before_send: BeforeSend = nothing) -> Answer:
        token = self._tokens.access_token(self._grant_id)
        before_send()
        try:
            return self._send(call, token)
        except Unauthorised:
            rejected = token.version
        token = self._tokens.force_refresh(self._grant_id, rejected)
        before_send()
        try:
            return self._send(call, token)
        except Unauthorised as again:
            raise _not_the_token(again) from None

    def _send(self, call: Call, token: AccessToken) -> Answer:
        try:
            answer = self._client.send(call, token.secret)
        except XeroError as error:
            self._hear(error)
            raise
        self._hear(answer)
        return answer


def _not_the_token(refused: Unauthorised) -> XeroError:
    """What a refusal of a fresh token means.

    XERO-UNVERIFIED XU-19: an organisation that was disconnected may answer 401 as well as 403.
    """
    if refused.code != "AuthenticationUnsuccessful":
        return refused
    return NotConnected(refused.code, status=refused.status, correlation_id=refused.correlation_id, rates=refused.rates)


def _invoices(answer: Answer, read: Callable[[Json], XeroInvoice] = invoice_mapping.read_element) -> InvoicesAnswer:
    elements = _list(answer, "Invoices")
    return InvoicesAnswer(
        status=answer.status,
        correlation_id=answer.correlation_id,
        rates=answer.rates,
        elements=tuple(read(element) for element in elements),
    )


def _payments(answer: Answer) -> PaymentsAnswer:
    return PaymentsAnswer(
        status=answer.status,
        correlation_id=answer.correlation_id,
        rates=answer.rates,
        elements=tuple(payment_mapping.read_payment(element) for element in _list(answer, "Payments")),
    )


def _contacts(answer: Answer) -> ContactsAnswer:
    return ContactsAnswer(
        status=answer.status,
        correlation_id=answer.correlation_id,
        rates=answer.rates,
        elements=tuple(read_contact_element(element) for element in _list(answer, "Contacts")),
    )


def _list(answer: Answer, key: str) -> list[Json]:
    found = fields.any_case(answer.content, key)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise _unreadable(answer)
    return found


def _is_last(answer: Answer, page: int, held: int) -> bool:
    """Whether a page is the last: Xero says so, or it holds less than the smallest page Xero is known to hand out.

    Holding less than was asked for proves nothing, since Xero may hand out smaller pages than that.
    """
    pages = fields.number(fields.any_case(fields.any_case(answer.content, "pagination"), "pageCount"))
    return page >= pages if pages is not None else held < calls.USUAL_PAGE


def _unreadable(answer: Answer) -> OutcomeUnclear:
    return OutcomeUnclear("unreadable", status=answer.status, correlation_id=answer.correlation_id, rates=answer.rates)
