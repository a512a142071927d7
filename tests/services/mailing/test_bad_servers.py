"""Mail servers at their worst: each mail arrives at least once, a repeat is the same mail, and nothing storms."""

import threading

import pytest

from domain.refusals import InvalidInput
from tests.mail_server import DROP, Step
from tests.services.mailing.post import TO, Post
from tests.world import ACCOUNT, OWNER


def state(post: Post) -> tuple[str, str | None]:
    """The one mail's state, and the word for why."""
    (row,) = post.rows()
    return row["state"], row["cause"]


def stays_away(post: Post, step: Step, *answers: str) -> None:
    """The mail server does this at a step when the mail is due, once for each answer."""
    post.unlinked(1)
    post.sink.misbehave(step, *answers)


@pytest.mark.parametrize(
    ("step", "answer", "word"),
    [
        ("greeting", DROP, "SMTPServerDisconnected"),
        ("MAIL", "451 later", "451"),
        ("RCPT", "450 greylisted", "450"),
        ("content", "452 full", "452"),
    ],
)
def test_what_was_not_taken_is_tried_again_later_and_arrives_once(
    post: Post, step: Step, answer: str, word: str
) -> None:
    stays_away(post, step, answer)
    assert post.send() == []
    assert state(post) == ("PENDING", word)
    assert post.send(after=0) == []
    assert len(post.send(after=60)) == 1
    assert len(post.told()) == 1


@pytest.mark.parametrize("step", ["content", "taken"])
def test_what_may_have_been_taken_is_sent_again_byte_for_byte(post: Post, step: Step) -> None:
    stays_away(post, step, DROP)
    post.send()
    assert state(post)[0] == "AMBIGUOUS"
    kept = [raw for _, raw in post.sink.taken]
    assert post.told() == []
    post.unlinked(1, start=1)
    post.engine.projector.catch_up()
    post.send(after=700)
    raws = [raw for _, raw in post.sink.taken]
    assert len(raws) == len(kept) + 1
    assert len(set(raws)) == 1, "the same words, date and Message-ID, whatever has come up since"
    assert len(post.told()) == 1


def test_a_mail_that_may_have_been_taken_stays_so_until_a_server_takes_it(post: Post) -> None:
    stays_away(post, "taken", DROP)
    post.send()
    post.sink.misbehave("RCPT", "450 later")
    post.send(after=700)
    assert state(post) == ("AMBIGUOUS", "450")
    post.send(after=60)
    assert len({raw for _, raw in post.sink.taken}) == 1
    assert len(post.sink.taken) == 2


def test_a_server_that_takes_a_mail_and_never_says_so_gets_at_most_six_copies(post: Post) -> None:
    stays_away(post, "taken", *[DROP] * 100)
    copies = [len(post.sink.taken)]
    for _ in range(80):
        post.send(after=3_600)
        copies.append(len(post.sink.taken))
    assert copies[-1] == 6
    assert len({raw for _, raw in post.sink.taken}) == 1
    assert state(post) == ("DEAD", "gave_up SMTPServerDisconnected")
    assert copies[8] <= 4, "and most of them early"


def test_a_recipient_that_does_not_exist_is_not_tried_again_and_is_shown(post: Post) -> None:
    stays_away(post, "RCPT", "550 no such user")
    assert post.send() == []
    assert state(post) == ("REJECTED", "recipient_refused 550")
    (recipient,) = post.engine.alert_recipients.listed(ACCOUNT)
    assert (recipient.address, recipient.refused_for) == (TO, "550")
    post.refused(1, start=1)
    assert post.send(after=4_000) == []
    post.engine.alert_recipients.change(ACCOUNT, OWNER, add=[TO])
    (recipient,) = post.engine.alert_recipients.listed(ACCOUNT)
    assert recipient.refused_for is None
    post.refused(1, start=2)
    assert post.subjects() == [
        "1 invoice waits: the customer is not in Xero",
        "2 invoices wait: refused by Xero",
    ], "what came up while nobody could be told is told now"


