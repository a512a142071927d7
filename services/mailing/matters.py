"""What a mail is about at the moment it is sent: read from the invoices and the connection as they are then.

What is no longer the matter makes no mail; that Xero was disconnected is told in any case.
"""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Engine

from adapters import heartbeat
from adapters.event_store import lanes, log
from adapters.event_store.mails import Mail
from adapters.event_store.store import EventStore, Transaction
from domain import invoice as invoices
from domain import next_steps
from domain.account_settings import inactivity_of
from domain.alert_entries import SOON
from domain.cause_words import NO_MESSAGE, what_was_done
from domain.causes import CATALOGUE, Cause, is_unfound, who_acts, words, words_of_several
from domain.connection import Connection, Disconnected, InactivityWarned
from domain.contact_matching import SETTLED_BY_LINKING
from domain.counted import count
from domain.event import Event
from domain.foreign_text import one_line
from domain.gate import what_holds
from domain.headlines import headline
from domain.inactivity import cut_at, held_until
from domain.invoice import Invoice
from domain.money import Money
from domain.streams import invoice_stream
from projections import checkpoints, counters, invoices_by_cause
from projections.invoices_by_cause import Concerned
from projections.snapshot import snapshot
from services.mailing.endings import Waiting, ended, ending_soon
from services.mailing.matter import SETTINGS_PAGE, Listed, Matter
from services.mailing.what_follows import what_then, what_then_goes

MOST_LISTED = 10
"""Invoices that are named in one mail."""

Words = Callable[[UUID, str], str | None]
Names = Callable[[str, Sequence[str]], Mapping[str, str]]


