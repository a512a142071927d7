"""The books a new ledger starts with, read from a seed file in Xero's own shapes."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.simulator import errors
from adapters.simulator.accounting.amounts import FOUR, effective_rate
from adapters.simulator.accounting.body import number
from adapters.simulator.accounting.dates import ms_of, read_date
from adapters.simulator.accounting.elements import read_invoices
from adapters.simulator.accounting.invoice_lines import CAN_APPLY
from adapters.simulator.accounting.invoice_rules import InvoiceRules
from adapters.simulator.accounting.plan import ACTIONS, ALLOWED, NOT_ALLOWED
from adapters.simulator.accounting.settling import by_status
from adapters.simulator.clock import VirtualClock
from adapters.simulator.ledger.books import Books, Kind
from adapters.simulator.ledger.database import Ledger
from adapters.simulator.ledger.documents import Document, NotJson, decode, encode
from adapters.simulator.ledger.invoices import InvoiceShelf, StoredInvoice
from adapters.simulator.options import Behaviour

DEMO_COMPANY = Path(__file__).parent / "seed" / "demo_company_nz.json"
DATES = ("PeriodLockDate", "EndOfYearLockDate", "CreatedDateUTC")
REQUIRED: Mapping[Kind, tuple[str, ...]] = {
    "organisation": ("Name", "BaseCurrency", "CountryCode"),
    "accounts": ("Name", "Type", "Class"),
    "tax_rates": ("TaxType", "Name"),
    "contacts": ("Name",),
    "currencies": ("Code",),
    "actions": ("Name", "Status"),
}
SECTIONS: Mapping[str, Kind] = {
    "Accounts": "accounts",
    "TaxRates": "tax_rates",
    "Contacts": "contacts",
    "Currencies": "currencies",
    "Actions": "actions",
}


class SeedError(ValueError):
    """The seed file cannot be used; one sentence that names file and place."""


@dataclass(frozen=True)
class SeedOrganisation:
    """One organisation with everything in it."""

    tenant_id: str
    objects: list[tuple[Kind, Document]] = field(default_factory=list)
    invoices: list[Document] = field(default_factory=list)


def load_seed(path: Path | None) -> list[SeedOrganisation]:
    """Read a seed file (None: the demo company); raises SeedError."""
    source = path or DEMO_COMPANY
    try:
        found = decode(source.read_bytes())
    except OSError as error:
        raise SeedError(f"seed file {source} cannot be read: {error.strerror}") from None
    except NotJson as error:
        raise SeedError(f"seed file {source} is not JSON: {error}") from None
    try:
        listed = found["organisations"] if isinstance(found, dict) else None
        if not isinstance(listed, list) or not listed:
            raise ValueError('it needs a list "organisations"')
        return [_organisation(item) for item in listed]
    except ValueError as error:
        raise SeedError(f"seed file {source} cannot be used: {error}") from None
    except KeyError as error:
        raise SeedError(f"seed file {source} cannot be used: it needs {error}") from None


def sow(
    seeds: list[SeedOrganisation],
    ledger: Ledger,
    books: Books,
    invoices: InvoiceShelf,
    clock: VirtualClock,
    behaviour: Behaviour,
) -> None:
    """Write the organisations in one transaction; raises SeedError when an invoice breaks the books' rules."""
    now = clock.now_ms()
    with ledger.transaction():
        for seed in seeds:
            books.sow(seed.tenant_id, seed.objects, now)
            for given in seed.invoices:
                invoices.add([existing_invoice(seed.tenant_id, given, books, clock, behaviour)])


def existing_invoice(
    tenant_id: str, given: Document, books: Books, clock: VirtualClock, behaviour: Behaviour
) -> StoredInvoice:
    """An invoice that was in Xero all along, AUTHORISED unless it says otherwise; raises SeedError."""
    try:
        document = read_invoices(encode({"Status": "AUTHORISED", "Type": "ACCREC", **given}))[0]
    except errors.Refusal as refusal:
        raise SeedError(f"invoice {given.get('InvoiceNumber')!r}: {refusal.detail}") from None
    invoice_id = document.pop("InvoiceID", None)
    status = document.pop("Status")
    judged = InvoiceRules(tenant_id, books, clock, behaviour, FOUR).judge(document | {"Status": "AUTHORISED"})
    if judged.messages:
        raise SeedError(f"invoice {given.get('InvoiceNumber')!r}: {judged.messages[0]}")
    judged.document |= {"Status": status} | by_status(status, judged.document)
    if invoice_id:
        judged.document["InvoiceID"] = invoice_id
    return StoredInvoice(tenant_id, judged.document, clock.now_ms(), clock.now_ms(), "seed", None)


def tidy(kind: Kind, given: Any) -> Document:
    """An object as the books keep it: required properties checked, defaults filled in; raises ValueError."""
    if not isinstance(given, dict):
        raise ValueError(f"an object in {kind} is not an object")
    document: Document = dict(given)
    missing = [name for name in REQUIRED[kind] if not document.get(name) or not isinstance(document[name], str)]
    if missing:
        raise ValueError(f"an object in {kind} lacks {', '.join(missing)}")
    for name in DATES:
        if isinstance(document.get(name), str):
            document[name] = ms_of(read_date(document[name]))
    if kind == "accounts":
        document = {"Status": "ACTIVE", "EnablePaymentsToAccount": False} | document
        if document["Class"] not in CAN_APPLY:
            raise ValueError(f"account {document['Name']!r} has no known Class")
    if kind == "tax_rates":
        document = {"Status": "ACTIVE", "TaxComponents": list[Any]()} | document
        own = effective_rate(_components(document))
        document = {"EffectiveRate": own, "DisplayTaxRate": document.get("EffectiveRate", own)} | document
    if kind == "actions" and (document["Name"] not in ACTIONS or document["Status"] not in (ALLOWED, NOT_ALLOWED)):
        raise ValueError(f"{document['Name']!r} with status {document['Status']!r} is no action of an organisation")
    if kind == "contacts":
        document = {"ContactStatus": "ACTIVE", "IsSupplier": False, "IsCustomer": True} | document
    return document


def _components(document: Document) -> list[Document]:
    parts = document["TaxComponents"]
    if not isinstance(parts, list) or not all(isinstance(part, dict) and "Rate" in part for part in parts):
        raise ValueError(f"the TaxComponents of {document['TaxType']} must be objects with a Rate")
    return [part | {"Rate": number(part["Rate"])} for part in parts]


def _organisation(given: Any) -> SeedOrganisation:
    if not isinstance(given, dict) or not isinstance(given["Organisation"], dict):
        raise ValueError("an organisation is not an object")
    try:
        tenant_id = str(uuid.UUID(str(given["tenant_id"])))
    except ValueError:
        raise ValueError(f"tenant_id {given['tenant_id']!r} is no GUID") from None
    unknown = sorted(set(given) - {"tenant_id", "Organisation", "Invoices", *SECTIONS})
    if unknown:
        raise ValueError(f"an organisation has no section {unknown[0]!r}")
    organisation = tidy("organisation", {"OrganisationID": tenant_id, **given["Organisation"]})
    for section in (*SECTIONS, "Invoices"):
        if not isinstance(given.get(section, []), list):
            raise ValueError(f"{section} must be a list")
    seed = SeedOrganisation(tenant_id, [("organisation", organisation)], given.get("Invoices", []))
    base: Document = {"Code": organisation["BaseCurrency"]}
    for section, kind in SECTIONS.items():
        objects = [base] if kind == "currencies" else []
        seed.objects.extend((kind, tidy(kind, item)) for item in objects + list(given.get(section, [])))
    return seed
