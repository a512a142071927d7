"""What an account is told, read back from a real mail server: who, about what, when, how often, and when not."""

import datetime as dt
import email.utils
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from domain.connection import Disconnected
from domain.streams import invoice_stream
from services.bootstrap import Engine
from services.intake import IssuedInvoice
from tests.services.mailing.post import TO, Post, html_of, text_of
from tests.world import ACCOUNT, BACKEND, OWNER, declared_taxes, example_invoices


@pytest.mark.article("R18")
@pytest.mark.complaint(10)
def test_invoices_that_xero_refused_are_told_with_its_words_and_what_to_do(post: Post) -> None:
    post.refused(12)
    (mail,) = post.send()
    assert (mail["To"], mail["From"], mail["Auto-Submitted"]) == (TO, "Kyrios <xero@kyrios.example>", "auto-generated")
    assert mail["Subject"] == "12 invoices wait: refused by Xero"
    for said in (text_of(mail), html_of(mail)):
        for words in (
            "12 invoices wait",
            "T-0",
            "T-9",
            "2 more",
            "Xero says: ",
            "No purple",
            "press Retry",
            "you or our",
        ):
            assert words in said
        assert "T-10" not in said
    assert text_of(mail).count("http") == 1


@pytest.mark.article("R18")
def test_a_mail_comes_half_a_minute_after_its_event_and_not_before(post: Post) -> None:
    post.unlinked(1)
    assert post.subjects(after=20) == []
    assert post.subjects(after=11) == ["1 invoice waits: the customer is not in Xero"]


@pytest.mark.article("R19")
def test_a_mail_about_one_invoice_leads_to_it(post: Post) -> None:
    post.unlinked(1)
    (mail,) = post.send()
    assert "Open invoice T-0 in Kyrios: https://app.kyrios.example/invoices/inv-0" in text_of(mail)
    assert "It goes to Xero by itself once that is fixed." in text_of(mail)
    assert 'href="https://app.kyrios.example/invoices/inv-0"' in html_of(mail)


@pytest.mark.parametrize("count", [2, 3])
def test_what_differs_from_invoice_to_invoice_stands_beside_each(post: Post, count: int) -> None:
    post.engine.set_up.change_setting(ACCOUNT, "rounding", "block", OWNER)
    post.sync([differing(one, number) for number, one in enumerate(example_invoices(count), 1)])
    (mail,) = post.send()
    assert mail["Subject"] == f"{count} invoices wait: Xero's total would differ"
    for number in range(1, count + 1):
        listed = text_of(mail).partition(f"  - T-{number - 1}, ")[2].partition("  - ")[0]
        assert f"Kyrios says {414 + number}.00. Correct the lines or the rounding rule." in listed
        assert f"Kyrios says {414 + number}.00." not in text_of(mail).partition("  - ")[0]


def test_every_recipient_gets_a_mail_of_their_own(post: Post) -> None:
    post.engine.alert_recipients.change(ACCOUNT, OWNER, add=["books@harbour-vine.example"])
    post.unlinked(1)
    mails = post.send()
    assert sorted(str(mail["To"]) for mail in mails) == ["books@harbour-vine.example", TO]
    assert len({mail["Message-ID"] for mail in mails}) == 2


def test_what_was_sent_is_told_to_auditors_without_an_address(post: Post) -> None:
    post.unlinked(1)
    (mail,) = post.send()
    (told,) = post.told()
    (recipient,) = post.engine.alert_recipients.listed(ACCOUNT)
    assert (told.kind, told.cause_code) == ("invoices", "contact_missing")
    assert (told.message_id, told.recipient_id) == (mail["Message-ID"], recipient.recipient_id)
    assert TO not in str(told)


def test_what_was_fixed_meanwhile_makes_no_mail_and_is_told_again_if_it_comes_back(post: Post) -> None:
    post.unlinked(1)
    post.engine.dismiss_invoices(ACCOUNT, [invoice_stream(ACCOUNT, "inv-0")], "not ours", OWNER)
    assert post.subjects() == []
    assert post.rows()[0]["cause"] == "settled"
    post.unlinked(1, start=1)
    assert post.subjects() == ["1 invoice waits: the customer is not in Xero"]


