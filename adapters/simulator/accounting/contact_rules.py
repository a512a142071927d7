"""When the books accept a contact, new or changed: names and numbers are unique, texts are clean and short enough."""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from adapters.simulator.ledger.documents import Document
from adapters.simulator.options import Behaviour

TEXTS = {
    "Name": 255,
    "FirstName": 255,
    "LastName": 255,
    "EmailAddress": 255,
    "ContactNumber": 50,
    "AccountNumber": 50,
    "CompanyNumber": 50,
    "TaxNumber": 50,
}
PHONE_TYPES = ("DEFAULT", "DDI", "MOBILE", "FAX", "OFFICE")
PHONE_TEXTS = {"PhoneNumber": 50, "PhoneAreaCode": 10, "PhoneCountryCode": 20}
PLAIN = """BankAccountDetails TaxNumberType AccountsReceivableTaxType AccountsPayableTaxType DefaultCurrency
    SalesDefaultLineAmountType PurchasesDefaultLineAmountType XeroNetworkKey SalesDefaultAccountCode
    PurchasesDefaultAccountCode"""

NAME_TAKEN = (
    "The contact name {} is already assigned to another contact."
    " The contact name must be unique across all active contacts."
)
NAME_EMPTY = "Contact Name cannot be empty."
ACCOUNT_NUMBER_TAKEN = "The Account Number already exists. Please enter a different Account Number."
_EMAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+", re.ASCII)


@dataclass(slots=True)
class ContactJudgement:
    """What would be kept of a contact, and every message against it."""

    document: Document
    messages: list[str] = field(default_factory=list)


def find_contact(contacts: Mapping[str, Document], asked: Document, behaviour: Behaviour) -> Document | None:
    """The contact a write means: by ContactID, else ContactNumber, else the name of an active one."""
    if "ContactID" in asked:
        return contacts.get(asked["ContactID"])
    if asked.get("ContactNumber"):
        found = next((c for c in contacts.values() if c.get("ContactNumber") == asked["ContactNumber"]), None)
        if found is not None or "Name" not in asked:
            return found
    # XERO-UNVERIFIED XU-17: whether by name alone an active contact is matched.
    if "Name" in asked and behaviour.name_matches_contact:
        return next((c for c in contacts.values() if _active(c) and _same(c["Name"], asked["Name"])), None)
    return None


class ContactRules:
    """The rules about the contacts of one organisation; knows what a batch has accepted so far."""

    def __init__(self, contacts: Mapping[str, Document], behaviour: Behaviour) -> None:
        self.contacts = dict(contacts)
        self._behaviour = behaviour

    def judge(self, given: Document, held: Document | None = None) -> ContactJudgement:
        """Check a contact that is to be created, or changed from what is ``held``."""
        new: Document = {
            "ContactID": str(uuid.uuid4()),
            "ContactStatus": "ACTIVE",
            "IsSupplier": False,
            "IsCustomer": False,
        }
        found = ContactJudgement(dict(held or new))
        if held and held.get("MergedToContactID"):
            # XERO-UNVERIFIED XU-29: the text about a contact that was merged away.
            found.messages.append("A contact that was merged cannot be changed.")
        self._status(given, found)
        self._texts(given, found)
        self._phones(given, found)
        for name in PLAIN.split():
            if name in given:
                found.document[name] = given[name] or None
        for name, key in (("Addresses", "AddressType"), ("Phones", "PhoneType")):
            if name in given:
                found.document[name] = _by_type(found.document.get(name, []), given[name], key)
        if "ContactPersons" in given:
            found.document["ContactPersons"] = given["ContactPersons"]
        self._uniqueness(found)
        return found

    def accept(self, document: Document) -> None:
        """Take a judged contact into account from now on."""
        self.contacts[document["ContactID"]] = document

    def _status(self, given: Document, found: ContactJudgement) -> None:
        status = given.get("ContactStatus", found.document["ContactStatus"])
        if status not in ("ACTIVE", "ARCHIVED"):
            found.messages.append("ContactStatus must be ACTIVE or ARCHIVED.")  # XERO-UNVERIFIED XU-29: the text
            return
        found.document["ContactStatus"] = status

    @staticmethod
    def _texts(given: Document, found: ContactJudgement) -> None:
        # XERO-UNVERIFIED XU-29: the texts for lengths, characters, blanks and addresses.
        for name, longest in TEXTS.items():
            if name in given:
                found.document[name] = given[name] or None
                if len(given[name]) > longest:
                    found.messages.append(f"{name} must not be longer than {longest} characters.")
        called = found.document.get("Name") or ""
        if not called:
            found.messages.append(NAME_EMPTY)
        elif "Name" in given and ("<" in called or ">" in called):
            found.messages.append("Contact Name must not contain < or >.")
        elif "Name" in given and (called != called.strip() or "  " in called):
            found.messages.append("Contact Name must not begin or end with a blank or contain two in a row.")
        if given.get("EmailAddress") and not _EMAIL.fullmatch(given["EmailAddress"]):
            found.messages.append("Email address must be valid.")

    @staticmethod
    def _phones(given: Document, found: ContactJudgement) -> None:
        # XERO-UNVERIFIED XU-29: the texts about phones.
        for phone in given.get("Phones", []):
            if phone.get("PhoneType") not in PHONE_TYPES:
                found.messages.append(f"PhoneType must be one of {', '.join(PHONE_TYPES)}.")
            for name, longest in PHONE_TEXTS.items():
                if len(phone.get(name, "")) > longest:
                    found.messages.append(f"{name} must not be longer than {longest} characters.")

    def _uniqueness(self, found: ContactJudgement) -> None:
        document = found.document
        others = [contact for contact in self.contacts.values() if contact["ContactID"] != document["ContactID"]]
        name = document.get("Name") or ""
        rivals = [other for other in others if self._occupies_name(other)]
        if _active(document) and any(_same(other["Name"], name) for other in rivals):
            found.messages.append(NAME_TAKEN.format(name))
        elif _taken(others, "ContactNumber", document):
            found.messages.append(NAME_TAKEN.format(name))  # Xero's contacts page shows this text for numbers as well
        if _taken(others, "AccountNumber", document):
            found.messages.append(ACCOUNT_NUMBER_TAKEN)

    def _occupies_name(self, contact: Document) -> bool:
        """XERO-UNVERIFIED XU-15: whether an archived contact leaves its name to others."""
        return _active(contact) or not self._behaviour.archived_frees_name


def _taken(others: Iterable[Document], name: str, document: Document) -> bool:
    return bool(document.get(name)) and any(other.get(name) == document[name] for other in others)


def _by_type(held: list[Document], given: list[Document], key: str) -> list[Document]:
    """One object of each type; those that are sent replace those of their type."""
    return list({item.get(key): item for item in [*held, *given]}.values())


def _active(contact: Document) -> bool:
    return bool(contact["ContactStatus"] == "ACTIVE")


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
