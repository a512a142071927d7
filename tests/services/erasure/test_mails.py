"""Erasing a Kyrios contact reaches what mails say of it: in this machine's folder, and where they are still to go."""

import email
import mailbox
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.simulator.server import Simulator
from domain.refusals import NotPossible
from domain.streams import invoice_stream
from services.mailing.ready import Ready
from tests.leaks import Leaks, files_below
from tests.mail_server import DROP, mail_sink
from tests.services.contacts.customers import billed, customer, read_contacts, settle
from tests.services.erasure.kept import everything
from tests.services.inactivity.days import begin_an_hour, world_of_days
from tests.services.mailing.post import html_of, text_of
from tests.world import ACCOUNT, OWNER, World, example_invoices

ME: Final = "owner@harbour-vine.example"
NAME: Final = "Petronella Quillfeather"
SAID: Final = f"No credit for {NAME} any more."
CANARIES: Final = Leaks({"her name in the words of Xero": SAID})
FOUND: Final = ["her name in the words of Xero"]
HERSELF: Final = Leaks({"her name": NAME})
QUILL: Final = customer(name=NAME)


def refuse_her(world: World) -> None:
    """Xero refuses an invoice of hers, T-0, and names her; and T-1, a neighbour's. Her invoice is left out then."""
    read_contacts(world)
    world.engine.alert_recipients.change(ACCOUNT, OWNER, add=[ME])
    world.refuse({"T-0": SAID, "T-1": "No credit."})
    world.queue([billed(one, QUILL) for one in example_invoices(1)])
    world.queue(example_invoices(1, start=1))
    settle(world)
    assert [world.invoice(f"inv-{number}").status for number in range(2)] == ["failed"] * 2


def send(world: World, after: float = 31.0) -> None:
    """Let so many seconds pass and send what is due."""
    world.engine.projector.catch_up()
    world.later(after)
    while world.engine.mailer.step():
        pass


def leave_out(world: World) -> None:
    """Leave her invoice out, so that nothing of hers is on its way."""
    world.engine.dismiss_invoices(ACCOUNT, [invoice_stream(ACCOUNT, "inv-0")], "no sale", OWNER)


def erase(world: World) -> int:
    """Erase her; how many kept mails went."""
    return world.engine.erase_contact(ACCOUNT, "new-1", "asked_by_subject", OWNER).mails


def kept(folder: Path) -> list[EmailMessage]:
    """The mails in the folder."""
    box = mailbox.Maildir(folder, create=False)
    return [email.message_from_bytes(box.get_bytes(key), policy=default) for key in box.iterkeys()]


def readable(folder: Path) -> list[str]:
    """Everything in the folder as it lies there, and as a mail program reads it."""
    raw = [content.decode("utf-8", "surrogateescape") for content in files_below(folder)]
    return [*raw, *(said for mail in kept(folder) for said in (str(mail["Subject"]), text_of(mail), html_of(mail)))]


def test_mails_that_name_her_leave_the_folder_and_others_stay(world: World) -> None:
    folder = world.engine.settings.home / "mail"
    refuse_her(world)
    send(world)
    leave_out(world)
    world.engine.try_mail(ACCOUNT)
    assert CANARIES.found_in(*everything(world)) == FOUND
    assert CANARIES.found_in(*readable(folder)) == FOUND
    assert len(kept(folder)) == 2
    assert erase(world) == 1
    assert CANARIES.found_in(*everything(world), *readable(folder)) == []
    (other,) = kept(folder)
    assert other["Subject"] == "A mail to try: alerts about Xero arrive"
    assert erase(world) == 0


def test_a_mail_that_asks_who_she_is_in_xero_names_her_and_goes_with_her(world: World) -> None:
    folder = world.engine.settings.home / "mail"
    read_contacts(world)
    world.engine.alert_recipients.change(ACCOUNT, OWNER, add=[ME])
    world.engine.set_up.change_setting(ACCOUNT, "contact.create", "off", OWNER)
    world.queue([billed(one, QUILL) for one in example_invoices(1)])
    settle(world)
    send(world)
    (mail,) = kept(folder)
    assert "by itself once that is fixed. In Kyrios: Settings > Integrations > Xero." in " ".join(text_of(mail).split())
    for said in (text_of(mail), html_of(mail)):
        assert f"Customer: {NAME} (new-1)" in said
    leave_out(world)
    assert erase(world) == 1
    assert HERSELF.found_in(*everything(world), *readable(folder)) == []


def test_a_mail_of_another_account_with_the_same_number_stays(world: World) -> None:
    folder = world.engine.settings.home / "mail"
    refuse_her(world)
    send(world)
    box = mailbox.Maildir(folder, create=False)
    ((key, raw),) = [(key, box.get_bytes(key)) for key in box.iterkeys()]
    box[key] = raw.replace(b"the Kyrios account harbour-vine", b"the Kyrios account of-harbour-vine")
    leave_out(world)
    assert erase(world) == 0
    assert len(kept(folder)) == 1


def test_where_no_folder_is_nothing_is_made(world: World) -> None:
    read_contacts(world)
    world.queue([billed(one, QUILL) for one in example_invoices(1)])
    settle(world)
    assert erase(world) == 0
    assert not (world.engine.settings.home / "mail").exists()


def test_a_mail_that_may_have_arrived_is_written_anew_without_her(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    with mail_sink() as sink:
        more: dict[str, Any] = {"KYRIOS_XERO_SMTP_URL": sink.url, "KYRIOS_XERO_MAIL_FROM": "xero@kyrios.example"}
        with world_of_days(xero, database_url, tmp_path, **more) as world:
            begin_an_hour(world)  # a later matter in another hour would be a mail of its own
            world.set_up()
            refuse_her(world)
            sink.misbehave("taken", DROP)
            send(world)
            (first,) = sink.read(ME)
            assert CANARIES.found_in(text_of(first)) == FOUND
            assert CANARIES.found_in(*everything(world)) == FOUND
            leave_out(world)
            assert erase(world) == 0
            assert CANARIES.found_in(*everything(world)) == []
            send(world, after=700)
            _, again = sink.read(ME)
            assert CANARIES.found_in(text_of(again), html_of(again)) == []
            assert again["Message-ID"] == first["Message-ID"]
            assert "T-1" in text_of(again)
            assert "T-0" not in text_of(again)
            assert CANARIES.found_in(*everything(world)) == []


def test_a_mail_that_is_just_being_sent_is_in_the_way_for_a_quarter_of_an_hour_at_most(world: World) -> None:
    refuse_her(world)
    leave_out(world)
    world.engine.projector.catch_up()
    world.later(31)
    ready = world.engine.mailer.claim()
    while ready == "settled":
        ready = world.engine.mailer.claim()
    assert isinstance(ready, Ready)
    for attempt in (lambda: world.engine.erase_contact.preview(ACCOUNT, "new-1"), lambda: erase(world)):
        head = world.engine.store.head()
        with pytest.raises(NotPossible, match="which ends within a quarter of an hour; repeat the"):
            attempt()
        assert world.engine.store.head() == head
    # Its worker dies; the mail is not sent by it any more, and says nothing of her when another takes it up.
    world.later(900)
    erase(world)
    assert CANARIES.found_in(*everything(world)) == []
