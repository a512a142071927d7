"""`connections settings` and `set`, `invoices backfill`: the question about older invoices, and its answer."""

import datetime as dt
import json
from io import StringIO

import msgspec
import pytest
from rich.console import Console

from adapters.event_store import outbox
from services.cli.older_invoices import show_preview, what_waits
from services.older_invoices import OlderPreview
from tests.scenarios.table import in_books
from tests.services.cli.conftest import Kyrios
from tests.world import ACCOUNT, OWNER, World, example_invoices, organisation_id


@pytest.fixture
def older(world: World) -> World:
    """Two invoices of September were queued; one of October is in Xero."""
    days = (dt.date(2026, 9, 10), dt.date(2026, 9, 20), dt.date(2026, 10, 10))
    issued = zip(example_invoices(3), days, strict=True)
    world.engine.set_up.change_setting(ACCOUNT, "sync_from", "2026-10-01", OWNER)
    world.queue(
        [
            msgspec.structs.replace(one, document=msgspec.structs.replace(one.document, date=day, due_date=day))
            for one, day in issued
        ]
    )
    world.work()
    return world


@pytest.mark.article("R26")
def test_choosing_the_start_asks_what_becomes_of_older_invoices(older: World, kyrios_in_world: Kyrios) -> None:
    out = kyrios_in_world("connections", "set", ACCOUNT, "sync_from", "2026-10-02").stdout
    assert "sync_from is 2026-10-02.\n2 older invoices wait from before 2026-10-02: send or leave out?" in out
    assert f"kyrios-xero invoices backfill {ACCOUNT} --preview" in out
    question = "2 older invoices wait from before 2026-10-02: send or leave out?"
    for command in (("choose", ACCOUNT, organisation_id()), ("settings", ACCOUNT), ("steps", ACCOUNT)):
        assert question in kyrios_in_world("connections", *command).stdout
    assert question in kyrios_in_world("taxes", "confirm", ACCOUNT).stdout


@pytest.mark.article("R26")
def test_an_earlier_start_that_would_send_invoices_asks_first(older: World, kyrios_in_world: Kyrios) -> None:
    head = older.engine.store.head()
    earlier = ("connections", "set", ACCOUNT, "sync_from", "2026-09-15")
    refused = kyrios_in_world(*earlier, stdin=b"n\n", code=2)
    assert "1 invoice dated 2026-09-20" in refused.stderr
    assert "Send 1 invoice?" in refused.stderr
    assert older.engine.store.head() == head
    assert kyrios_in_world("connections", "set", ACCOUNT, "sync_from", "2026-09-25").stdout.startswith("sync_from is")
    assert "sync_from is 2026-09-15." in kyrios_in_world(*earlier, "--yes").stdout


@pytest.mark.article("R26")
def test_backfill_shows_asks_and_sends(older: World, kyrios_in_world: Kyrios) -> None:
    head = older.engine.store.head()
    out = kyrios_in_world("invoices", "backfill", ACCOUNT, "--preview").stdout
    assert "2 invoices dated 2026-09-10 to 2026-09-20, from before 2026-10-01:" in out
    assert "Sending them takes 1 call to Xero; they are there at about " in out
    shown = json.loads(kyrios_in_world("invoices", "backfill", ACCOUNT, "--preview", "--json").stdout)
    assert (shown["invoices"], shown["calls"], shown["sums"][0]["currency"]) == (2, 1, "NZD")
    refused = kyrios_in_world("invoices", "backfill", ACCOUNT, stdin=b"n\n", code=2)
    assert "Send 2 invoices?" in refused.stderr
    assert older.engine.store.head() == head
    out = kyrios_in_world("invoices", "backfill", ACCOUNT, "--to", "2026-09-10", "--yes").stdout
    assert out.startswith("1 invoice released. ")
    older.work()
    assert len(older.in_xero()) == 2
    shown = kyrios_in_world("invoices", "show", ACCOUNT, "inv-0").stdout
    assert "Released by its date, though it is from before the start of syncing." in shown
    out = kyrios_in_world("invoices", "backfill", ACCOUNT, "--leave-out", "--because", "By hand", "--yes").stdout
    assert out == "1 invoice left out.\n"
    assert "No invoice from before 2026-10-01 waits." in kyrios_in_world("invoices", "backfill", ACCOUNT).stdout


