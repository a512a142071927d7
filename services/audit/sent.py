"""What exactly was sent to Xero and what came of it: each request with its hashes, each part with its bytes.

What was sent is opened and compared with the hash that was kept before it went on the wire; what was erased says so.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from adapters.event_store import delivery_records
from adapters.event_store.delivery_records import FragmentRecord, SentRecord
from adapters.event_store.store import EventStore, Transaction
from adapters.vault.account_keys import AccountKey, AccountKeys, Erased, open_or_erased
from adapters.vault.errors import VaultError
from adapters.xero.contact_mapping import contacts_body
from adapters.xero.invoice_mapping import body_of
from adapters.xero.payment_mapping import payments_body
from domain.event import Event
from domain.refusals import Fault, InvalidInput, NotPossible
from domain.streams import connection_id, invoice_stream
from services.audit.until import moment
from services.audit.words import in_words

MOST_AT_ONCE: Final = 1_000
Standing = Literal["verified", "differs", "unreadable", "[erased]"]
"""Whether the bytes have the hash that was kept: they do not, they cannot be opened, or they were erased."""

_BODIES: Final[dict[str, Callable[[Sequence[bytes]], bytes]]] = {
    "create_invoice": body_of,
    "update_invoice": body_of,
    "void_invoice": body_of,
    "create_payment": payments_body,
    "create_contact": contacts_body,
    "remove_connection": b"\n".join,
}
_OUTCOMES: Final[dict[str | None, str]] = {
    None: "under way",
    "answered": "Xero answered",
    "given_back": "given back before it was sent",
    "lease_expired": "nobody reported back in time, so Xero is searched",
    "request_refused": "Xero refused the request as a whole",
    "rate_limited": "Xero's limit of the minute was reached",
    "rate_limited_daily": "Xero's limit of the day was reached",
    "no_token": "no token was to be had, so nothing was sent",
    "NotSent": "Xero could not be reached, so nothing was sent",
}


class SentPart(msgspec.Struct, frozen=True, kw_only=True):
    """What a request said of one invoice, payment or contact, and what came of that.

    `hash` is an HMAC under the account's key; `content` the bytes as text, `[erased]`, or None if nobody asked.
    """

    about: str
    attempt: int
    hash: str
    standing: Standing
    facts: dict[str, Any]
    came_of_it: str
    content: str | None


class SentDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """One request. Its id is its Idempotency-Key; `body_sha256` is that of the whole body, `body` how that stands.

    A search has no body. `body` is None, too, once a part of it was erased.
    """

    id: UUID
    kind: str
    purpose: str
    begun_at: dt.datetime
    ended_at: dt.datetime | None
    http_status: int | None
    xero_correlation_id: str | None
    outcome: str | None
    says: str
    entries: int
    body_sha256: str | None
    body: Standing | None
    parts: tuple[SentPart, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing of it differs from the hashes that were kept."""
        bad = ("differs", "unreadable")
        return self.body not in bad and all(part.standing not in bad for part in self.parts)


class SentDeliveries:
    """Tells of one account at a time."""

    def __init__(self, store: EventStore, keys: AccountKeys) -> None:
        self._store, self._keys = store, keys

    def __call__(
        self,
        account_id: str,
        invoice: str | None = None,
        *,
        since: str | None = None,
        until: str | None = None,
        limit: int = 50,
        contents: bool = False,
    ) -> tuple[SentDelivery, ...]:
        """The newest deliveries, the newest first; those of one invoice by its Kyrios id.

        Raises InvalidInput, and NotPossible if there is no such invoice.
        """
        if not 1 <= limit <= MOST_AT_ONCE:
            raise InvalidInput(Fault("/limit", f"from 1 to {MOST_AT_ONCE}"))
        after, end = moment(since, "--from") if since else None, moment(until, "--until") if until else None
        stream = None if invoice is None else invoice_stream(account_id, invoice)
        key = self._keys.find(account_id)
        with self._store.begin() as tx:
            events = _events(tx, [stream]).get(stream, []) if stream else []
            if stream and not events:
                raise NotPossible(f"account {account_id} has no invoice {invoice}")
            sent = delivery_records.of_connection(
                tx.cursor,
                connection_id(account_id),
                streams=[stream] if stream else None,
                named=_named(events),
                since=after,
                until=end,
                limit=limit,
            )
            found = delivery_records.fragments_of(tx.cursor, [one.delivery.id for one in sent])
            known = _events(tx, list({one.stream_id for one in found}))
        parts = {delivery: list(group) for delivery, group in groupby(found, key=lambda one: one.delivery_id)}
        return tuple(_told(one, parts.get(one.delivery.id, []), known, key, contents, stream) for one in sent)


