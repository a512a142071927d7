"""Nothing that is open stays untold: not to whoever is added, not of a kind switched on again, not for one who left."""

from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.server import Simulator
from domain.refusals import InvalidInput
from domain.streams import invoice_stream
from services.proof.verify import verify
from tests.mail_server import DROP, MailSink
from tests.services.mailing.post import TO, Post
from tests.services.test_references import SALES, in_xero
from tests.world import ACCOUNT, BACKEND, OWNER, declared_taxes, example_invoices, world_on

NEW = "books@harbour-vine.example"
UNLINKED = "1 invoice waits: the customer is not in Xero"
REFUSED = "1 invoice waits: refused by Xero"
DISCONNECTED = "Xero is disconnected: as you asked for"


def change(post: Post, *, add: str = "", remove: str = "") -> None:
    """Change whom the account tells."""
    post.engine.alert_recipients.change(ACCOUNT, OWNER, [add] if add else [], [remove] if remove else [])


def told(post: Post, after: float = 31.0) -> list[tuple[str, str]]:
    """Who is told what so many seconds later."""
    return sorted((str(mail["To"]), str(mail["Subject"])) for mail in post.send(after))


def clean(post: Post) -> bool:
    """Whether the mails are as the log says."""
    post.engine.projector.catch_up()
    return verify(post.engine.read).clean


@pytest.mark.article("R18")
def test_who_is_added_is_told_once_of_each_matter_that_is_open_and_of_none_that_is_over(post: Post) -> None:
    change(post, remove=TO)
    post.unlinked(1)
    post.refused(2, start=1)
    post.engine.dismiss_invoices(ACCOUNT, [invoice_stream(ACCOUNT, "inv-2")], "not ours", OWNER)
    one, tax_type = declared_taxes()[0]
    post.engine.set_up.unmap_tax(ACCOUNT, one.tax_set, BACKEND)
    in_xero(post.world, "accounts", AccountID=SALES, Status="ARCHIVED")
    post.engine.references.refresh(ACCOUNT)
    in_xero(post.world, "accounts", AccountID=SALES, Status="ACTIVE")
    post.engine.references.refresh(ACCOUNT)
    assert told(post, after=10_000) == []
    change(post, add=NEW)
    assert clean(post)
    assert told(post) == [
        (NEW, REFUSED),
        (NEW, UNLINKED),
        (NEW, f"A tax rate needs you: no Xero rate for {one.name}"),
    ]
    assert clean(post)
    # A third one, who was told all along, and a further change: nobody hears of it again.
    change(post, add="third@harbour-vine.example")
    assert {to for to, _ in told(post, after=4_000)} == {"third@harbour-vine.example"}
    post.engine.set_up.map_tax(ACCOUNT, one.tax_set, tax_type, OWNER)


def test_who_is_added_after_a_disconnection_is_told_of_it_while_it_lasts(post: Post) -> None:
    change(post, remove=TO)
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    assert told(post) == []
    change(post, add=NEW)
    assert told(post) == [(NEW, DISCONNECTED)]
    change(post, add="third@harbour-vine.example")
    post.world.consent()
    assert told(post) == [], "the third one hears nothing of what is over"
    assert clean(post)


def test_who_connects_first_is_not_told_of_a_set_up_that_is_under_way(
    xero: Simulator, database_url: str, tmp_path: Path, sink: MailSink
) -> None:
    more: dict[str, Any] = {"KYRIOS_XERO_SMTP_URL": sink.url, "KYRIOS_XERO_MAIL_FROM": "xero@kyrios.example"}
    with world_on(xero, database_url, tmp_path, **more) as world:
        world.connect()
        post = Post(world, sink)
        world.engine.set_up.change_setting(ACCOUNT, "tax.gate", "used_on_invoice", OWNER)
        world.set_up_rest()
        one, _ = declared_taxes()[0]
        world.engine.set_up.unmap_tax(ACCOUNT, one.tax_set, BACKEND)
        # The gate has opened within the half minute, and a tax set has no rate; it was so while they set it up.
        assert world.engine.set_up.connection(ACCOUNT).gate_open
        assert told(post) == []
        assert [row["cause"] for row in post.all_rows() if row["kind"] == "still_open"] == ["spread"]
        change(post, add=NEW)
        assert told(post) == [(NEW, f"A tax rate needs you: no Xero rate for {one.name}")]


def test_a_kind_that_is_switched_on_again_tells_what_is_still_open_of_it(post: Post) -> None:
    settings = post.engine.set_up
    settings.change_setting(ACCOUNT, "alerts.off", "invoices, set_up", OWNER)
    post.unlinked(1)
    one, _ = declared_taxes()[0]
    settings.unmap_tax(ACCOUNT, one.tax_set, BACKEND)
    assert told(post, after=4_000) == []
    settings.change_setting(ACCOUNT, "alerts.off", "set_up", OWNER)
    assert told(post) == [(TO, UNLINKED)]
    settings.change_setting(ACCOUNT, "alerts.off", "none", OWNER)
    assert told(post) == [(TO, f"A tax rate needs you: no Xero rate for {one.name}")]
    settings.change_setting(ACCOUNT, "alerts.off", "reviews", OWNER)
    assert told(post, after=8_000) == []
    assert clean(post)


