"""Sixty quiet days: warnings, one disconnection, everything kept; and reconnecting goes on where it stopped."""

from collections import Counter
from datetime import timedelta
from typing import Final

import pytest

from adapters.vault.errors import GrantMissing
from domain.causes import Cause
from domain.connection import AccessRemoved
from domain.inactivity import DAY
from services.proof.verify import verify
from tests.services.inactivity.days import endings, jump, last_activity, live, look, move_to, warnings
from tests.world import ACCOUNT, OWNER, World, example_invoices

SECOND: Final = timedelta(seconds=1)


def mails(world: World) -> dict[str, int]:
    """How many mails were asked for, by what they are about."""
    with world.engine.store.cursor() as cursor:
        kinds = cursor.execute("SELECT kind FROM app.mail WHERE kind <> 'still_open'").fetchall()
    return dict(Counter(row["kind"] for row in kinds))


@pytest.mark.article("R15", "R16", "R17")
def test_sixty_quiet_days_warn_three_times_cut_once_and_a_reconnect_goes_on_in_order(quiet: World) -> None:
    engine, before = quiet.engine, quiet.engine.set_up.connection(ACCOUNT)
    assert before.grant_id is not None
    engine.alert_recipients.change(ACCOUNT, OWNER, add=["owner@harbour-vine.example"])
    version = engine.grants.read(before.grant_id).token_version
    since = last_activity(quiet)
    live(quiet, 59)
    assert (warnings(quiet), endings(quiet)) == ([14, 7, 1], [])
    assert engine.grants.read(before.grant_id).token_version >= version + 59 // 7, "Xero forgets tokens in 60 days"
    assert last_activity(quiet) == since, "neither tokens, nor the daily look, nor empty polls are activity"

    live(quiet)
    (cut,) = endings(quiet)
    assert cut.reason == "inactivity"
    assert cut.evidence["last_activity_at"] == since.isoformat()
    assert cut.occurred_at >= since + 60 * DAY
    assert engine.set_up.connection(ACCOUNT).held_by == (Cause("inactivity", facts={"days": "60"}),)
    quiet.queue(example_invoices(3))
    quiet.work()
    assert quiet.in_xero() == []
    (removed,) = [e for e in engine.store.events_of(quiet.lane) if isinstance(e, AccessRemoved)]
    assert removed.in_xero == "removed"
    with pytest.raises(GrantMissing):
        engine.grants.read(before.grant_id)
    live(quiet, 2)
    assert mails(quiet) == {"inactivity": 3, "disconnected": 1}
    assert (warnings(quiet), len(endings(quiet))) == ([14, 7, 1], 1), "what has ended is neither warned of nor cut"

    assert quiet.consent() == "resumed"
    after = engine.set_up.connection(ACCOUNT)
    assert after.gate_open
    assert (after.mappings, after.default_line, after.settings) == (
        before.mappings,
        before.default_line,
        before.settings,
    )
    quiet.work()
    assert [one["InvoiceNumber"] for one in quiet.in_xero()] == ["T-0", "T-1", "T-2"]
    engine.set_up.change_setting(ACCOUNT, "inactivity.days", "14", OWNER)
    live(quiet, 13)
    assert (warnings(quiet), len(endings(quiet))) == ([14, 7, 1, 7, 1], 1), "the clock was begun anew"
    live(quiet, 2)
    assert len(endings(quiet)) == 2
    assert verify(engine.read).clean


def test_to_the_second_sixty_days_after_the_last_activity(quiet: World) -> None:
    live(quiet, 59)
    due = last_activity(quiet) + 60 * DAY
    move_to(quiet, due - 5 * SECOND)
    look(quiet)
    assert quiet.engine.store.now() < due
    assert endings(quiet) == []
    jump(quiet, 5 * SECOND)
    look(quiet)
    assert len(endings(quiet)) == 1


@pytest.mark.article("R15")
def test_a_connection_in_use_is_never_warned(quiet: World) -> None:
    quiet.engine.set_up.change_setting(ACCOUNT, "inactivity.days", "14", OWNER)
    for number in range(4):
        quiet.queue(example_invoices(1, start=number))
        quiet.work()
        live(quiet, 5)
    assert (warnings(quiet), endings(quiet)) == ([], [])
