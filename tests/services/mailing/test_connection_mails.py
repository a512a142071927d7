"""What is told of a connection: what drifted in Xero, that it is quiet, that it ended, and that all works again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.simulator.server import Simulator
from domain.account_settings import Inactivity
from domain.inactivity import cut_at
from services.demo.days import live_through
from tests.mail_server import MailSink
from tests.payments import pay_by_hand
from tests.services.inactivity.days import begin_an_hour, jump, last_activity, live, move_to, warnings, world_of_days
from tests.services.mailing.post import Post, text_of
from tests.services.test_references import SALES, in_xero
from tests.world import ACCOUNT, BACKEND, OWNER, REAL_PARTS, example_invoices, organisation_id


@pytest.fixture
def days(xero: Simulator, database_url: str, tmp_path: Path, sink: MailSink) -> Iterator[Post]:
    """A world that goes by the virtual clock, whose account tells its owner."""
    more = {"KYRIOS_XERO_SMTP_URL": sink.url, "KYRIOS_XERO_MAIL_FROM": "xero@kyrios.example"}
    with world_of_days(xero, database_url, tmp_path, REAL_PARTS, **more) as world:
        begin_an_hour(world)
        world.set_up()
        post = Post(world, sink)
        world.engine.set_up.change_setting(ACCOUNT, "inactivity.days", "14", OWNER)
        world.engine.set_up.change_setting(ACCOUNT, "inactivity.warn", "7, 1", OWNER)
        live(world)
        yield post


def told_after(post: Post, count: int) -> list[str]:
    """The subjects of the mails that come while so many days pass."""
    before = len(post.sink.taken)
    for _ in range(count):
        live(post.world)
        jump(post.world, timedelta(seconds=31))
        post.engine.projector.catch_up()
        while post.engine.mailer.step():
            pass
    return [str(mail["Subject"]) for mail in post.sink.read()[before:]]


@pytest.mark.article("R15", "R16")
def test_quiet_days_are_their_warnings_and_one_mail_and_a_reconnect_is_told(days: Post) -> None:
    since = last_activity(days.world)
    assert told_after(days, 16) == [
        "Xero will be disconnected in 7 days",
        "Xero will be disconnected in 1 day",
        "Xero is disconnected: nothing was synced for 14 days",
    ]
    first = " ".join(text_of(days.sink.read()[0]).split())
    ends = cut_at(since, Inactivity(14, (7, 1)))
    assert (
        f"Nothing was synced since {since:%d %B %Y}. We disconnect Xero on {ends:%d %B %Y at %H:%M} UTC, in " in first
    )
    days.world.queue(example_invoices(2))
    days.world.consent()
    jump(days.world, timedelta(seconds=31))
    days.engine.projector.catch_up()
    while days.engine.mailer.step():
        pass
    assert str(days.sink.read()[-1]["Subject"]) == "Xero works again; 2 invoices are on their way"
    assert [told.cause_code for told in days.told()][-1:] == [""]


def test_activity_between_a_warning_and_its_mail_makes_the_mail_needless(days: Post) -> None:
    live(days.world, 7)
    days.sync(example_invoices(1))
    jump(days.world, timedelta(seconds=31))
    days.engine.projector.catch_up()
    while days.engine.mailer.step():
        pass
    assert days.sink.taken == []
    assert [(row["kind"], row["cause"]) for row in days.rows()] == [("inactivity", "settled")]


def test_a_late_warning_counts_from_when_it_is_written_and_one_that_was_overtaken_is_not_sent(days: Post) -> None:
    """The mail server is away from before the first warning until four hours before the end."""
    ends = cut_at(last_activity(days.world), Inactivity(14, (7, 1)))
    live(days.world, 13)
    move_to(days.world, ends - timedelta(hours=4, minutes=10))
    days.engine.projector.catch_up()
    while days.engine.mailer.step():
        pass
    (mail,) = days.sink.read()
    assert mail["Subject"] == "Xero will be disconnected in 5 hours"
    said = f"We disconnect Xero on {ends:%d %B %Y at %H:%M} UTC, in 5 hours, unless something is synced before."
    assert said in " ".join(text_of(mail).split())
    assert [(row["kind"], row["state"]) for row in days.rows()] == [("inactivity", "WITHDRAWN"), ("inactivity", "DONE")]


def test_a_warning_that_the_disconnection_overtook_is_not_sent(days: Post) -> None:
    assert told_after(days, 11) == ["Xero will be disconnected in 7 days"]
    days.sink.misbehave("greeting", *["421 busy"] * 40)
    assert told_after(days, 3) == []
    assert warnings(days.world) == [7, 1]
    days.sink.behave()
    assert told_after(days, 1) == ["Xero is disconnected: nothing was synced for 14 days"]


def test_while_the_clock_holds_a_warning_names_the_later_end_and_says_why(days: Post) -> None:
    live(days.world, 13)
    jump(days.world, timedelta(days=3))
    live_through(days.engine)
    days.engine.projector.catch_up()
    while days.engine.mailer.step():
        pass
    ends = days.engine.store.now() + timedelta(days=1)
    (mail,) = days.sink.read()
    said = " ".join(text_of(mail).split())
    assert f"We disconnect Xero on {ends:%d %B %Y at }" in said
    assert "so the days are not held against you" in said


@pytest.mark.article("R21")
def test_an_account_that_was_archived_in_xero_is_told_once_with_what_it_holds_back(post: Post) -> None:
    in_xero(post.world, "accounts", AccountID=SALES, Status="ARCHIVED")
    post.engine.references.refresh(ACCOUNT)
    post.world.queue(example_invoices(2))
    (mail,) = post.send()
    assert mail["Subject"] == "A Xero account needs you: archived or gone in Xero: 200 Sales"
    for words in ("2 invoices wait.", "Restore it or choose another.", "Nothing goes to Xero until then."):
        assert words in text_of(mail)


@pytest.mark.article("R24")
def test_a_rate_that_was_archived_in_xero_is_named_in_both_its_names(post: Post) -> None:
    in_xero(post.world, "tax_rates", TaxType="OUTPUT2", Status="ARCHIVED")
    post.engine.references.refresh(ACCOUNT)
    (mail,) = post.send()
    named = "archived or deleted in Xero: 15% GST on Income (OUTPUT2), for GST 15%"
    assert mail["Subject"] == f"A tax rate needs you: {named}"
    assert "Map it to an active one." in text_of(mail)


@pytest.mark.article("R24")
def test_a_rate_that_changed_in_xero_is_told_with_both_percentages(post: Post) -> None:
    components = [{"Name": "GST", "Rate": 17.5, "IsCompound": False}]
    in_xero(post.world, "tax_rates", TaxType="OUTPUT2", TaxComponents=components)
    post.engine.references.refresh(ACCOUNT)
    (mail,) = post.send()
    assert mail["Subject"] == "A tax rate needs you: another percentage in Xero for GST 15%"
    told = "GST 15% is 15% here but 17.5% in Xero, where it is 15% GST on Income (OUTPUT2)."
    assert told in " ".join(text_of(mail).split())


@pytest.mark.parametrize(
    ("lose", "words"),
    [
        ("consent", "Xero no longer accepts our permission"),
        ("connection", "somebody removed it inside Xero"),
    ],
)
def test_being_shut_out_is_told_with_its_reason(post: Post, lose: str, words: str) -> None:
    engine = post.engine
    if lose == "consent":
        grant_id = engine.set_up.connection(ACCOUNT).grant_id
        assert grant_id is not None
        engine.oauth.revoke(engine.grants.read(grant_id).tokens.refresh_token)
        post.world.control.post("/expire_tokens").raise_for_status()
    else:
        post.world.control.delete(f"/organisations/{organisation_id()}/connection").raise_for_status()
    post.sync(example_invoices(3))
    assert post.subjects() == [f"Xero is disconnected: {words}; 3 invoices wait"]


def test_a_cancellation_xero_refuses_asks_for_a_look(post: Post) -> None:
    post.sync(example_invoices(1))
    pay_by_hand(post.world, "T-0", "100.00")
    post.engine.void_invoice(ACCOUNT, "inv-0", BACKEND)
    post.world.work()
    (mail,) = post.send()
    assert mail["Subject"] == "1 invoice in Xero needs a look: cancelled here, not in Xero"
    assert "mark the review as done" in text_of(mail)