def test_more_of_the_same_is_told_an_hour_later_and_not_earlier(post: Post) -> None:
    post.unlinked(1)
    assert len(post.send()) == 1
    post.unlinked(2, start=1)
    assert post.subjects() == []
    assert post.subjects(after=3_000) == []
    assert post.subjects(after=600) == ["3 invoices wait: the customer is not in Xero"]
    assert len({told.message_id for told in post.told()}) == 2
    assert post.subjects(after=8_000) == []


def test_two_causes_are_two_mails(post: Post) -> None:
    post.unlinked(1)
    post.refused(1, start=1)
    assert post.subjects() == [
        "1 invoice waits: refused by Xero",
        "1 invoice waits: the customer is not in Xero",
    ]


def test_kinds_an_account_does_not_want_are_not_sent(post: Post) -> None:
    post.engine.set_up.change_setting(ACCOUNT, "alerts.off", "invoices, recovered", OWNER)
    post.unlinked(1)
    assert post.subjects() == []
    assert [row["cause"] for row in post.rows()] == ["switched_off"]


@pytest.mark.complaint(4)
def test_a_disconnection_is_always_told_once_with_its_reason_and_what_waits(post: Post) -> None:
    post.engine.set_up.change_setting(ACCOUNT, "alerts.off", "invoices, reviews, set_up, inactivity, recovered", OWNER)
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    post.world.queue(example_invoices(2))
    (mail,) = post.send()
    assert mail["Subject"] == "Xero is disconnected: as you asked for; 2 invoices wait"
    assert "reconnect the same organisation" in text_of(mail)
    assert post.send(after=7_200) == []


def test_two_disconnections_in_a_minute_are_two_mails(post: Post) -> None:
    for _ in range(2):
        post.engine.set_up.disconnect(ACCOUNT, OWNER)
        post.world.consent()
    mails = post.send()
    ends = [e.occurred_at for e in post.engine.store.events_of(post.world.lane) if isinstance(e, Disconnected)]
    said = "Xero was disconnected (as you asked for), and is connected again"
    assert [mail["Subject"] for mail in mails] == [said] * 2
    assert [text_of(mail).splitlines() for mail in mails] == [
        [
            f"Xero was disconnected on {end:%d %B %Y at %H:%M} UTC: as you asked for. It has been connected again "
            "since.",
            "",
            "No invoice waits.",
            "",
            "Nobody has to do anything.",
            "",
            "Open Kyrios: http://localhost:8080",
            "",
            "--",
            "This mail is about the connection to Xero of the Kyrios account harbour-vine.",
            "You get it because this address is among those the account tells.",
            "It is sent by a program; nobody reads an answer.",
        ]
        for end in ends
    ]


def test_a_disconnection_that_is_over_asks_for_nothing_and_says_what_goes_now(post: Post) -> None:
    post.unlinked(1)
    post.send()
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    post.world.queue(example_invoices(2, start=1))
    post.world.consent()
    (mail,) = post.send()
    said = text_of(mail)
    for words in (
        "2 invoices are on their way.",
        "1 invoice waits for something of its own, which Kyrios shows beside",
    ):
        assert words in " ".join(said.split())
    for words in ("To go on", "reconnect the same", "Who has to act", "Xero is disconnected"):
        assert words not in said + html_of(mail) + str(mail["Subject"])


def test_a_disconnection_that_is_over_says_what_holds_everything_back_instead(post: Post) -> None:
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    post.world.consent()
    one, _ = declared_taxes()[0]
    post.engine.set_up.unmap_tax(ACCOUNT, one.tax_set, OWNER)
    post.world.queue(example_invoices(2))
    mail = next(mail for mail in post.send() if "connected again" in str(mail["Subject"]))
    said = " ".join(text_of(mail).split())
    assert f"Nothing goes to Xero before this is fixed: no Xero rate for {one.name}. What waits then goes by it" in said
    assert "Who has to act: you." in said
    assert "reconnect" not in said


@pytest.mark.article("R17")
def test_a_recovery_is_told_with_what_is_on_its_way(post: Post) -> None:
    with two_hours_ago(post) as engine:
        engine.set_up.disconnect(ACCOUNT, OWNER)
    post.world.queue(example_invoices(3))
    post.send()
    post.world.consent()
    assert post.subjects() == ["Xero works again; 3 invoices are on their way"]


def test_a_gate_that_closes_and_opens_at_once_is_no_news(post: Post) -> None:
    one, tax_type = declared_taxes()[0]
    post.engine.set_up.unmap_tax(ACCOUNT, one.tax_set, OWNER)
    post.engine.set_up.map_tax(ACCOUNT, one.tax_set, tax_type, OWNER)
    assert post.subjects() == []
    assert {row["cause"] for row in post.rows()} == {"settled"}