def test_one_recipient_that_is_refused_keeps_no_other_from_hearing(post: Post) -> None:
    post.engine.alert_recipients.change(ACCOUNT, OWNER, add=["books@harbour-vine.example"])
    stays_away(post, "RCPT", "550 no such user")
    assert len(post.send()) == 1


def test_a_mail_that_is_refused_for_what_it_says_is_given_up_alone(post: Post) -> None:
    stays_away(post, "content", "554 looks like spam")
    post.refused(1, start=1)
    assert len(post.send()) == 1
    assert sorted(row["state"] for row in post.rows()) == ["DONE", "REJECTED"]


@pytest.mark.parametrize(("step", "answer"), [("MAIL", "550 not you"), ("greeting", "554 go away"), ("greeting", DROP)])
def test_a_server_that_takes_nothing_lets_all_mails_rest_instead_of_trying_each(
    post: Post, step: Step, answer: str
) -> None:
    post.unlinked(1)
    post.refused(1, start=1)
    post.sink.misbehave(step, *[answer] * 10)
    post.send()
    post.send(after=1)
    assert post.sink.met.count("greeting") == 1, "one try, not one per mail"
    post.sink.behave()
    assert len(post.send(after=1_000)) == 2


def test_a_server_that_is_away_for_days_costs_no_mail(post: Post) -> None:
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    post.sink.misbehave("greeting", *[DROP] * 10)
    for _ in range(4):
        assert post.send(after=24 * 3_600) == []
    post.sink.behave()
    assert [str(mail["Subject"]) for mail in post.send(after=1_000)] == ["Xero is disconnected: as you asked for"]


def test_after_two_days_a_mail_is_given_up_and_said_so(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    stays_away(post, "RCPT", "450 later")
    post.send()
    post.sink.misbehave("RCPT", "450 later")
    post.send(after=48 * 3_600 + 60)
    assert state(post) == ("DEAD", "gave_up 450")
    assert "given up" in caplog.text
    assert post.send(after=3_600) == []


def test_a_mail_that_cannot_be_written_holds_up_no_other(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    post.unlinked(1)
    post.refused(1, start=1)
    post.engine.projector.catch_up()
    with post.engine.store.cursor() as cursor:  # as a newer version would leave it
        cursor.execute("UPDATE app.mail SET cause_code = 'of_the_future' WHERE cause_code = 'contact_missing'")
        cursor.execute(
            "UPDATE app.invoice_status SET causes = replace(causes::text, 'contact_missing', 'of_the_future')::jsonb"
        )
    assert post.subjects() == ["1 invoice waits: refused by Xero"]
    assert "cannot be written" in caplog.text
    assert post.send(after=60) == []
    assert [row["state"] for row in post.rows()] == ["PENDING", "DONE"]


def test_two_mailers_send_each_mail_once(post: Post) -> None:
    post.engine.alert_recipients.change(ACCOUNT, OWNER, add=[f"r{number}@harbour-vine.example" for number in range(12)])
    post.unlinked(1)
    post.engine.projector.catch_up()
    post.world.later(31)

    def send_all() -> None:
        while post.engine.mailer.step():
            pass

    threads = [threading.Thread(target=send_all) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(post.sink.taken) == len({to for to, _ in post.sink.taken}) == 13
    assert len(post.told()) == 13


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b@c", "a b@c.example", "a@c.example\r\nBcc: x@y.example", "a@c.example,b@c.example",
     "<a@c.example>", "ü@c.example", "a@ü.example", "a@-c.example", "a..b@c.example", f"{'a' * 65}@c.example",
     f"a@{'c' * 300}"],
)  # fmt: skip
def test_what_is_no_address_is_refused(post: Post, address: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        post.engine.alert_recipients.change(ACCOUNT, OWNER, add=[address])
    assert refused.value.faults[0].pointer == "/add/0"
    assert [one.address for one in post.engine.alert_recipients.listed(ACCOUNT)] == [TO]
