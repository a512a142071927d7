"""What a mail promises is what comes: nothing is said to go by itself that something else holds back."""

import datetime as dt
from pathlib import Path

import pytest

from adapters.simulator.server import Simulator
from domain.causes import Cause
from projections.invoices_by_cause import Concerned
from services.intake import IssuedInvoice
from services.mailing.what_follows import what_goes, what_then
from services.views.account_status import status_of
from tests.mail_server import MailSink
from tests.scenarios.table import document, explained
from tests.services.mailing.post import Post, html_of, strangers, text_of
from tests.world import ACCOUNT, BACKEND, OWNER, REAL_PARTS, declared_taxes, example_invoices, world_on

GOES = "It goes to Xero by itself once that is fixed."
GO = "They go to Xero by themselves once that is fixed."
CLOSED = Cause("tax_mapping_incomplete", key="gst@15", facts={"tax_set": "GST 15%"})


def test_a_disconnection_says_how_many_go_by_themselves_and_how_many_wait_for_something_else(post: Post) -> None:
    post.unlinked(2)
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    post.world.queue(example_invoices(3, 2))
    mail = next(one for one in post.send() if "disconnected" in one["Subject"])
    assert mail["Subject"] == "Xero is disconnected: as you asked for; 5 invoices wait"
    said = "3 invoices then go by themselves, in order; each of the other 2 is held back by something of its own, too"
    for text in (text_of(mail), html_of(mail)):
        assert said in " ".join(text.split())
    post.world.consent()
    post.world.work(20)
    states = [post.world.invoice(f"inv-{number}").status for number in range(5)]
    assert states == ["blocked", "blocked", "synced", "synced", "synced"]


def test_a_blocked_invoice_behind_a_closed_gate_is_not_said_to_go_by_itself(post: Post) -> None:
    one, _ = declared_taxes()[0]
    post.unlinked(1)
    post.engine.set_up.unmap_tax(ACCOUNT, one.tax_set, BACKEND)
    mails = {str(mail["Subject"]): text_of(mail) for mail in post.send()}
    assert (
        f"Nothing goes to Xero before this is fixed, too: no Xero rate for {one.name}."
        in mails["1 invoice waits: the customer is not in Xero"]
    )
    (about_the_tax,) = (text for subject, text in mails.items() if subject.startswith("A tax rate needs you"))
    assert "Each invoice that waits is held back by something of its own, too" in about_the_tax


def test_an_invoice_that_waits_for_two_things_is_not_said_to_go_once_one_is_fixed(post: Post) -> None:
    post.engine.set_up.change_setting(ACCOUNT, "contact.create", "off", OWNER)
    post.sync(
        [
            _in_euros(strangers("cus-unknown", example_invoices(1)[0])),
            strangers("cus-unknown", example_invoices(1, 1)[0]),
        ]
    )
    mails = {str(mail["Subject"]): text_of(mail) for mail in post.send()}
    customers = mails["2 invoices wait: the customer is not in Xero"]
    assert "1 of them waits for something else, too; the others go to Xero by themselves" in customers
    (currency,) = (text for subject, text in mails.items() if "EUR" in subject)
    assert "It waits for something else, too, which Kyrios shows beside it." in currency
    assert "by itself" not in currency


@pytest.mark.parametrize(
    ("code", "number", "others", "held", "says"),
    [
        ("contact_missing", 1, 0, (), GOES),
        ("contact_missing", 3, 0, (), GO),
        ("contact_missing", 1, 0, (CLOSED,), f"{GOES} Nothing goes to Xero before this is fixed, too: no Xero rate "
         "for GST 15%."),
        ("contact_missing", 3, 3, (), "Each of them waits for something else, too, which Kyrios shows beside it."),
        ("contact_missing", 9, 2, (), "2 of them wait for something else, too; the others go to Xero by themselves "
         "once that is fixed."),
        ("before_sync_start", 1, 0, (), "It goes once it is released, or stays out if left out."),
        ("before_sync_start", 2, 0, (CLOSED,), "They go once they are released, or stay out if "
         "left out. Nothing goes to Xero before this is fixed, too: no Xero rate for GST 15%."),
        ("before_sync_start", 1, 1, (), "It waits for something else, too, which Kyrios shows beside it."),
        ("before_sync_start", 3, 1, (), "1 of them waits for something else, too; the others go once "
         "they are released, or stay out if left out."),
        ("negative_total", 1, 0, (), "It goes once it is corrected, or stays out if left out."),
        ("negative_total", 2, 0, (), "They go once they are corrected, or stay out if left out."),
        ("rejected_by_xero", 2, 0, (), "Once that is fixed, press Retry."),
        ("invoice_invalid", 1, 0, (), "As soon as Kyrios sends it corrected, it goes by itself."),
        ("invoice_invalid", 2, 0, (), "As soon as Kyrios sends them corrected, they go by themselves."),
        ("invoice_invalid", 1, 0, (CLOSED,), "As soon as Kyrios sends it corrected, it goes by itself. Nothing goes to "
         "Xero before this is fixed, too: no Xero rate for GST 15%."),
    ],
)  # fmt: skip
def test_what_then_depends_on_what_else_is_in_the_way(
    code: str, number: int, others: int, held: tuple[Cause, ...], says: str
) -> None:
    assert what_then(code, Concerned(number, (), (Cause(code),), others), held) == says


