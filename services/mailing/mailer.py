"""The mailer: takes the mail that has been due for longest, writes it, gives it to the mail server, records what came.

claim    ONE transaction: lock the mail ─► is there anything to tell? ─► write it, freeze its bytes ─► lease
send     no transaction; a fence by the monotonic clock right before the message goes out
record   ONE transaction: AlertSent and the mail's end, guarded by the lease

A mail whose outcome is unknown cannot be looked up: the same bytes are sent again, with the same Message-ID. So each
mail arrives at least once, at most six times if no answer ever comes, and whoever keeps mails by their Message-ID keeps
one of it. Only if somebody was erased meanwhile, whom it may have named, it is written anew.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from adapters.event_store import mail_requests, mails, recipients
from adapters.event_store.mails import Mail
from adapters.event_store.outbox import LeaseLost
from adapters.event_store.store import EventStore, Transaction
from adapters.event_store.writes import SentMail, Writes
from adapters.smtp.errors import MailTrouble, OutcomeUnclear, TooLate
from adapters.smtp.server import MailServer
from adapters.vault.account_keys import AccountKey, AccountKeys
from domain import alerts
from domain import connection as connections
from domain.account_settings import alerts_off
from domain.alert_entries import SUPPORT
from domain.event import ENGINE, Moment
from domain.refusals import ConcurrentChange
from domain.streams import alerts_stream
from services.database import DATABASE_TROUBLE
from services.mailing.letter import Letters, Reader
from services.mailing.matters import Matters
from services.mailing.not_taken import NotTaken
from services.mailing.reach import reached
from services.mailing.ready import LEASE, LONGEST_SEND, Ready
from services.mailing.still_open import StillOpen

LOG: Final = logging.getLogger(__name__)
EACH_BY_ITSELF: Final = ("disconnected", "inactivity")
"""Each of these is told, however short after the one before."""
ONE_AN_HOUR: Final = timedelta(hours=1)
BEHIND: Final = timedelta(seconds=5)
BROKEN: Final = timedelta(hours=1)
CANNOT_BE_WRITTEN: Final = "mail %s cannot be written: %s"
TRIES: Final = 10


class Mailer:
    """Sends mails, one after another. Any number may work at once; leases keep them apart."""

    def __init__(
        self,
        store: EventStore,
        keys: AccountKeys,
        matters: Matters,
        still_open: StillOpen,
        letters: Letters,
        server: Callable[[], MailServer],
        sender: str,
        new_id: Callable[[], UUID],
        interval: float,
        chance: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
        support: str | None = None,
    ) -> None:
        """`server` is asked for once there is a mail to send; `interval` is seconds between two looks for mails.

        `support` is the address of whoever helps account owners, if there is one.
        """
        self._store, self._keys, self._matters, self._letters = store, keys, matters, letters
        self._still_open = still_open
        self._server, self._sender, self._new_id = server, sender, new_id
        self._interval, self._monotonic, self._support = interval, monotonic, support
        self._not_taken = NotTaken(store, chance)

    def run(self, stop: threading.Event) -> None:
        """Send what is due until told to stop; a database that is away is waited for."""
        known = False
        while not stop.is_set():
            try:
                known = known or self.know_support()
                while not stop.is_set() and self.step():
                    pass
            except DATABASE_TROUBLE as error:
                LOG.warning("the mailer could not reach the database (%s); it tries again", type(error).__name__)
            stop.wait(self._interval)

    def know_support(self) -> bool:
        """If somebody is support now, they hear what is kept of the days nobody was and is still the matter."""
        if self._support is not None:
            with self._store.cursor() as cursor:
                mails.open_again(cursor, SUPPORT)
        return True

    def step(self) -> bool:
        """Deal with one mail that is due; False if there is none, or the lane rests."""
        claimed = self.claim()
        if isinstance(claimed, Ready):
            self.send(claimed)
        return claimed != "none"

    # ── claim ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def claim(self) -> Ready | Literal["none", "settled"]:
        """The next mail, written and leased; `settled` if the next one needed no mail, or must wait a little."""
        began, token = self._monotonic(), self._new_id()
        with self._store.begin() as tx:
            mail = mails.lock_due(tx.cursor)
            if mail is None:
                return "none"
            key = self._keys.find(mail.account_id)
            to = self._address(tx, key, mail)
            if key is None or to is None:
                mails.withdraw(tx.cursor, mail.id, mails.NOBODY_THERE)
                return "settled"
            if mail.kind == "still_open":
                self._spread(tx, mail)
                return "settled"
            message_id = self._letters.message_id(mail.effect_key, mail.issue)
            place = ("mail", str(mail.id), mail.issue)
            if mail.unclear and mail.sealed is not None:
                content = key.open(*place, mail.sealed)
                mails.lease(tx.cursor, mail.id, token, LEASE, None)
            else:
                written = self._written(tx, mail, to, message_id)
                if written is None:
                    return "settled"
                content = written
                mails.lease(tx.cursor, mail.id, token, LEASE, key.seal(*place, content))
        return Ready(mail=mail, token=token, to=to, content=content, message_id=message_id, began=began)

    def _spread(self, tx: Transaction, mail: Mail) -> None:
        """Ask for a mail about each matter that is still open, once the projections know of all there was."""
        connection = tx.load([mail.connection_id], connections.evolve).get(mail.connection_id)
        if connection is not None and not self._matters.are_known(tx, mail):
            mails.put_off(tx.cursor, mail.id, tx.now() + BEHIND)
            return
        try:
            entries = self._still_open.mails(mail, connection) if connection is not None else []
        except DATABASE_TROUBLE:
            raise
        except Exception as error:
            LOG.error(CANNOT_BE_WRITTEN, mail.id, type(error).__name__, exc_info=True)
            mails.put_off(tx.cursor, mail.id, tx.now() + BROKEN)
        else:
            mail_requests.insert_for(tx.cursor, entries, mail)
            mails.withdraw(tx.cursor, mail.id, "spread")

    def _address(self, tx: Transaction, key: AccountKey | None, mail: Mail) -> str | None:
        """Where it goes; None if nobody is there any more, or nobody was named for support."""
        if mail.recipient_id == SUPPORT:
            return self._support
        # With a disconnection all syncing ends, so an address that was refused is tried once more.
        sealed = recipients.address(tx.cursor, mail.recipient_id, even_refused=mail.kind == "disconnected")
        if key is None or sealed is None:
            return None
        return key.open("recipient", str(mail.recipient_id), 1, sealed).decode()

    def _written(self, tx: Transaction, mail: Mail, to: str, message_id: str) -> bytes | None:
        """The mail as it reads now; None if it needs none, or not yet."""
        now, told = tx.now(), None if mail.kind in EACH_BY_ITSELF else mail.told_at
        connection = tx.load([mail.connection_id], connections.evolve).get(mail.connection_id)
        if connection is None or (mail.recipient_id != SUPPORT and mail.kind in alerts_off(connection.settings)):
            mails.withdraw(tx.cursor, mail.id, "switched_off")
        elif told is not None and mail.asked_at <= told:
            mails.withdraw(tx.cursor, mail.id, "told")
        elif told is not None and now < told + ONE_AN_HOUR:
            mails.put_off(tx.cursor, mail.id, told + ONE_AN_HOUR)
        elif not self._matters.are_known(tx, mail):
            mails.put_off(tx.cursor, mail.id, now + BEHIND)
        else:
            return self._rendered(tx, mail, connection, to, message_id, now)
        return None

    def _rendered(
        self, tx: Transaction, mail: Mail, connection: connections.Connection, to: str, message_id: str, now: datetime
    ) -> bytes | None:
        try:
            matter = self._matters.of(tx, mail, connection)
            if matter is not None:
                reader: Reader = "support" if mail.recipient_id == SUPPORT else "owner"
                return self._letters.write(matter, mail.account_id, to, message_id, now, reader)
        except DATABASE_TROUBLE:
            raise
        except Exception as error:
            LOG.error(CANNOT_BE_WRITTEN, mail.id, type(error).__name__, exc_info=True)
            mails.put_off(tx.cursor, mail.id, tx.now() + BROKEN)
        else:
            mails.withdraw(tx.cursor, mail.id, "settled")
        return None

    # ── send ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, ready: Ready) -> None:
        """Give a mail to the server, and record what came of it."""
        try:
            self._server().send(self._sender, ready.to, ready.content, lambda: self._fence(ready))
        except MailTrouble as trouble:
            self._not_taken.record(ready, trouble)
        except Exception as error:
            LOG.error("mail %s could not be given to the server", ready.mail.id, exc_info=True)
            self._not_taken.record(ready, OutcomeUnclear(type(error).__name__))
        else:
            self.record_taken(ready)

    def _fence(self, ready: Ready) -> None:
        if self._monotonic() >= ready.began + LEASE - LONGEST_SEND:
            raise TooLate("lease")

    # ── record ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def record_taken(self, ready: Ready) -> None:
        """AlertSent, and the mail is done."""
        mail = ready.mail
        for attempt in range(TRIES):
            at = Moment(now=self._store.now(), actor=ENGINE, correlation_id=self._new_id(), new_id=self._new_id)
            known = self._store.load(alerts_stream(mail.account_id, at.now), alerts.evolve)
            said = {"kind": mail.kind, "cause_code": mail.cause_code, "message_id": ready.message_id}
            events = alerts.sent(known, mail.account_id, **said, to=mail.recipient_id, at=at)
            try:
                self._store.append(events, Writes(sent_mail=SentMail(mail.id, ready.token)))
            except LeaseLost:
                LOG.warning("mail %s was sent, but its lease was over; it may arrive twice", mail.id)
            except ConcurrentChange:
                if attempt < TRIES - 1:
                    continue
                raise
            break
        with self._store.cursor() as cursor:
            mails.works(cursor)
            reached(cursor, mail.recipient_id)
