"""Refusals that are not the recipient's: nobody is silenced by them for good, and none is lost. And the way back."""

import pytest

from adapters.smtp.errors import MailTrouble
from adapters.smtp.server import TAKEN_WITHIN, TIMEOUT
from services.mailing.reach import Reach, reach_of
from services.mailing.ready import LEASE, LONGEST_SEND
from services.proof.verify import verify
from tests.services.mailing.post import TO, Post
from tests.services.mailing.test_bad_servers import state, stays_away
from tests.world import ACCOUNT, OWNER

RELAY = "554 5.7.1 Relay access denied"
UNLINKED = "1 invoice waits: the customer is not in Xero"
DISCONNECTED = "Xero is disconnected: as you asked for; 1 invoice waits"
NEW = "books@harbour-vine.example"


def reach(post: Post) -> Reach:
    """Whom the account's mails reach."""
    return reach_of(post.engine.store)[ACCOUNT]


def lane(post: Post) -> str | None:
    """Why no mail goes out."""
    return post.engine.sent_alerts.of(ACCOUNT).paused_for


def test_a_relay_that_denies_us_silences_nobody_and_loses_nothing(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    post.engine.alert_recipients.change(ACCOUNT, OWNER, add=[NEW])
    stays_away(post, "RCPT", *[RELAY] * 1_000)
    assert post.send() == []
    assert lane(post) == "sender_refused 554 5.7.1"
    assert "takes no mail from us (554 5.7.1)" in caplog.text
    assert post.sink.met.count("RCPT") == 1, "one try, not one per mail"
    for _ in range(72):
        post.send(after=3_600)
    assert post.sink.met.count("RCPT") < 4 * 72
    assert reach(post) == Reach(addresses=2, refused=0)
    assert {row["state"] for row in post.rows()} == {"PENDING"}, "also after three days"
    post.sink.behave()
    assert post.subjects(after=3_600) == [UNLINKED] * 2
    assert lane(post) is None


def test_one_recipient_a_server_passes_nothing_on_to_is_no_rest_for_others(post: Post) -> None:
    post.engine.alert_recipients.change(ACCOUNT, OWNER, add=[NEW])
    stays_away(post, "RCPT", RELAY)
    assert post.send() == []
    # The next one goes first, is taken, and so shows that the server takes mails from us.
    assert len(post.send(after=901)) == 1
    post.sink.misbehave("RCPT", *[RELAY] * 3)
    post.send(after=120)
    assert (lane(post), reach(post).refused) == (None, 0)
    waiting = [row for row in post.rows() if row["state"] == "PENDING"]
    assert [row["cause"] for row in waiting] == ["554 5.7.1"]
    met = post.sink.met.count("RCPT")
    post.send(after=600)
    assert post.sink.met.count("RCPT") == met, "it is tried ever more rarely"
    post.sink.behave()
    assert post.subjects(after=7_200) == [UNLINKED]


def test_a_mail_to_try_that_is_taken_ends_a_refusal_and_tells_what_could_not_be_told(post: Post) -> None:
    stays_away(post, "RCPT", "550 5.1.1 no such user")
    assert post.send() == []
    assert state(post) == ("REJECTED", "recipient_refused 550 5.1.1")
    assert reach(post) == Reach(addresses=0, refused=1)
    post.refused(1, start=1)
    assert post.send(after=4_000) == []
    post.sink.misbehave("RCPT", "550 5.1.1 no such user")
    with pytest.raises(MailTrouble):
        post.engine.try_mail(ACCOUNT)
    assert reach(post) == Reach(addresses=0, refused=1)
    assert post.engine.try_mail(ACCOUNT, [TO.upper()]) == [TO.upper()]
    assert reach(post) == Reach(addresses=1, refused=0)
    (recipient,) = post.engine.alert_recipients.listed(ACCOUNT)
    assert recipient.refused_for is None
    assert post.subjects(after=1) == ["1 invoice waits: refused by Xero", UNLINKED]
    post.engine.projector.catch_up()
    assert verify(post.engine.read).clean
    assert post.send(after=8_000) == []


def test_a_mail_to_try_that_is_taken_ends_the_rest_of_all(post: Post) -> None:
    stays_away(post, "MAIL", "550 5.7.1 not you")
    assert post.send() == []
    assert lane(post) == "sender_refused 550 5.7.1"
    post.engine.try_mail(ACCOUNT, ["me@harbour-vine.example"])
    assert lane(post) is None


@pytest.mark.parametrize("taken", [True, False])
def test_a_disconnection_tries_an_address_that_was_refused_once_more(post: Post, taken: bool) -> None:
    stays_away(post, "RCPT", "550 5.1.1 no such user", *([] if taken else ["550 5.1.1 no such user"] * 9))
    post.send()
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    tried = post.sink.met.count("RCPT")
    told = sorted(str(mail["Subject"]) for day in (31, 60, 86_400) for mail in post.send(after=day))
    if taken:
        assert told == [UNLINKED, DISCONNECTED], "and hears what could not be told before"
        assert reach(post) == Reach(addresses=1, refused=0)
    else:
        assert told == []
        assert post.sink.met.count("RCPT") == tried + 1
        assert reach(post) == Reach(addresses=0, refused=1)
    post.engine.projector.catch_up()
    assert verify(post.engine.read).clean


def test_a_lease_outlives_the_longest_answer() -> None:
    assert LONGEST_SEND >= TAKEN_WITHIN + 2 * TIMEOUT
    assert LEASE > LONGEST_SEND