def test_what_cannot_be_is_one_sentence(older: World, kyrios_in_world: Kyrios) -> None:
    head = older.engine.store.head()
    for arguments, says in (
        (("--from", "yesterday"), "--from: yesterday is no date such as 2026-04-01."),
        (("--from", "20260401"), "20260401 is no date"),
        (("--from", "2026-05-01", "--to", "2026-04-01"), "a range begins before it ends."),
        (("--leave-out", "--yes"), "Say why they are left out"),
        (("--leave-out", "--because", " ", "--yes"), "reason: a reason is 1 to 500"),
    ):
        assert says in kyrios_in_world("invoices", "backfill", ACCOUNT, *arguments, code=2).stderr
    assert "never connected" in kyrios_in_world("invoices", "backfill", "nobody", code=2).stderr
    assert older.engine.store.head() == head


def test_settings_are_listed_with_value_default_and_what_they_do(kyrios_in_world: Kyrios) -> None:
    kyrios_in_world("connections", "set", ACCOUNT, "contact.poll", "120 min")
    listed = {
        one["name"]: one for one in json.loads(kyrios_in_world("connections", "settings", ACCOUNT, "--json").stdout)
    }
    assert (listed["contact.poll"]["value"], listed["contact.poll"]["default"]) == ("2 h", "30 min")
    assert listed["sync_from"]["value"] == "2026-01-01"
    out = kyrios_in_world("connections", "settings", ACCOUNT).stdout
    assert out.splitlines()[0].split() == ["setting", "value", "default", "what", "it", "does"]
    assert "alerts.off" in out


@pytest.mark.article("R26")
def test_a_preview_says_how_many_would_wait_on_for_something_else(older: World, kyrios_in_world: Kyrios) -> None:
    in_books(older, "organisation", PeriodLockDate="2026-09-15")
    older.engine.references.refresh(ACCOUNT)
    (one,) = example_invoices(1, start=7)
    day = dt.date(2026, 9, 12)
    older.queue([msgspec.structs.replace(one, document=msgspec.structs.replace(one.document, date=day, due_date=day))])
    older.work()
    out = kyrios_in_world("invoices", "backfill", ACCOUNT, "--preview").stdout
    assert "3 invoices dated 2026-09-10 to 2026-09-20" in out
    assert "1 of them waits for something else, too, and goes once that is fixed." in " ".join(out.split())
    assert "Sending the others takes 1 call to Xero; they are there at about " in out
    of_that_day = ("invoices", "backfill", ACCOUNT, "--from", "2026-09-12", "--to", "2026-09-12")
    out = kyrios_in_world(*of_that_day, "--preview").stdout
    assert "It waits for something else, too: nothing is sent now, and it goes once that is fixed." in out
    assert "there at about" not in out
    shown = json.loads(kyrios_in_world(*of_that_day, "--preview", "--json").stdout)
    assert (shown["invoices"], shown["also_held"], shown["calls"], shown["finished_at"]) == (1, 1, 0, None)
    assert "Release 1 invoice?" in kyrios_in_world(*of_that_day, stdin=b"n\n", code=2).stderr
    assert "1 invoice released. It waits for something else, too" in kyrios_in_world(*of_that_day, "--yes").stdout


