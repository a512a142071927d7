"""The reference objects of each organisation: itself, its accounts, tax rates, contacts, currencies and actions."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from adapters.simulator.ledger.database import Ledger
from adapters.simulator.ledger.documents import Document, decode, encode

Kind = Literal["organisation", "accounts", "tax_rates", "contacts", "currencies", "actions"]

KEY_OF: Mapping[Kind, str] = {
    "organisation": "OrganisationID",
    "accounts": "AccountID",
    "tax_rates": "TaxType",
    "contacts": "ContactID",
    "currencies": "Code",
    "actions": "Name",
}


Tell = Callable[[str, str, str, str], None]
"""Told what changed: tenant, category, CREATE or UPDATE, id."""


class Books:
    """Objects by organisation, kind and key (GUIDs in lower case). Returned documents must not be changed."""

    def __init__(self, ledger: Ledger, tell: Tell = lambda *news: None) -> None:
        self._ledger, self._tell = ledger, tell
        self._shelves: dict[tuple[str, Kind], dict[str, Document]] = {}
        ledger.when_undone(self._shelves.clear)

    def shelf(self, tenant_id: str, kind: Kind) -> Mapping[str, Document]:
        """All objects of one kind by key, in the order of their keys; read once, then from memory."""
        with self._ledger.reading() as db:
            known = self._shelves.get((tenant_id, kind))
            if known is None:
                rows = db.execute("SELECT id, document FROM book WHERE tenant_id = ? AND kind = ?", (tenant_id, kind))
                known = self._shelves[tenant_id, kind] = {row["id"]: decode(row["document"]) for row in rows}
            return known

    def organisation(self, tenant_id: str) -> Document | None:
        """The organisation itself, or None when the tenant is unknown."""
        return next(iter(self.shelf(tenant_id, "organisation").values()), None)

    def tenants(self) -> list[str]:
        """All tenant ids."""
        with self._ledger.reading() as db:
            rows = db.execute("SELECT tenant_id FROM book WHERE kind = 'organisation' ORDER BY tenant_id").fetchall()
        return [str(row["tenant_id"]) for row in rows]

    def put(self, tenant_id: str, kind: Kind, document: Document, now_ms: int) -> Document:
        """Store an object, merged over the one with the same key; gives a missing GUID and the time of change."""
        key_name, key = KEY_OF[kind], _key(kind, document)
        with self._ledger.transaction() as db:
            merged: Document = {
                **self.shelf(tenant_id, kind).get(key, {}),
                "UpdatedDateUTC": now_ms,
                **document,
                key_name: key,
            }
            db.execute("INSERT OR REPLACE INTO book VALUES (?, ?, ?, ?)", (tenant_id, kind, key, encode(merged)))
            known = key in self.shelf(tenant_id, kind)
            self._place(tenant_id, kind, key, merged)
        if kind == "contacts":
            self._tell(tenant_id, "CONTACT", "UPDATE" if known else "CREATE", key)
        return merged

    def sow(self, tenant_id: str, objects: Sequence[tuple[Kind, Document]], now_ms: int) -> None:
        """Store the objects an organisation begins with: as ``put`` does, for many at once and in their order."""
        shelves: dict[Kind, dict[str, Document]] = {}
        for kind, document in objects:
            shelf = shelves.setdefault(kind, dict(self.shelf(tenant_id, kind)))
            key = _key(kind, document)
            shelf[key] = {**shelf.get(key, {}), "UpdatedDateUTC": now_ms, **document, KEY_OF[kind]: key}
        with self._ledger.transaction() as db:
            for kind, shelf in shelves.items():
                rows = [(tenant_id, kind, key, encode(document)) for key, document in shelf.items()]
                db.executemany("INSERT OR REPLACE INTO book VALUES (?, ?, ?, ?)", rows)
                self._shelves[tenant_id, kind] = dict(sorted(shelf.items()))

    def _place(self, tenant_id: str, kind: Kind, key: str, document: Document) -> None:
        """Renew what is in memory; somebody may be reading the mapping that is there, so it is not changed."""
        known = self._shelves[tenant_id, kind]
        renewed = {**known, key: document}
        self._shelves[tenant_id, kind] = renewed if key in known else dict(sorted(renewed.items()))


def _key(kind: Kind, document: Document) -> str:
    """The key of an object, a new GUID if it brings none."""
    key = str(document.get(KEY_OF[kind]) or uuid.uuid4())
    return key.lower() if KEY_OF[kind].endswith("ID") else key
