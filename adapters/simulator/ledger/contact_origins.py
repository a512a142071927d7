"""Which contacts came in through the API, when, and under which key: what the contact itself does not say."""

from dataclasses import dataclass

from adapters.simulator.ledger.database import Ledger


@dataclass(frozen=True, slots=True)
class ContactOrigin:
    """The creation of one contact by the API."""

    idempotency_key: str | None
    created_ms: int


class ContactOrigins:
    """Access to the ``contact_origin`` table."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def note(self, tenant_id: str, contact_id: str, idempotency_key: str | None, now_ms: int) -> None:
        """The API created this contact."""
        with self._ledger.transaction() as db:
            db.execute(
                "INSERT INTO contact_origin VALUES (?, ?, ?, ?)", (tenant_id, contact_id, idempotency_key, now_ms)
            )

    def of_tenant(self, tenant_id: str) -> dict[str, ContactOrigin]:
        """The contacts the API created in an organisation, in the order of their creation."""
        with self._ledger.reading() as db:
            rows = db.execute(
                "SELECT * FROM contact_origin WHERE tenant_id = ? ORDER BY created_ms, contact_id", (tenant_id,)
            ).fetchall()
        return {row["contact_id"]: ContactOrigin(row["idempotency_key"], row["created_ms"]) for row in rows}
