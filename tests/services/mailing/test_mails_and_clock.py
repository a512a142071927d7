"""Mails of a clock that was ahead and was put right: nobody is told nothing for it, and nobody anything twice."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.event_store import mails
from services.mailing.ready import LEASE, Ready
from tests.services.inactivity.days import clock_jumps
from tests.services.mailing.post import Post

AHEAD = dt.timedelta(days=300)


@contextmanager
def clock_ahead(post: Post) -> Iterator[None]:
    """Our clock is 300 days ahead within this block, and sweepers notice that it is put right."""
    clock_jumps(post.world, AHEAD)
    yield
    post.engine.sweeper.sweep()
    clock_jumps(post.world, -AHEAD)
    post.engine.sweeper.sweep()


def test_who_was_told_by_a_clock_that_was_ahead_is_told_what_comes_up_after_it_was_put_right(post: Post) -> None:
    with clock_ahead(post):
        post.unlinked(1)
        assert len(post.send()) == 1
    post.unlinked(1, start=1)
    assert post.subjects() == [], "they were told within this hour"
    assert post.subjects(after=3_600) == ["2 invoices wait: the customer is not in Xero"]


def test_what_was_asked_for_by_a_clock_that_was_ahead_is_told_once_after_it_was_put_right(post: Post) -> None:
    with clock_ahead(post):
        post.unlinked(1)
    assert post.subjects() == ["1 invoice waits: the customer is not in Xero"]
    assert [post.subjects(after=3_700) for _ in range(3)] == [[], [], []]


def test_mails_rest_no_longer_than_they_are_to_if_the_clock_is_put_right(post: Post) -> None:
    post.unlinked(1)
    with clock_ahead(post), post.engine.store.cursor() as cursor:
        mails.pause(cursor, 900, "server_away")
    assert len(post.send(after=901)) == 1


def test_a_mail_whose_worker_died_by_a_clock_that_was_ahead_is_sent_after_it_was_put_right(post: Post) -> None:
    with clock_ahead(post):
        post.unlinked(1)
        post.engine.projector.catch_up()
        clock_jumps(post.world, dt.timedelta(seconds=31))
        while not isinstance(post.engine.mailer.claim(), Ready):
            pass
    assert len(post.send(after=LEASE + 1)) == 1
    (row,) = post.rows()
    assert (row["state"], row["attempts"]) == ("DONE", 2)