class Matters:
    """Finds out what each mail is to say."""

    def __init__(self, store: EventStore, read: Engine, answer_words: Words, customers: Names, home_page: str) -> None:
        """`answer_words` opens Xero's own words, `customers` the names of an account's customers, by their Kyrios ids;
        `home_page` is where every link but an invoice's leads."""
        self._store, self._read, self._home_page = store, read, home_page
        self._answer_words, self._customers = answer_words, customers

    def are_known(self, tx: Transaction, mail: Mail) -> bool:
        """Whether the projections have all that was stored when the mail was asked for; before, nothing is known."""
        with self._read.connect() as reading:
            position = checkpoints.position(reading)
        first = log.first_stored_after(tx.cursor, position)
        return first is None or first > mail.asked_at

    def of(self, tx: Transaction, mail: Mail, connection: Connection) -> Matter | None:
        """What the mail is to say now; None if there is nothing to tell any more."""
        match mail.kind:
            case "invoices":
                return self._invoices(mail, connection)
            case "reviews":
                return self._reviews(mail)
            case "set_up":
                return self._set_up(mail, connection)
            case "inactivity":
                return self._inactivity(tx, mail, connection)
            case "recovered":
                return self._recovered(mail, connection)
            case "disconnected":
                return self._disconnected(mail, connection)
            case "still_open":
                return None

    # ── invoices ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _invoices(self, mail: Mail, connection: Connection) -> Matter | None:
        found = self._concerned(mail, reviews=False)
        if not found.number:
            return None
        what = count(found.number, "invoice waits", "invoices wait")
        return self._about(mail, found, what, what_then(mail.cause_code, found, what_holds(connection)))

    def _reviews(self, mail: Mail) -> Matter | None:
        found = self._concerned(mail, reviews=True)
        if not found.number:
            return None
        what = count(found.number, "invoice in Xero needs a look", "invoices in Xero need a look")
        then = next_steps.SOUGHT if any(map(is_unfound, found.causes)) else next_steps.REVIEW
        return self._about(mail, found, what, f"{what_was_done(found.causes)}. {then}")

    def _about(self, mail: Mail, found: Concerned, what: str, then: str) -> Matter:
        known, title = self._folds(mail.account_id, found.first), headline(found.causes)
        say = words if found.number == 1 else words_of_several
        sentences = list(dict.fromkeys(say(cause) for cause in found.causes))
        if "{message}" in CATALOGUE[mail.cause_code].words:
            sentences, says = [_FIX], [self._xero_said(one) for one in known]
        elif len(sentences) > 1:
            sentences, says = [], [_own_words(one, mail.cause_code) for one in known]
        else:
            says = [""] * len(known)
        if mail.cause_code in SETTLED_BY_LINKING:
            says, then = self._named(mail.account_id, known), f"{then} {SETTINGS_PAGE}"
        link, link_says = self._home_page, "See all in Kyrios"
        if found.number == 1 and known[0].document.url:
            link, link_says = known[0].document.url, f"Open invoice {known[0].document.number} in Kyrios"
        return Matter(
            subject=f"{what}: {title}",
            opening=f"{what}: {title}.",
            sentences=tuple(sentences),
            invoices=tuple(_listed(one, its) for one, its in zip(known, says, strict=True)),
            more=found.number - len(known),
            who=who_acts(found.causes),
            then=then,
            link=link,
            link_says=link_says,
        )

    def _named(self, account_id: str, known: Sequence[Invoice]) -> list[str]:
        """Of each invoice, who its customer is."""
        names = self._customers(account_id, list({one.document.kyrios_contact_id for one in known}))
        return [f"Customer: {names[one.document.kyrios_contact_id]}" for one in known]

    def _xero_said(self, known: Invoice) -> str:
        said = self._answer_words(known.answer_ref, known.account_id) if known.answer_ref else None
        return f"Xero says: {one_line(said or NO_MESSAGE)}"

    def _concerned(self, mail: Mail, *, reviews: bool) -> Concerned:
        with snapshot(self._read) as reading:
            return invoices_by_cause.concerned(
                reading, mail.connection_id, mail.cause_code, "reviews" if reviews else "causes", MOST_LISTED
            )

    def _folds(self, account_id: str, ids: Sequence[str]) -> list[Invoice]:
        streams = [invoice_stream(account_id, one) for one in ids]
        known = self._store.load_many(streams, invoices.evolve)
        return [known[stream] for stream in streams if stream in known]

    # ── the connection ──────────────────────────────────────────────────────────────────────────────────────────────

    def _set_up(self, mail: Mail, connection: Connection) -> Matter | None:
        causes = [cause for cause in what_is_wrong(connection) if cause.code == mail.cause_code]
        if not causes:
            return None
        queued, blocked = (0, 0) if connection.gate_open else self._waiting(mail)
        kept = f" {count(queued + blocked, 'invoice waits', 'invoices wait')}." if queued + blocked else ""
        then = what_then_goes(mail.cause_code, what_holds(connection), queued, blocked)
        return Matter(
            subject=f"{_concerns(mail.cause_code)} needs you: {headline(causes)}",
            opening=f"{_sentence(headline(causes))}.{kept}",
            sentences=tuple(dict.fromkeys(words(cause) for cause in causes)),
            who=who_acts(causes),
            then=f"{then} {SETTINGS_PAGE}",
            link=self._home_page,
            link_says="Open Kyrios",
        )

    def _inactivity(self, tx: Transaction, mail: Mail, connection: Connection) -> Matter | None:
        warned, later = self._event(mail)
        lane = lanes.read(tx.cursor, mail.connection_id)
        active = lane["last_activity_at"] if lane else None
        if not isinstance(warned, InactivityWarned) or connection.grant_id is None or active is None:
            return None
        if active > warned.occurred_at or any(isinstance(event, InactivityWarned) for event in later):
            return None
        now, cut = tx.now(), cut_at(active, inactivity_of(connection.settings))
        until = held_until(heartbeat.last(tx.cursor), now)
        held = until if until is not None and until > cut else None
        ends = held or cut
        return ending_soon(active, ends, held, now, self._home_page) if ends > now else None

    def _recovered(self, mail: Mail, connection: Connection) -> Matter | None:
        opened, closed = connection.opened_at, connection.closed_at
        if not connection.gate_open or opened is None or closed is None:
            return None
        if abs((opened - closed).total_seconds()) < SOON:
            return None
        on_their_way, _ = self._waiting(mail)
        going = count(on_their_way, "invoice is on its way", "invoices are on their way")
        return Matter(
            subject=f"Xero works again; {going}" if on_their_way else "Xero works again",
            opening=f"What held everything back is fixed. {going.capitalize()}." if on_their_way else
            "What held everything back is fixed.",
            sentences=("Nobody has to do anything.",),
            link=self._home_page,
            link_says="See them in Kyrios",
        )  # fmt: skip

    def _disconnected(self, mail: Mail, connection: Connection) -> Matter:
        event, _ = self._event(mail)
        assert isinstance(event, Disconnected), "the event that asked for it"
        return ended(event, connection, self._waiting(mail), self._home_page)

    def _waiting(self, mail: Mail) -> Waiting:
        with snapshot(self._read) as reading:
            sums = counters.by_connection(reading, mail.connection_id).get(mail.connection_id, [])
        queued, blocked = (sum(one.invoices for one in sums if one.status == its) for its in ("queued", "blocked"))
        return Waiting(queued, blocked)

    def _event(self, mail: Mail) -> tuple[Event | None, list[Event]]:
        """The event that asked for the mail, and those that came after it."""
        stream = self._store.events_of(mail.stream_id)
        asked = next((event for event in stream if event.originator_version == mail.seq), None)
        return asked, [event for event in stream if event.originator_version > mail.seq]


def what_is_wrong(connection: Connection) -> list[Cause]:
    """All that somebody must see to: what holds everything back, and what only some invoices need."""
    unmapped = [
        Cause("tax_mapping_incomplete", key=one.tax_set.key, facts={"tax_set": one.name})
        for one in connection.declared or ()
        if one.tax_set.components and one.tax_set.key not in connection.mappings
    ]
    if connection.grant_id is None:
        return []
    every = [*what_holds(connection), *unmapped, *connection.drifted.values()]
    return list({(cause.code, cause.key): cause for cause in every}.values())


def _listed(known: Invoice, says: str) -> Listed:
    document = known.document
    return Listed(document.number, str(Money(document.totals.total, document.currency)), says)


def _own_words(known: Invoice, code: str) -> str:
    """What the catalogue says of this very invoice."""
    return " ".join(words(cause) for cause in (*known.causes, *known.reviews) if cause.code == code)


_FIX = "Fix what Xero says of each, or ask support."


def _concerns(code: str) -> str:
    if code.startswith("tax_"):
        return "A tax rate"
    return "A Xero account" if code.startswith("account_") else "Your Xero connection"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