@pytest.mark.parametrize(
    ("queued", "blocked", "says"),
    [
        (0, 0, "What waits then goes by itself, in order."),
        (7, 0, "What waits then goes by itself, in order."),
        (0, 1, "Each invoice that waits is held back by something of its own, too, which Kyrios shows beside it."),
        (1, 1, "1 invoice then goes by itself; the other one is held back by something of its own, too, which Kyrios "
         "shows beside it."),
    ],
)  # fmt: skip
def test_what_goes_once_the_gate_is_open_are_those_that_wait_for_nothing_else(
    queued: int, blocked: int, says: str
) -> None:
    assert what_goes(queued, blocked) == says


def test_an_older_invoice_whose_period_is_locked_is_not_said_to_go_once_it_is_released(post: Post) -> None:
    post.engine.set_up.change_setting(ACCOUNT, "sync_from", "2026-09-01", OWNER)
    post.sync([document(one, date=dt.date(2026, 8, 1)) for one in example_invoices(2)])
    mails = {str(mail["Subject"]): text_of(mail) for mail in post.send()}
    (early,) = (text for subject, text in mails.items() if "dated before" in subject)
    assert "Each of them waits for something else, too, which Kyrios shows beside it." in early
    assert "once they are released" not in early


@pytest.mark.article("R14")
def test_a_disconnection_says_what_reconnecting_will_not_mend(post: Post) -> None:
    one, tax_type = declared_taxes()[0]
    post.engine.set_up.unmap_tax(ACCOUNT, one.tax_set, OWNER)
    post.world.queue(example_invoices(2))
    post.send()
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    (mail,) = post.send()
    then = (
        f"reconnect the same organisation. Nothing goes to Xero before this is fixed, too: no Xero rate for {one.name}."
    )
    for text in (text_of(mail), html_of(mail)):
        assert f"{then} What waits then goes by itself, in order." in " ".join(text.split())
    for words in (explained(post.world).sentence, _status(post)):
        assert f"A Kyrios tax set has no Xero rate yet. Map {one.name}." in words
    post.world.consent()
    post.world.work()
    assert post.world.in_xero() == []
    post.engine.set_up.map_tax(ACCOUNT, one.tax_set, tax_type, OWNER)
    post.world.work()
    assert len(post.world.in_xero()) == 2


def test_a_disconnection_says_of_kept_choices_and_the_same_organisation_only_what_was_chosen(
    xero: Simulator, database_url: str, tmp_path: Path, sink: MailSink
) -> None:
    more = {"KYRIOS_XERO_SMTP_URL": sink.url, "KYRIOS_XERO_MAIL_FROM": "xero@kyrios.example"}
    with world_on(xero, database_url, tmp_path, REAL_PARTS, **more) as world:
        world.queue(example_invoices(2))
        world.consent()
        post = Post(world, sink)
        world.engine.set_up.disconnect(ACCOUNT, OWNER)
        (mail,) = post.send()
        for text in (text_of(mail), html_of(mail)):
            said = " ".join(text.split())
            assert "Set-up was not finished, so nothing was sent." in said
            assert (
                "connect Xero again. Then finish set-up. Still to do: choose the organisation, choose accounts" in said
            )
            assert "kept" not in said
            assert "same organisation" not in said
        assert "Still to do: choose the organisation" in _status(post)
        world.connect()
        world.engine.set_up.disconnect(ACCOUNT, OWNER)
        (half_done,) = post.send()
        said = " ".join(text_of(half_done).split())
        assert "what was done of the set-up is kept. To go on, reconnect the same organisation. Then finish" in said


@pytest.mark.parametrize("several", [True, False])
def test_several_invoices_are_spoken_of_as_several(post: Post, several: bool) -> None:
    post.engine.set_up.change_setting(ACCOUNT, "sync_from", "2026-10-20", OWNER)
    post.sync([document(one, date=dt.date(2026, 10, 10)) for one in example_invoices(2 if several else 1)])
    (mail,) = post.send()
    said = " ".join(text_of(mail).split())
    they = "They are dated before 2026-10-20. Release them by date range, or leave them out."
    it = "It is dated before 2026-10-20. Release it by date range, or leave it out."
    assert (they in said, it in said) == (several, not several)


def _status(post: Post) -> str:
    """What people read of the connection."""
    post.engine.projector.catch_up()
    (account,) = status_of(post.engine.store.head(), post.engine.read, ACCOUNT).accounts
    return account.words


def _in_euros(one: IssuedInvoice) -> IssuedInvoice:
    return document(one, currency="EUR")