@pytest.mark.article("R14")
def test_a_tax_set_without_a_rate_is_told_at_once(post: Post) -> None:
    one, _ = declared_taxes()[0]
    post.engine.set_up.unmap_tax(ACCOUNT, one.tax_set, BACKEND)
    post.world.queue(example_invoices(2))
    (mail,) = post.send()
    assert mail["Subject"] == f"A tax rate needs you: no Xero rate for {one.name}"
    assert "2 invoices wait" in text_of(mail)
    assert "Nothing goes to Xero until then." in text_of(mail)


def test_a_mail_waits_for_the_projections_to_know_what_it_is_to_tell(post: Post) -> None:
    """The control: without the wait this mail would find nothing the matter, and nobody would hear of it."""
    post.unlinked(1)
    with post.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.mail SET due_at = app.now()")
    assert post.engine.mailer.step()
    assert post.rows()[0]["state"] == "PENDING"
    assert post.subjects() == ["1 invoice waits: the customer is not in Xero"]


def test_whoever_connects_is_told_unless_somebody_was_chosen_before(post: Post) -> None:
    recipients = post.engine.alert_recipients
    recipients.begin_with(ACCOUNT, "another@harbour-vine.example", OWNER)
    assert [one.address for one in recipients.listed(ACCOUNT)] == [TO]
    recipients.change(ACCOUNT, OWNER, remove=[TO])
    recipients.begin_with(ACCOUNT, "another@harbour-vine.example", OWNER)
    assert [one.address for one in recipients.listed(ACCOUNT)] == ["another@harbour-vine.example"]


def test_addresses_lie_sealed_and_stand_in_no_event(post: Post) -> None:
    with post.engine.store.cursor() as cursor:
        kept = cursor.execute("SELECT sealed FROM app.recipient").fetchall()
        events = cursor.execute("SELECT state FROM es.sync_events").fetchall()
    assert TO.encode() not in b"".join(bytes(row["sealed"]) for row in kept)
    assert TO.encode() not in b"".join(bytes(row["state"]) for row in events)


def test_without_a_recipient_nothing_is_sent_and_nothing_kept(post: Post) -> None:
    post.unlinked(1)
    post.engine.alert_recipients.change(ACCOUNT, OWNER, remove=[TO])
    assert post.send() == []
    assert post.rows()[0]["cause"] == "no_recipient"


def test_a_date_and_message_id_are_as_they_should_be(post: Post) -> None:
    post.unlinked(1)
    (mail,) = post.send()
    assert abs((email.utils.parsedate_to_datetime(mail["Date"]) - post.engine.store.now()).total_seconds()) < 60
    assert str(mail["Message-ID"]).endswith("@kyrios.example>")


def differing(one: IssuedInvoice, by: int) -> IssuedInvoice:
    """The invoice with a total that Xero would not come to, another one for each."""
    totals = one.document.totals
    wrong = msgspec.structs.replace(totals, total=totals.total + by, total_tax=totals.total_tax + by)
    return msgspec.structs.replace(one, document=msgspec.structs.replace(one.document, totals=wrong))


@contextmanager
def two_hours_ago(post: Post) -> Iterator[Engine]:
    """An engine on the same database whose sessions believe it is two hours earlier."""
    url, then = post.engine.database_url, (post.engine.store.now() - dt.timedelta(hours=2)).isoformat()
    name = sql.Identifier(str(conninfo_to_dict(url)["dbname"]))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} SET app.now = {}").format(name, then))
        engine = Engine(post.engine.settings, url)
        engine.ring = lambda _: None
        try:
            yield engine
        finally:
            engine.close()
            connection.execute(sql.SQL("ALTER DATABASE {} RESET app.now").format(name))


class OneLook(threading.Event):
    """Told to stop as soon as somebody waits."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


def test_a_database_that_throws_its_readers_out_is_waited_for(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    post.refused(1)
    post.engine.projector.catch_up()
    post.world.later(31)
    readers = post.engine.read.raw_connection()
    pid = readers.cursor().execute("SELECT pg_backend_pid()").fetchone()[0]
    readers.close()
    with post.engine.store.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    post.engine.mailer.run(OneLook())
    assert "could not reach the database" in caplog.text
    post.engine.mailer.run(OneLook())
    assert len(post.sink.taken) == 1
