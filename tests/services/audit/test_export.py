"""An export holds the whole history and nothing sealed; replayed into an empty database it gives the same states."""

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.event_store.store import EventStore
from domain.alert_entries import SUPPORT
from domain.refusals import InvalidInput, NotPossible
from services.audit.cells import cell
from services.audit.import_export import check, import_export
from services.audit.past import Past
from services.proof.verify import verify
from services.views.invoice_question import Question
from tests.leaks import Leaks
from tests.projections.databases import engine_on, every_row
from tests.services.audit.life import Life
from tests.services.engines import alone
from tests.world import ACCOUNT, World, example_invoices

TEXT = Leaks({"description": "Website design, home and range pages"})


@pytest.fixture
def lived(world: World) -> World:
    """An account with some history."""
    life = Life(world, 11)
    for _ in range(20):
        life.go_on()
    world.queue(example_invoices(2, start=90))
    world.engine.projector.catch_up()
    return world


@pytest.fixture
def exported(lived: World, tmp_path: Path) -> Path:
    """Its export."""
    lived.engine.export(ACCOUNT, tmp_path / "history.ndjson")
    return tmp_path / "history.ndjson"


def test_replayed_into_an_empty_database_it_gives_the_same_states(
    lived: World, exported: Path, new_database: Callable[..., str]
) -> None:
    head, end = check(exported)
    assert (head.account_id, end.last, end.events) == (ACCOUNT, lived.engine.store.head(), lived.engine.store.head())
    assert TEXT.found_in(exported.read_bytes()) == []
    assert b'"sealed":{"text":"[sealed]"}' in exported.read_bytes()
    url, told = new_database(), list[int]()
    import_export(exported, url, told.append)
    store = EventStore(url)
    try:
        with engine_on(url) as read:
            assert verify(read).clean
            assert every_row(read) == every_row(lived.engine.read)
            here, there = lived.engine.past, Past(store, read, lived.engine.answer_words)
            middle = str(end.last // 2)
            assert there.account(ACCOUNT, middle) == here.account(ACCOUNT, middle)
            assert there.connection(ACCOUNT) == here.connection(ACCOUNT)
            assert there.invoice(ACCOUNT, "inv-90") == here.invoice(ACCOUNT, "inv-90")
        # The log goes on where it ended, should anybody append to it.
        with store.cursor() as cursor:
            row = cursor.execute("SELECT nextval('es.notification_id_seq') AS next").fetchone()
        assert row == {"next": end.last + 1}
    finally:
        store.close()
    with pytest.raises(NotPossible, match="the database is not empty"):
        import_export(exported, url)
    assert told[0] == 0


def test_a_copy_is_verified_like_any_log_but_for_what_a_copy_never_has(
    lived: World, exported: Path, new_database: Callable[..., str]
) -> None:
    assert not verify(lived.engine.read).copy
    url = new_database()
    import_export(exported, url)
    with engine_on(url) as read:
        assert verify(read).clean
        with read.begin() as connection:
            connection.exec_driver_sql("UPDATE app.invoice_status SET number = 'X' WHERE kyrios_invoice_id = 'inv-90'")
        assert [finding.table for finding in verify(read).findings] == ["invoice_status"]
        with read.begin() as connection:
            connection.exec_driver_sql("DELETE FROM app.log_copy")
        assert "outbox" in {finding.table for finding in verify(read).findings}, "no log is a copy unless it says so"


def test_a_database_with_anything_else_in_it_is_refused(exported: Path, new_database: Callable[..., str]) -> None:
    url = new_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE somebody_s (id int)")
    with pytest.raises(NotPossible, match="the database is not empty"):
        import_export(exported, url)


def test_a_file_that_was_changed_is_refused_and_the_line_is_named(
    exported: Path, new_database: Callable[..., str]
) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    other = lines[4].replace(b'"recorded_at":"2026', b'"recorded_at":"2025')
    assert other != lines[4]
    versioned = next(n for n, line in enumerate(lines) if b'"version":2,"body"' in line)
    broken = {
        "digest": [*lines[:4], other, *lines[5:]],
        "lacks its version": [*lines[:versioned], *lines[versioned + 1 :]],
        "comes after": [*lines[:5], lines[4], *lines[5:]],
        "ends early": lines[:-1],
        "may follow the last line": [*lines, lines[-1]],
        "begins with one line": lines[1:],
        "is no line of an export": [*lines[:3], b"{not json\n", *lines[3:]],
        "can be read": [lines[0].replace(b'"version":1', b'"version":2'), *lines[1:]],
    }
    for says, content in broken.items():
        exported.write_bytes(b"".join(content))
        with pytest.raises(InvalidInput, match=says):
            import_export(exported, new_database())


def test_a_choice_is_exported_and_not_taken_for_a_history(
    lived: World, tmp_path: Path, new_database: Callable[..., str]
) -> None:
    file = tmp_path / "some.ndjson"
    done = lived.engine.export(ACCOUNT, file, events=("InvoiceQueued",), invoices=("inv-90", "inv-91"))
    assert done.events == 2
    assert {json.loads(line).get("topic") for line in file.read_text().splitlines()[1:-1]} == {"InvoiceQueued.1"}
    with pytest.raises(InvalidInput, match="only a whole history can be replayed"):
        import_export(file, new_database())
    half = lived.engine.store.head() // 2
    early = lived.engine.export(ACCOUNT, tmp_path / "early.ndjson", until=str(half))
    late = lived.engine.export(ACCOUNT, tmp_path / "late.ndjson", since=str(half))
    assert (early.last, late.first) == (half, half + 1)
    for wrong, says in ((("Invented",), "there is no event Invented"), (("InactivityWarned",), "no such event")):
        with pytest.raises((InvalidInput, NotPossible), match=says):
            lived.engine.export(ACCOUNT, tmp_path / "none.ndjson", events=wrong)
    assert sorted(one.name for one in tmp_path.glob("*none*")) == []


def test_csv_has_a_row_per_event_and_its_digest_is_that_of_the_file(lived: World, tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    done = lived.engine.export(ACCOUNT, file, "csv")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == done.sha256
    with file.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == done.events
    queued = next(row for row in rows if row["event"] == "InvoiceQueued")
    assert (queued["total"], queued["currency"], queued["actor"]) == ("414.00", "NZD", "backend")


@given(st.text(alphabet=st.sampled_from("=+-@＝＋\t\r\n\0 \u200b'a1.\ufeff"), max_size=6))
def test_no_cell_is_taken_for_a_formula_and_none_loses_its_text(text: str) -> None:
    made = cell(text)
    assert made in (text, f"'{text}")
    seen = made.lstrip("\u200b\ufeff \0\u2060")
    assert not seen.startswith(("=", "+", "@", "＝", "＋", "\t", "\r", "\n", "\0"))
    assert not seen.startswith("-") or made.lstrip("-").replace(".", "").isdigit()


def test_amounts_stay_numbers() -> None:
    assert [cell(value) for value in ("-12.50", "1200.00", "-1+2", "=1", "+64 9 555", "@SUM", None)] == [
        "-12.50",
        "1200.00",
        "'-1+2",
        "'=1",
        "'+64 9 555",
        "'@SUM",
        "",
    ]


def test_what_was_on_its_way_when_it_was_copied_is_said_to_go_no_further_here(
    world: World, tmp_path: Path, new_database: Callable[..., str]
) -> None:
    world.fault("http_500_after", method="PUT", path="/Invoices")
    world.queue(example_invoices(1))
    world.engine.look_at(world.lane)
    world.queue(example_invoices(1, start=1))
    world.engine.projector.catch_up()
    world.engine.export(ACCOUNT, tmp_path / "history.ndjson")
    url = new_database()
    import_export(tmp_path / "history.ndjson", url)
    with alone(url, tmp_path) as copy:
        said = Question(copy.engine).explain_all(ACCOUNT, ["inv-0", "inv-1"])
    assert (
        said["inv-0"].sentence == "When this history was copied, it was not known yet whether it had arrived in Xero."
    )
    assert said["inv-1"].sentence == "It was on its way to Xero when this history was copied."
    assert {one.next_step for one in said.values()} == {
        "Nothing is sent from a copy; the original tells how it went on."
    }


def test_a_copy_with_a_matter_of_support_s_is_clean_without_its_mail_and_with_one_it_is_not(
    world: World, tmp_path: Path, new_database: Callable[..., str]
) -> None:
    world.refuse({"T-0": "No purple."})
    world.queue(example_invoices(1))
    world.work()
    world.engine.projector.catch_up()
    world.engine.export(ACCOUNT, tmp_path / "history.ndjson")
    url = new_database()
    import_export(tmp_path / "history.ndjson", url)
    with engine_on(url) as read:
        assert verify(read).findings == ()
        with read.begin() as connection:
            connection.exec_driver_sql("DELETE FROM app.log_copy")
        (lacking,) = [finding.key for finding in verify(read).findings if finding.table == "mail"]
        assert lacking.endswith(f"/{SUPPORT}"), "no log is a copy unless it says so"
        with read.begin() as connection:
            connection.exec_driver_sql("INSERT INTO app.log_copy (account_id, last_position) VALUES ('any', 1)")
            connection.exec_driver_sql(
                "INSERT INTO app.mail (effect_key, kind, cause_code, connection_id, account_id, stream_id, seq, "
                "recipient_id, state) VALUES (%s, 'invoices', 'any', %s, 'any', %s, 1, %s, 'PENDING')",
                (lacking, SUPPORT, SUPPORT, SUPPORT),
            )
        assert [(finding.table, finding.key) for finding in verify(read).findings] == [("mail", lacking)]
