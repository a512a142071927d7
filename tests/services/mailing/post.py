"""The shortest words for what tests do with mails: let time pass, send what is due, and read what came."""

from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

import msgspec

from domain.alert_entries import SUPPORT
from domain.alerts import AlertSent
from domain.streams import alerts_stream
from services.intake import IssuedInvoice
from tests.mail_server import MailSink
from tests.world import ACCOUNT, OWNER, World, example_invoices

TO = "owner@harbour-vine.example"


class Post:
    """A world and its mail server."""

    def __init__(self, world: World, sink: MailSink) -> None:
        self.world, self.engine, self.sink = world, world.engine, sink
        self.engine.alert_recipients.change(ACCOUNT, OWNER, add=[TO])

    def send(self, after: float = 31.0) -> list[EmailMessage]:
        """Let so many seconds pass and send what is due then; returns the mails that came."""
        before = len(self.sink.taken)
        self.engine.projector.catch_up()
        self.world.later(after)
        while self.engine.mailer.step():
            pass
        return self.sink.read()[before:]

    def subjects(self, after: float = 31.0) -> list[str]:
        """The subjects of the mails that come so many seconds later."""
        return sorted(str(mail["Subject"]) for mail in self.send(after))

    def sync(self, issued: Sequence[IssuedInvoice]) -> None:
        """Queue invoices and do what is to be done with them."""
        self.world.queue(issued)
        self.world.work(len(issued) + 20)

    def refused(self, count: int, start: int = 0) -> None:
        """So many invoices that Xero refuses, for a reason of its own."""
        self.world.refuse({f"T-{number}": "No purple." for number in range(start, start + count)})
        self.sync(example_invoices(count, start))

    def unlinked(self, count: int, start: int = 0) -> None:
        """So many invoices that wait because nobody says which Xero contact their customer is."""
        self.engine.set_up.change_setting(ACCOUNT, "contact.create", "off", OWNER)
        self.sync([strangers("cus-unknown", one) for one in example_invoices(count, start)])

    def rows(self) -> list[dict[str, Any]]:
        """The mails to those the account tells, as the engine keeps them."""
        return [row for row in self.all_rows() if row["recipient_id"] != SUPPORT and row["kind"] != "still_open"]

    def for_support(self) -> list[dict[str, Any]]:
        """The mails to support, as the engine keeps them."""
        return [row for row in self.all_rows() if row["recipient_id"] == SUPPORT]

    def all_rows(self) -> list[dict[str, Any]]:
        """All mails as the engine keeps them."""
        with self.engine.store.cursor() as cursor:
            return cursor.execute("SELECT * FROM app.mail ORDER BY id").fetchall()

    def told(self) -> list[AlertSent]:
        """What the auditors read."""
        events = self.engine.store.events_of(alerts_stream(ACCOUNT, self.engine.store.now()))
        return [event for event in events if isinstance(event, AlertSent)]


def strangers(contact_id: str, one: IssuedInvoice) -> IssuedInvoice:
    customer = msgspec.structs.replace(one.contact, contact_id=contact_id, name=contact_id, email="")
    return msgspec.structs.replace(
        one, document=msgspec.structs.replace(one.document, kyrios_contact_id=contact_id), contact=customer
    )


def text_of(mail: EmailMessage) -> str:
    """The text a mail program without HTML shows."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(mail: EmailMessage) -> str:
    """The HTML a mail program shows."""
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())
