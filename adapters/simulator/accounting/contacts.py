"""The Contacts resource: create (PUT), update or create (POST) and read; paged with everything, unpaged in short."""

from collections.abc import Callable, Sequence

from adapters.simulator import errors
from adapters.simulator.accounting.call import Call
from adapters.simulator.accounting.contact_rules import ContactJudgement, ContactRules, find_contact
from adapters.simulator.accounting.contact_view import in_full, in_short, refused
from adapters.simulator.accounting.elements import read_contacts
from adapters.simulator.accounting.question import Question
from adapters.simulator.accounting.verdicts import ZERO_GUID, Verdict, settle, summarises
from adapters.simulator.ledger.documents import Document
from adapters.simulator.wire.exchange import Response


def list_contacts(call: Call) -> Response:
    """Archived contacts only with includeArchived or when asked for by id."""
    question = call.question
    page, short = question.page(), question.flag("summaryOnly")
    held = sorted(_wanted(call, question), key=lambda contact: (contact["UpdatedDateUTC"], contact["ContactID"]))
    if len(held) > call.behaviour.most_results:
        raise errors.high_volume()
    show = in_full if page is not None and not short else in_short
    if page is not None and not question.narrows:  # an organisation may have a hundred thousand
        return call.answer("Contacts", [show(contact) for contact in page.cut(held)], page, len(held))
    shown = question.filtered([show(contact) for contact in held])
    return call.answer("Contacts", page.cut(shown) if page else shown, page, len(shown))


def get_contact(call: Call) -> Response:
    """One contact by ContactID, else by ContactNumber; in full."""
    return call.answer("Contacts", [in_full(_named(call))])


def put_contacts(call: Call) -> Response:
    """Create only."""
    return _write(call, read_contacts(call.request.body), lambda contact, rules: None, summarises(call))


def post_contacts(call: Call) -> Response:
    """Update the contact that is meant, or create one.

    XERO-UNVERIFIED XU-17: a contact sent with a name alone updates the active contact of that name.
    """
    given = read_contacts(call.request.body)
    return _write(
        call, given, lambda contact, rules: find_contact(rules.contacts, contact, call.behaviour), summarises(call)
    )


def post_contact(call: Call) -> Response:
    """Update one contact; its errors are always summarised."""
    held, given = _named(call), read_contacts(call.request.body)
    if len(given) != 1:
        raise errors.post_data("Contacts must have exactly one element")
    return _write(call, given, lambda contact, rules: held, summarise=True)


def _write(
    call: Call,
    given: Sequence[Document],
    meant: Callable[[Document, ContactRules], Document | None],
    summarise: bool,
) -> Response:
    """Judge one after the other: what is accepted counts for those that follow. ``meant``: the contact to change."""
    call.note_size(len(given), "contacts")
    rules = ContactRules(call.books.shelf(call.tenant_id, "contacts"), call.behaviour)
    accepted: list[tuple[Document, bool]] = []
    verdicts = []
    for contact in given:
        held = meant(contact, rules)
        judged = rules.judge(contact, held)
        if held is None and "ContactID" in contact:
            judged.messages = ["The Contact could not be found."]  # XERO-UNVERIFIED XU-29: the text
        judged.messages += call.behaviour.against(contact.get("Name"))
        if not judged.messages:
            rules.accept(judged.document)
            accepted.append((judged.document, held is None))
        verdicts.append(_verdict(call, judged, ZERO_GUID if held is None else held["ContactID"]))
    return settle(call, "Contacts", verdicts, lambda: _save(call, accepted), summarise)


def _verdict(call: Call, judged: ContactJudgement, contact_id: str) -> Verdict:
    now = call.clock.now_ms()
    if judged.messages:
        return Verdict(False, lambda: refused({**judged.document, "ContactID": contact_id}, judged.messages, now))
    return Verdict(True, lambda: in_full({**judged.document, "UpdatedDateUTC": now}))


def _save(call: Call, accepted: Sequence[tuple[Document, bool]]) -> None:
    now = call.clock.now_ms()
    for document, new in accepted:
        call.books.put(call.tenant_id, "contacts", {**document, "UpdatedDateUTC": now}, now)
        if new:
            call.contact_origins.note(call.tenant_id, document["ContactID"], call.idempotency_key, now)


def _named(call: Call) -> Document:
    wanted = call.segments["id"]
    shelf = call.books.shelf(call.tenant_id, "contacts")
    contact = shelf.get(wanted.lower()) or next((c for c in shelf.values() if c.get("ContactNumber") == wanted), None)
    if contact is None:
        raise errors.Refusal(errors.not_found())
    return contact


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