@pytest.mark.article("R26")
def test_a_later_start_counts_at_once_what_waits_for_something_else_so_far(
    older: World, kyrios_in_world: Kyrios
) -> None:
    in_books(older, "organisation", PeriodLockDate="2026-10-20")
    older.engine.references.refresh(ACCOUNT)
    later = zip(example_invoices(2, start=7), (dt.date(2026, 10, 12), dt.date(2026, 10, 14)), strict=True)
    older.queue(
        [
            msgspec.structs.replace(one, document=msgspec.structs.replace(one.document, date=day, due_date=day))
            for one, day in later
        ]
    )
    older.work()
    assert "3 older invoices wait" in kyrios_in_world("connections", "set", ACCOUNT, "sync_from", "2026-10-13").stdout
    assert [cause.code for cause in older.invoice("inv-7").causes] == ["period_locked"], "not judged anew yet"
    question = "4 older invoices wait from before 2026-10-15: send or leave out?"
    assert question in kyrios_in_world("connections", "set", ACCOUNT, "sync_from", "2026-10-15").stdout
    older.engine.projector.catch_up()
    older.engine.releaser.step(older.engine.projector.position())
    assert question in kyrios_in_world("connections", "settings", ACCOUNT).stdout


@pytest.mark.article("R26")
def test_a_later_start_that_would_hold_invoices_back_asks_first(world: World, kyrios_in_world: Kyrios) -> None:
    world.queue(example_invoices(3))
    head, later = world.engine.store.head(), ("connections", "set", ACCOUNT, "sync_from", "2199-01-01")
    refused = kyrios_in_world(*later, stdin=b"", code=2).stderr
    assert "With this 3 invoices more wait, as they are from before 2199-01-01.\n" in refused
    assert "Set sync_from to 2199-01-01 all the same?" in refused
    assert world.engine.store.head() == head
    out = kyrios_in_world(*later, stdin=b"y\n").stdout
    assert out.startswith("sync_from is 2199-01-01.\nWith this 3 invoices more wait, ")
    assert f"Set it back: kyrios-xero connections set {ACCOUNT} sync_from 2026-01-01" in out
    assert "3 older invoices wait" in out
    world.work()
    assert [world.invoice(f"inv-{number}").status for number in range(3)] == ["blocked"] * 3
    kyrios_in_world("connections", "set", ACCOUNT, "sync_from", "2026-01-01", "--yes")
    said = json.loads(kyrios_in_world(*later, "--yes", "--json").stdout)
    assert said["invoices_held_back"] == 3, "the earlier start had just let them go"


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (1, "With this 1 invoice more waits, as it is from before 2026-10-01."),
        (2, "With this 2 invoices more wait, as they are from before 2026-10-01."),
    ],
)
def test_what_a_later_start_holds_back_is_said_in_number(number: int, says: str) -> None:
    assert what_waits(number, dt.date(2026, 10, 1)) == says


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        (0, "Sending them takes 1 call to Xero: about"),
        (1, "Sending them takes 1 call to Xero, behind 1 entry that goes first: about"),
        (2, "Sending them takes 1 call to Xero, behind 2 entries that go first: about"),
    ],
)
def test_what_goes_first_is_said_in_number(ahead: int, says: str) -> None:
    day, file = dt.date(2026, 9, 10), StringIO()
    found = OlderPreview(
        sync_from=dt.date(2026, 10, 1),
        invoices=1,
        also_held=0,
        payments=0,
        sums=(),
        earliest=day,
        latest=day,
        ahead=ahead,
        calls=1,
        seconds=0.0,
        finished_at=None,
    )
    show_preview(found, Console(file=file, width=200))
    assert says in file.getvalue()


def test_the_removal_of_a_connection_goes_ahead_of_no_invoice(world: World) -> None:
    engine = world.engine
    engine.set_up.change_setting(ACCOUNT, "sync_from", "2199-01-01", OWNER)
    world.queue(example_invoices(1))
    world.work()
    engine.set_up.disconnect(ACCOUNT, OWNER)
    engine.projector.catch_up()
    with engine.store.cursor() as cursor:
        assert [row["kind"] for row in outbox.live_keys(cursor).values()] == ["remove_connection"]
    assert engine.older_invoices.preview(ACCOUNT).ahead == 0