def test_mails_to_one_who_leaves_go_to_who_stays_and_to_none_twice(post: Post) -> None:
    post.unlinked(1)
    post.sink.misbehave("greeting", DROP)
    assert told(post) == []
    change(post, add=NEW, remove=TO)
    assert clean(post)
    assert told(post, after=120) == [(NEW, UNLINKED)]
    assert told(post, after=8_000) == []
    assert {row["cause"] for row in post.rows() if row["state"] == "WITHDRAWN"} <= {"handed_on", "told"}
    assert clean(post)


def test_a_mail_that_nobody_would_get_otherwise_is_handed_on_even_if_it_is_over(post: Post) -> None:
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    post.world.consent()
    change(post, add=NEW, remove=TO)
    assert told(post) == [(NEW, "Xero was disconnected (as you asked for), and is connected again")]
    assert told(post, after=8_000) == []


def test_who_stays_and_was_told_is_not_told_by_the_mail_of_one_who_leaves(post: Post) -> None:
    change(post, add=NEW)
    post.unlinked(1)
    post.sink.misbehave("RCPT", "450 later")
    assert len(told(post)) == 1
    late = next(row["recipient_id"] for row in post.rows() if row["state"] == "PENDING")
    named = {one.recipient_id: one.address for one in post.engine.alert_recipients.listed(ACCOUNT)}
    change(post, remove=named[late])
    assert told(post, after=8_000) == []


def test_a_mail_that_is_just_going_out_to_one_who_leaves_reaches_who_stays_too(post: Post) -> None:
    post.unlinked(1)
    post.engine.projector.catch_up()
    post.world.later(31)
    ready = post.engine.mailer.claim()
    while ready == "settled":
        ready = post.engine.mailer.claim()
    assert ready != "none"
    change(post, add=NEW, remove=TO)
    assert clean(post)
    post.engine.mailer.send(ready)
    assert told(post) == [(NEW, UNLINKED)]
    assert [row["state"] for row in post.rows() if row["attempts"]] == ["DONE", "DONE"]


@pytest.mark.article("R16")
@pytest.mark.parametrize("days", [0, 40])
def test_who_is_added_again_is_who_they_were_and_hears_nothing_twice(post: Post, days: int) -> None:
    one, _ = declared_taxes()[0]
    post.unlinked(1)
    post.engine.set_up.unmap_tax(ACCOUNT, one.tax_set, BACKEND)
    assert len(told(post)) == 2
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    assert told(post) == [(TO, f"{DISCONNECTED}; 1 invoice waits")]
    before = post.engine.alert_recipients.listed(ACCOUNT)
    change(post, remove=TO)
    post.world.later(days * 86_400)
    post.engine.sweeper.sweep()
    change(post, add=TO.upper())
    assert [one.recipient_id for one in post.engine.alert_recipients.listed(ACCOUNT)] == [before[0].recipient_id]
    assert told(post, after=8_000) == []
    assert {sent.to for sent in post.engine.sent_alerts.of(ACCOUNT).sent} == {TO.upper()}
    assert clean(post) or days, "the log is as young as it is, but the mails that ended are deleted"


def test_who_is_added_again_hears_what_came_up_meanwhile_and_what_never_reached_them(post: Post) -> None:
    post.refused(1)
    assert told(post) == [(TO, REFUSED)]
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    change(post, remove=TO)
    assert told(post) == []
    post.world.consent()
    post.unlinked(1, start=1)
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    change(post, add=TO)
    assert told(post) == [(TO, UNLINKED), (TO, f"{DISCONNECTED}; 1 invoice waits")]
    assert told(post, after=8_000) == []
    assert clean(post)


def test_a_disconnection_that_was_not_yet_told_is_told_to_who_is_added_again(post: Post) -> None:
    post.engine.set_up.disconnect(ACCOUNT, OWNER)
    change(post, remove=TO)
    assert told(post) == []
    change(post, add=TO)
    assert told(post) == [(TO, DISCONNECTED)]
    assert clean(post)


def test_one_address_can_not_be_added_and_removed_at_once(post: Post) -> None:
    head = post.engine.store.head()
    with pytest.raises(InvalidInput, match=r"/add/0: this address is to be removed, too; name it once"):
        post.engine.alert_recipients.change(ACCOUNT, OWNER, [TO.upper()], [TO])
    assert post.engine.store.head() == head


def test_where_the_last_one_leaves_what_is_open_waits_for_who_comes(post: Post) -> None:
    post.unlinked(1)
    change(post, remove=TO)
    assert told(post) == []
    assert [row["cause"] for row in post.rows()] == ["no_recipient"]
    post.world.later(30 * 86_400)
    change(post, add=NEW)
    assert told(post) == [(NEW, UNLINKED)]
    post.sync(example_invoices(1, start=5))
    assert told(post, after=8_000) == []
