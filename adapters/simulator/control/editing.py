"""Editing the books by hand, as a person working in Xero would; a new organisation is founded the same way."""

import uuid
from collections.abc import Mapping
from typing import Any, cast, get_args

from adapters.simulator.accounting.amounts import FOUR
from adapters.simulator.accounting.dates import ms_of, read_date
from adapters.simulator.accounting.invoice_view import DAYS, InvoiceView
from adapters.simulator.accounting.settling import by_status
from adapters.simulator.ledger.books import KEY_OF, Books, Kind
from adapters.simulator.ledger.documents import Document
from adapters.simulator.ledger.invoices import StoredInvoice
from adapters.simulator.seeding import existing_invoice, tidy
from adapters.simulator.world import World


def disconnect(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """An administrator removes the app inside Xero."""
    return {"removed": world.identity.connections.remove_tenant(named_tenant(world, asked))}


def merge(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """``{"source": ContactID, "target": ContactID}``: the source is archived into the target, invoices and all."""
    tenant_id = named_tenant(world, asked)
    given = body if isinstance(body, dict) else {}
    source, target = str(given.get("source", "")).lower(), str(given.get("target", "")).lower()
    shelf = world.books.shelf(tenant_id, "contacts")
    if source not in shelf or target not in shelf or source == target:
        raise ValueError('send {"source": ContactID, "target": ContactID} of two contacts')
    with world.ledger.transaction():
        merged: Document = {"ContactID": source, "ContactStatus": "ARCHIVED", "MergedToContactID": target}
        world.books.put(tenant_id, "contacts", merged, world.clock.now_ms())
        moved = world.invoices.move_contact(tenant_id, source, target)
    return {"moved_invoices": moved}


def upsert(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """Merge one object, or a list of them, over what is there under the same key; null removes a property."""
    tenant_id, kind = named_tenant(world, asked), asked["kind"].lower()
    objects = body if isinstance(body, list) else [body]
    if kind == "invoices":
        return {"invoices": [_invoice(world, tenant_id, given) for given in objects]}
    if kind not in get_args(Kind):
        raise LookupError(f"there are no {kind} in the books")
    known = cast(Kind, kind)
    return {kind: [_put(world, tenant_id, known, given) for given in objects]}


def _put(world: World, tenant_id: str, kind: Kind, given: Any) -> Document:
    """A change of TaxComponents recomputes the effective rate unless one is given."""
    if not isinstance(given, dict):
        raise ValueError(f"an object in {kind} is not an object")
    key = given.get(KEY_OF[kind]) or _natural_key(world.books, tenant_id, kind, given)
    if kind == "organisation":
        key = (world.books.organisation(tenant_id) or {"OrganisationID": tenant_id})["OrganisationID"]
    held = dict(
        world.books.shelf(tenant_id, kind).get(str(key).lower() if KEY_OF[kind].endswith("ID") else str(key), {})
    )
    held.pop("UpdatedDateUTC", None)
    if "TaxComponents" in given and "EffectiveRate" not in given:
        held.pop("EffectiveRate", None)
        held.pop("DisplayTaxRate", None)
    document = tidy(kind, held | given | ({KEY_OF[kind]: key} if key else {}))
    return world.books.put(tenant_id, kind, document, world.clock.now_ms())


def _natural_key(books: Books, tenant_id: str, kind: Kind, given: Document) -> str | None:
    """Accounts may be named by their code, contacts by name."""
    name = {"accounts": "Code", "contacts": "Name"}.get(kind)
    if name is None or not given.get(name):
        return None
    found = (held for held in books.shelf(tenant_id, kind).values() if held.get(name) == given[name])
    return next((str(held[KEY_OF[kind]]) for held in found), None)


def _invoice(world: World, tenant_id: str, given: Any) -> Document:
    """A known id or number is changed as it stands (Status, Total, anything); else an existing invoice is added."""
    if not isinstance(given, dict):
        raise ValueError("an invoice is not an object")
    held = world.invoices.by_id_or_number(tenant_id, str(given.get("InvoiceID") or given.get("InvoiceNumber") or ""))
    if held is None:
        stored = existing_invoice(tenant_id, given, world.books, world.clock, world.behaviour)
        world.invoices.add([stored])
    else:
        changes = {name: ms_of(read_date(value)) if name in DAYS and value else value for name, value in given.items()}
        now = world.clock.now_ms()
        document = held.document | by_status(str(given.get("Status")), held.document) | changes
        stored = StoredInvoice(tenant_id, document, held.created_ms, now, held.origin, held.idempotency_key)
        world.invoices.replace(stored)
    return InvoiceView(tenant_id, world.books, FOUR).whole(stored)


def named_tenant(world: World, asked: Mapping[str, str]) -> str:
    """The organisation in the path; raises LookupError unless it is there or being founded."""
    tenant_id = asked["tenant_id"].lower()
    founding = asked.get("kind", "").lower() == "organisation"
    if world.books.organisation(tenant_id) is None and not founding:
        raise LookupError(f"there is no organisation {tenant_id}")
    return str(uuid.UUID(tenant_id))
