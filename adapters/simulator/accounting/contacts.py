"""Contacts, read only: paged with everything, unpaged in short."""

from adapters.simulator import errors
from adapters.simulator.accounting.call import Call
from adapters.simulator.accounting.question import Question
from adapters.simulator.accounting.reference import dated
from adapters.simulator.ledger.documents import Document
from adapters.simulator.wire.exchange import Response

LISTS = ("ContactPersons", "Addresses", "Phones", "ContactGroups")
ONLY_IN_FULL = (
    "ContactPersons",
    "MergedToContactID",
    "Balances",
    "PaymentTerms",
    "SalesDefaultAccountCode",
    "PurchasesDefaultAccountCode",
)


def list_contacts(call: Call) -> Response:
    """Archived contacts only with includeArchived or when asked for by id."""
    question = call.question
    page, short = question.page(), question.flag("summaryOnly")
    held = sorted(_wanted(call, question), key=lambda contact: (contact["UpdatedDateUTC"], contact["ContactID"]))
    shown = question.filtered([_shown(contact, full=page is not None and not short) for contact in held])
    return call.answer("Contacts", page.cut(shown) if page else shown, page, len(shown))


def get_contact(call: Call) -> Response:
    """One contact by ContactID, else by ContactNumber; in full."""
    wanted = call.segments["id"]
    shelf = call.books.shelf(call.tenant_id, "contacts")
    contact = shelf.get(wanted.lower()) or next((c for c in shelf.values() if c.get("ContactNumber") == wanted), None)
    if contact is None:
        raise errors.Refusal(errors.not_found())
    return call.answer("Contacts", [_shown(contact, full=True)])


def summary(contact: Document) -> Document:
    """A contact as it appears inside an invoice."""
    shown = {
        name: contact[name]
        for name in ("ContactID", "ContactNumber", "ContactStatus", "Name", "EmailAddress")
        if name in contact
    }
    return shown | {
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def _wanted(call: Call, question: Question) -> list[Document]:
    ids = {wanted.lower() for wanted in question.values("IDs")}
    archived_too = bool(ids) or question.flag("includeArchived")
    since, term = question.modified_since_ms(), question.text("searchTerm").casefold()
    return [
        contact
        for contact in call.books.shelf(call.tenant_id, "contacts").values()
        if (not ids or contact["ContactID"] in ids)
        and (archived_too or contact["ContactStatus"] != "ARCHIVED")
        and (since is None or contact["UpdatedDateUTC"] > since)
        and (not term or _mentions(contact, term))
    ]


def _mentions(contact: Document, term: str) -> bool:
    names = ("Name", "FirstName", "LastName", "ContactNumber", "CompanyNumber", "EmailAddress")
    return any(term in str(contact.get(name, "")).casefold() for name in names)


def _shown(contact: Document, full: bool) -> Document:
    shown = dated(contact) | {"HasValidationErrors": False, "HasAttachments": False}
    for name in LISTS:
        shown.setdefault(name, [])
    if not full:
        for name in ONLY_IN_FULL:
            shown.pop(name, None)
    return shown