def _told(
    sent: SentRecord,
    fragments: Sequence[FragmentRecord],
    known: Mapping[UUID, Sequence[Event]],
    key: AccountKey | None,
    contents: bool,
    only: UUID | None,
) -> SentDelivery:
    delivery = sent.delivery
    opened = [_opened(one, key) for one in fragments]
    return SentDelivery(
        id=delivery.id,
        kind=delivery.kind,
        purpose=delivery.purpose,
        begun_at=delivery.created_at,
        ended_at=delivery.finished_at,
        http_status=delivery.http_status,
        xero_correlation_id=delivery.xero_correlation_id,
        outcome=delivery.outcome,
        says=_OUTCOMES.get(delivery.outcome, f"Xero gave no clear answer ({delivery.outcome})"),
        entries=delivery.entries,
        body_sha256=sent.body_sha.hex() if sent.body_sha else None,
        body=_body(sent, opened),
        parts=tuple(
            _part(one, content, known.get(one.stream_id, ()), key, contents)
            for one, content in zip(fragments, opened, strict=True)
            if only in (None, one.stream_id)
        ),
    )


def _part(
    fragment: FragmentRecord,
    content: bytes | Standing,
    events: Sequence[Event],
    key: AccountKey | None,
    contents: bool,
) -> SentPart:
    came = [in_words(e) for e in events if getattr(e, "delivery_id", None) == fragment.delivery_id]
    standing: Standing = content if isinstance(content, str) else _standing(content, fragment, key)
    shown = content if isinstance(content, str) else content.decode()
    return SentPart(
        about=_about(events),
        attempt=fragment.attempt,
        hash=fragment.fragment_sha,
        standing=standing,
        facts=fragment.facts,
        came_of_it=" ".join(came),
        content=shown if contents else None,
    )


def _opened(fragment: FragmentRecord, key: AccountKey | None) -> bytes | Standing:
    place = f"{fragment.delivery_id}/{fragment.position}"
    try:
        opened = open_or_erased(key, "delivery_fragment", place, 1, fragment.fragment)
    except VaultError:
        return "unreadable"
    return "[erased]" if isinstance(opened, Erased) else opened


def _standing(content: bytes, fragment: FragmentRecord, key: AccountKey | None) -> Standing:
    assert key is not None, "it was opened with it"
    return "verified" if key.hmac(content) == fragment.fragment_sha else "differs"


def _body(sent: SentRecord, opened: Sequence[bytes | Standing]) -> Standing | None:
    whole = [one for one in opened if isinstance(one, bytes)]
    if sent.body_sha is None:
        return None
    if len(whole) < len(opened):
        return "unreadable"
    body = _BODIES[sent.delivery.kind](whole)
    return "verified" if hashlib.sha256(body).digest() == bytes(sent.body_sha) else "differs"


def _about(events: Sequence[Event]) -> str:
    for event in events:
        if invoice := getattr(event, "kyrios_invoice_id", None):
            return f"invoice {invoice}"
        if contact := getattr(event, "kyrios_contact_id", None):
            return f"contact {contact}"
    return "the connection"


def _named(events: Sequence[Event]) -> set[UUID]:
    return {named for event in events if (named := getattr(event, "delivery_id", None)) is not None}


def _events(tx: Transaction, streams: Sequence[UUID]) -> Mapping[UUID, list[Event]]:
    return tx.load(streams, _listed) if streams else {}


def _listed(known: list[Event] | None, event: Event) -> list[Event]:
    return [*(known or []), event]
