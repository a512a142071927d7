"""`verify` derives the mails from the log again: one that is missing, or that nothing asks for, is found."""

from services.proof.verify import verify
from tests.services.mailing.post import Post
from tests.world import ACCOUNT, OWNER


def says(post: Post) -> list[str]:
    """What verify finds wrong with mails."""
    post.engine.projector.catch_up()
    return [finding.says for finding in verify(post.engine.read).findings if finding.table == "mail"]


def test_mails_that_wait_were_sent_or_were_needless_are_as_the_log_says(post: Post) -> None:
    post.unlinked(2)
    assert verify_clean(post)
    post.engine.alert_recipients.change(ACCOUNT, OWNER, add=["books@harbour-vine.example"])
    assert verify_clean(post), "who is added is told of what is open, and not by the mails that were asked for before"
    post.send()
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    assert verify_clean(post)


def verify_clean(post: Post) -> bool:
    """Whether nothing at all is wrong."""
    return says(post) == [] and verify(post.engine.read).clean


def test_a_mail_that_is_gone_is_missed(post: Post) -> None:
    post.unlinked(1)
    with post.engine.store.cursor() as cursor:
        cursor.execute("DELETE FROM app.mail WHERE kind = 'invoices'")
    assert says(post) == ["missing, though an event asks for it"]
    with post.engine.store.cursor() as cursor:
        cursor.execute("DELETE FROM app.mail WHERE kind = 'still_open'")
    assert says(post) == ["missing, though an event asks for it"] * 2


def test_a_mail_nobody_asked_for_is_found(post: Post) -> None:
    post.unlinked(1)
    with post.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.mail SET effect_key = 'mail/made-up/' || recipient_id WHERE kind = 'invoices'")
    assert says(post) == ["missing, though an event asks for it", "a mail that no event of the log asks for"]


def test_what_a_server_refused_for_good_is_not_missed(post: Post) -> None:
    post.unlinked(1)
    post.sink.misbehave("RCPT", "550 no such user")
    post.send()
    post.refused(1, start=1)
    assert verify_clean(post)
