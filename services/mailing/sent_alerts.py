"""Which mails an account got, which still wait, and a mail to try whether they arrive at all."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from adapters.event_store import mails
from adapters.event_store.store import EventStore
from adapters.smtp.server import MailServer
from domain import connection as connections
from domain.alert_entries import SUPPORT
from domain.alerts import AlertSent
from domain.mail_address import checked_address, same_address
from domain.refusals import NotPossible
from domain.streams import alerts_stream, connection_id
from services.mailing.alert_recipients import AlertRecipients
from services.mailing.letter import Letters
from services.mailing.matter import Matter
from services.mailing.reach import reached

MOST_MONTHS: Final = 24
LEFT: Final = "no longer told"
NOT_COPIED: Final = "not known in a copy"
"""Stand for an address that is not there: addresses are no part of a history."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that a mail server took: when, about what, and to whom, if they are still told."""

    sent_at: datetime
    kind: str
    cause_code: str
    to: str
    message_id: str


class Unsent(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that has not arrived: waiting or given up, when it is tried next, and what the server said last."""

    kind: str
    cause_code: str
    to: str
    state: str
    next_try: datetime | None
    attempts: int
    why: str | None


class AlertHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The mails of an account, the newest first; `paused_for` says why no mail goes out at all just now."""

    sent: tuple[Sent, ...]
    unsent: tuple[Unsent, ...]
    paused_until: datetime | None = None
    paused_for: str | None = None


class SentAlerts:
    """What an account was told."""

    def __init__(self, store: EventStore, recipients: AlertRecipients) -> None:
        self._store, self._recipients = store, recipients

    def of(self, account_id: str, months: int = 3) -> AlertHistory:
        """The mails of the last months (this one is the first), and whatever still waits."""
        unnamed = NOT_COPIED if self._store.is_copy else LEFT
        known = {one.recipient_id: one.address for one in self._recipients.listed(account_id)}
        named = defaultdict(lambda: unnamed, known | {SUPPORT: "support"})
        with self._store.cursor() as cursor:
            waiting, lane = mails.waiting(cursor, account_id), mails.paused(cursor)
        unsent = [
            Unsent(
                kind=row["kind"],
                cause_code=row["cause_code"],
                to=named[row["recipient_id"]],
                state=row["state"],
                next_try=row["due_at"] if row["state"] in ("PENDING", "AMBIGUOUS") else None,
                attempts=row["attempts"],
                why=row["cause"],
            )
            for row in waiting
        ]
        return AlertHistory(
            sent=tuple(self._sent(account_id, months, named)),
            unsent=tuple(unsent),
            paused_until=lane["paused_until"] if lane else None,
            paused_for=lane["paused_for"] if lane else None,
        )

    def _sent(self, account_id: str, months: int, named: Mapping[UUID, str]) -> list[Sent]:
        found, month = list[Sent](), self._store.now()
        for _ in range(min(months, MOST_MONTHS)):
            for event in reversed(self._store.events_of(alerts_stream(account_id, month))):
                assert isinstance(event, AlertSent), "all that is in this stream"
                found.append(
                    Sent(
                        sent_at=event.occurred_at,
                        kind=event.kind,
                        cause_code=event.cause_code,
                        to=named[event.recipient_id],
                        message_id=event.message_id,
                    )
                )
            month = month.replace(day=1) - timedelta(days=1)
        return found


class TryMail:
    """Sends a mail at once, so that whoever asks for it sees whether mails arrive."""

    def __init__(
        self,
        store: EventStore,
        recipients: AlertRecipients,
        letters: Letters,
        server: Callable[[], MailServer],
        sender: str,
        new_id: Callable[[], UUID],
        home_page: str,
    ) -> None:
        self._store, self._recipients, self._letters = store, recipients, letters
        self._server, self._sender, self._new_id, self._home_page = server, sender, new_id, home_page

    def __call__(self, account_id: str, to: Sequence[str] = ()) -> list[str]:
        """Send to these, or to everybody the account tells; returns to whom. Raises MailTrouble if one is not taken.

        Who was refused before is told again once it is taken, beginning with what could not be told since.

        NotPossible for an account that was never connected, or that tells nobody.
        """
        if self._store.load(connection_id(account_id), connections.evolve) is None:
            raise NotPossible(f"account {account_id} was never connected to Xero")
        addresses = [checked_address(one, f"/to/{position}") for position, one in enumerate(to)]
        addresses = addresses or [one.address for one in self._recipients.listed(account_id)]
        if not addresses:
            raise NotPossible(f"account {account_id} tells nobody; add somebody, or name an address")
        for address in addresses:
            message_id = self._letters.message_id(f"trial/{self._new_id()}", 1)
            content = self._letters.write(self._matter(), account_id, address, message_id, self._store.now())
            self._server().send(self._sender, address, content, lambda: None)
            self._taken(account_id, address)
        return addresses

    def _taken(self, account_id: str, address: str) -> None:
        """The mail server takes mails, and this address gets them: whatever rested for either goes on."""
        found = [one for one in self._recipients.listed(account_id) if same_address(one.address, address)]
        with self._store.cursor() as cursor:
            mails.works(cursor)
            for one in found:
                reached(cursor, one.recipient_id)

    def _matter(self) -> Matter:
        return Matter(
            subject="A mail to try: alerts about Xero arrive",
            opening="This mail was asked for to see whether alerts about Xero arrive. They do.",
            sentences=("Nothing is the matter, and nobody has to do anything.",),
            link=self._home_page,
            link_says="Open Kyrios",
        )
