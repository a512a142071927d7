"""Support is told by mail of what it must act on where an address is set; where none is, no word claims that it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from adapters.simulator.server import Simulator
from domain.alert_entries import SUPPORT
from domain.next_steps import SOUGHT
from domain.streams import invoice_stream
from services.bootstrap import Engine, Parts
from services.proof.verify import verify
from services.views.invoice_question import Question
from services.views.timeline import in_words
from tests.mail_server import MailSink
from tests.payments import paid_invoices, pay_by_hand, take_payments
from tests.services.dispatch.other_engine import beside
from tests.services.dispatch.test_damaged_text import damage
from tests.services.dispatch.test_failed_searches import broken, searching, until_ended
from tests.services.dispatch.test_unfound import NeverFinds
from tests.services.mailing.post import TO, Post, html_of, text_of
from tests.world import ACCOUNT, OWNER, World, example_invoices, world_on

HELP: Final = "help@kyrios.example"
UNTOLD: Final = "The fault is ours; nothing is lost. Please tell support the account, the invoice and internal_error."
UNRESOLVED: Final = (
    "The search gave no clear result. Please tell support the account, the invoice and outcome_unresolved."
)
TOLD: Final = "The fault is ours. Support has been told; nothing is lost."


@pytest.fixture
def helped(xero: Simulator, database_url: str, tmp_path: Path, sink: MailSink) -> Iterator[Post]:
    """A world that is set up, with somebody who is support."""
    more: dict[str, Any] = {
        "KYRIOS_XERO_SMTP_URL": sink.url,
        "KYRIOS_XERO_MAIL_FROM": "xero@kyrios.example",
        "KYRIOS_XERO_SUPPORT_MAIL": HELP,
    }
    with world_on(xero, database_url, tmp_path, **more) as world:
        world.set_up()
        yield Post(world, sink)


def break_one(post: Post) -> None:
    """An invoice fails by a fault of ours."""
    post.world.queue(example_invoices(1))
    damage(post.world)
    post.world.work()
    assert post.world.invoice("inv-0").status == "failed"


def says(world: World) -> list[str]:
    """What is read of the causes of inv-0: by whoever asks, and in its history."""
    known = world.invoice("inv-0")
    answer = Question(world.engine).ask(ACCOUNT, known.kyrios_invoice_id)
    assert answer is not None
    return [*(cause.words for cause in answer.explanation.causes), in_words(answer.events[-1])]


@pytest.mark.cause("internal_error")
@pytest.mark.complaint(10)
def test_support_is_told_of_a_fault_of_ours_and_the_words_say_so(helped: Post) -> None:
    break_one(helped)
    assert says(helped.world)[0] == TOLD
    assert TOLD in says(helped.world)[1]
    mails = {str(mail["To"]): mail for mail in helped.send()}
    assert mails.keys() == {TO, HELP}
    assert mails[HELP]["Subject"] == f"{ACCOUNT}: 1 invoice waits: a fault of ours"
    assert mails[TO]["Subject"] == "1 invoice waits: a fault of ours"
    assert "Who has to act: you." in text_of(mails[HELP])
    assert "Who has to act: our support." in text_of(mails[TO])
    for said in (text_of, html_of):
        assert TOLD in said(mails[TO])
        assert "where this installation" in said(mails[HELP])
        assert "among those the account tells" not in said(mails[HELP])
    # Whoever helps reads nothing of a customer that the owner does not read.
    more = set(text_of(mails[HELP]).splitlines()) - set(text_of(mails[TO]).splitlines())
    assert more == {
        "Who has to act: you.",
        "You get it because this address is where this installation's support is told of what it must act on.",
    }
    assert mails[HELP]["Message-ID"] != mails[TO]["Message-ID"]


def test_what_support_was_told_is_recorded_by_an_id_and_no_address(helped: Post) -> None:
    break_one(helped)
    helped.send()
    assert [one.cause_code for one in helped.told() if one.recipient_id == SUPPORT] == ["internal_error"]
    with helped.engine.store.cursor() as cursor:
        events = cursor.execute("SELECT state FROM es.sync_events").fetchall()
        kept = cursor.execute("SELECT sealed FROM app.recipient").fetchall()
    assert HELP.encode() not in b"".join(bytes(row["state"]) for row in events)
    assert len(kept) == 1
    assert sorted(one.to for one in helped.engine.sent_alerts.of(ACCOUNT).sent) == [TO, "support"]
    assert verify(helped.engine.read).clean


def test_support_hears_whatever_an_account_does_not_want_and_of_nothing_else(helped: Post) -> None:
    helped.engine.set_up.change_setting(ACCOUNT, "alerts.off", "invoices", OWNER)
    helped.engine.alert_recipients.change(ACCOUNT, OWNER, remove=[TO])
    helped.refused(1)
    helped.unlinked(1, start=1)
    (mail,) = helped.send()
    assert (mail["To"], mail["Subject"]) == (HELP, f"{ACCOUNT}: 1 invoice waits: refused by Xero")
    assert "the account's owner or you" in text_of(mail)
    helped.engine.set_up.disconnect(ACCOUNT, OWNER)
    assert helped.send() == []


def test_support_gets_one_mail_per_cause_and_hour(helped: Post) -> None:
    helped.refused(12)
    assert sorted(str(mail["To"]) for mail in helped.send()) == [HELP, TO]
    helped.refused(2, start=12)
    assert helped.send() == []
    later = helped.send(after=3_600)
    assert [mail["Subject"] for mail in later if mail["To"] == HELP] == [
        f"{ACCOUNT}: 14 invoices wait: refused by Xero",
    ]


@pytest.mark.cause("outcome_unresolved")
def test_support_is_told_of_what_a_search_cannot_settle(helped: Post) -> None:
    take_payments(helped.world)
    helped.world.fault("reset", method="PUT", path="/Payments")
    helped.world.queue(paid_invoices(1, "100.00"))
    helped.world.work()
    pay_by_hand(helped.world, "T-0", "60.00", reference="pay-0-0")
    helped.world.later(400)
    helped.world.work()
    decides = "The search gave no clear result. Support will decide with you."
    assert says(helped.world)[0] == decides
    told = {str(mail["To"]): text_of(mail) for mail in helped.send()}
    assert told.keys() == {TO, HELP}
    assert decides in told[TO]


def test_support_is_told_of_an_invoice_that_no_search_ever_found(helped: Post) -> None:
    world = helped.world
    world.fault("answer_lost", method="PUT", path="/Invoices")
    more = {
        "KYRIOS_XERO_SMTP_URL": helped.sink.url,
        "KYRIOS_XERO_MAIL_FROM": "xero@kyrios.example",
        "KYRIOS_XERO_SUPPORT_MAIL": HELP,
    }
    with beside(world, Parts(session=searching(broken)), **more) as other:
        other.queue(example_invoices(1))
        until_ended(other)
    assert says(world)[0] == "The search gave no clear result. Support will decide with you."
    mails = {str(mail["To"]): mail for mail in helped.send()}
    assert mails.keys() == {TO, HELP}
    assert mails[TO]["Subject"] == "1 invoice waits: it could not be found out whether it arrived"
    assert "Support will decide with you." in text_of(mails[TO])


def test_a_payment_that_no_search_ever_found_is_not_said_to_have_stayed_out(post: Post) -> None:
    world = post.world
    take_payments(world)
    world.fault("answer_lost", method="PUT", path="/Payments")
    more = {"KYRIOS_XERO_SMTP_URL": post.sink.url, "KYRIOS_XERO_MAIL_FROM": "xero@kyrios.example"}
    with beside(world, Parts(session=NeverFinds), **more) as other:
        other.queue(paid_invoices(1, "100.00"))
        until_ended(other)
    cause, story = says(world)
    assert cause == UNRESOLVED
    assert story == f"Whether a payment of 100.00 arrived was not found out: {UNRESOLVED}"
    (mail,) = post.send()
    assert f"What was sent may be in Xero. {SOUGHT}" in " ".join(text_of(mail).split())
    sentence = Question(world.engine).explain(world.invoice("inv-0")).sentence
    for said in (sentence, text_of(mail), html_of(mail), story):
        assert "did not go" not in said
        assert "changed nothing" not in said


def test_where_nobody_is_support_the_words_ask_the_owner_to_tell_it(post: Post) -> None:
    break_one(post)
    assert says(post.world)[0] == UNTOLD
    assert UNTOLD in says(post.world)[1]
    (mail,) = post.send()
    assert mail["To"] == TO
    assert UNTOLD in text_of(mail)
    assert "has been told" not in text_of(mail) + html_of(mail)
    assert [(row["state"], row["cause"]) for row in post.for_support()] == [("WITHDRAWN", "no_recipient")]
    assert verify(post.engine.read).clean


def test_who_becomes_support_later_hears_once_of_what_is_still_the_matter(post: Post) -> None:
    break_one(post)
    post.refused(1, start=1)
    post.send()
    post.engine.dismiss_invoices(ACCOUNT, [invoice_stream(ACCOUNT, "inv-1")], "not ours", OWNER)
    post.engine.projector.catch_up()
    before = len(post.sink.taken)
    settings = msgspec.structs.replace(post.engine.settings, support_mail=HELP)
    for _ in range(2):
        engine = Engine(settings, post.engine.database_url)
        assert engine.mailer.know_support()
        while engine.mailer.step():
            pass
        engine.close()
    (mail,) = post.sink.read()[before:]
    assert (mail["To"], mail["Subject"]) == (HELP, f"{ACCOUNT}: 1 invoice waits: a fault of ours")
    # What was said then stays as it was: nobody had been told.
    assert says(post.world)[0] == UNTOLD
    assert [one.cause_code for one in post.told() if one.recipient_id == SUPPORT] == ["internal_error"]
