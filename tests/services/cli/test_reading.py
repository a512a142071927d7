"""The commands that show and prove, run as a person runs them, on a database of their own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from adapters.event_store.store import EventStore
from domain import invoice
from domain.causes import Cause
from domain.document import InvoiceDocument
from services.cli import app
from services.projector import Projector
from tests.examples import ACCOUNT, DOCUMENT, ORGANISATION, document, moment, open_connection, queued_invoice
from tests.tampering import UNGUARDED
from tests.world import settings_for

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    """Runs the program in this process, with the test's own settings; stdout and stderr apart."""
    settings = settings_for("http://127.0.0.1:9", database_url, tmp_path)
    environment = {
        "KYRIOS_XERO_DATABASE_URL": database_url,
        "KYRIOS_XERO_HOME": str(settings.home),
        "KYRIOS_XERO_SECRET_KEYS": "test-1:" + "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    }

    def run(*arguments: str, fails: int = 0) -> Result:
        result = CliRunner().invoke(app, arguments, env=environment)
        assert result.exit_code == fails, result.output + str(result.exception)
        return result

    return run


@pytest.fixture
def filled(store: EventStore, read: Engine) -> Callable[[], int]:
    """One queued and one blocked invoice of an open connection; returns a way to project what came since."""
    store.append(open_connection())
    queued, blocked = queued_invoice("inv-1"), queued_invoice("inv-2", issued=_numbered("INV-[/2]"))
    store.append([*queued, *blocked])
    state = invoice.evolve(None, blocked[0])
    store.append(invoice.block(state, [Cause("contact_missing", key="cus-001")], ORGANISATION, moment(seed="b")))
    projector = Projector(store, read)
    projector.catch_up()
    return projector.catch_up


def _numbered(number: str) -> InvoiceDocument:
    return document(number=number)


def _json(result: Result) -> Any:
    return json.loads(result.stdout)


def test_status_tells_where_the_account_stands_and_as_of_when(run: Run, filled: object, store: EventStore) -> None:
    out = run("status", ACCOUNT).stdout
    assert f"{ACCOUNT}: active, organisation {ORGANISATION}" in out
    assert "2 accepted = 0 in Xero + 1 waiting + 0 failed + 0 left out + 0 voided + 1 in flight" in out
    assert f"As of position {store.head()}." in out
    answer = _json(run("status", "--json"))
    (account,) = answer["accounts"]
    assert (answer["as_of"], answer["head"]) == (store.head(), store.head())
    assert account["gate_open"]
    assert account["invoices"]["accepted"] == 2
    assert {(one["status"], one["total"]) for one in account["sums"]} == {("queued", "566.66"), ("blocked", "566.66")}


def test_status_says_what_holds_a_connection_back_before_it_was_ever_made(
    run: Run, store: EventStore, read: Engine
) -> None:
    store.append(queued_invoice("inv-1"))
    Projector(store, read).catch_up()
    out = run("status").stdout
    assert f"{ACCOUNT}: not_connected" in out
    assert "Xero is not connected. Connect it in Settings. (owner must act)" in out
    assert "1 waiting" in out


def test_status_of_nothing_says_so(run: Run) -> None:
    assert "No account is known yet." in run("status").stdout


def test_status_names_how_far_the_projections_are_behind(run: Run, filled: object, store: EventStore) -> None:
    before = store.head()
    store.append(queued_invoice("inv-3"))
    assert f"As of position {before}; the log is at {store.head()}." in run("status").stdout


def test_a_list_shows_why_each_invoice_is_where_it_is(run: Run, filled: object) -> None:
    lines = run("invoices", "list", ACCOUNT).stdout.splitlines()
    assert next(line for line in lines if line.startswith("inv-2")).split() == [
        "inv-2",
        "INV-[/2]",
        "2026-10-01",
        "NZD",
        "566.66",
        "blocked",
        *f"Waiting for you: {MISSING} It leaves by itself once that is fixed.".split(),
        *f"Whom that may be in Xero: kyrios-xero contacts candidates {ACCOUNT} cus-001".split(),
    ]
    assert next(line for line in lines if line.startswith("inv-1")).split() == [
        "inv-1",
        DOCUMENT.number,
        "2026-10-01",
        "NZD",
        "566.66",
        "queued",
        *READY.split(),
    ]
    answer = _json(run("invoices", "list", ACCOUNT, "--status", "blocked", "--json"))
    (one,) = answer["invoices"]
    assert (one["says"], one["next_step"]) == (
        f"Waiting for you: {MISSING} It leaves by itself once that is fixed.",
        "It goes to Xero by itself once that is fixed.",
    )
    assert one["why"][0] == {"code": "contact_missing", "words": MISSING, "who": ["owner"]}


READY = "We have this invoice and it is ready. It goes to Xero now."
MISSING = "This customer is not in Xero. Add or link the contact."


def test_a_list_is_continued_by_its_cursor(run: Run, filled: object) -> None:
    first = _json(run("invoices", "list", ACCOUNT, "--limit", "1", "--json"))
    second = _json(run("invoices", "list", ACCOUNT, "--limit", "1", "--after", first["next_cursor"], "--json"))
    shown = [one["invoice"]["kyrios_invoice_id"] for page in (first, second) for one in page["invoices"]]
    assert (shown, second["next_cursor"]) == (["inv-2", "inv-1"], None)
    assert f"--after {first['next_cursor']}" in run("invoices", "list", ACCOUNT, "--limit", "1").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("invoices", "list", "nobody"), "there is no account nobody"),
        (("invoices", "list", ACCOUNT, "--status", "lost"), "there is no status 'lost'; there are: queued, blocked"),
        (("invoices", "list", ACCOUNT, "--cause", "tax"), "there is no cause 'tax'; there are: not_connected"),
        (("invoices", "list", ACCOUNT, "--cause", "rate_limited"), "written on no invoice"),
        (("invoices", "list", ACCOUNT, "--after", "x"), "a cursor is the text a page before ended with"),
        (("invoices", "list", ACCOUNT, "--limit", "0"), "from 1 to 1000"),
        (("invoices", "show", ACCOUNT, "inv-9"), f"account {ACCOUNT} has no invoice with the id or the number inv-9"),
        (("invoices", "show", "nobody", "inv-1"), "account nobody has no invoice"),
        (("status", "nobody"), "there is no account nobody"),
    ],
)
def test_what_is_not_known_is_one_sentence_and_exit_code_2(
    run: Run, filled: object, arguments: tuple[str, ...], says: str
) -> None:
    result = run(*arguments, fails=2)
    assert says.lower() in result.stderr.lower()
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_a_filter_that_fits_nothing_says_so(run: Run, filled: object) -> None:
    assert "No invoice fits." in run("invoices", "list", ACCOUNT, "--status", "synced").stdout


def test_one_invoice_tells_why_who_and_what_next_and_its_history(run: Run, filled: object) -> None:
    out = run("invoices", "show", ACCOUNT, "inv-2").stdout
    assert f"blocked: Waiting for you: {MISSING} It leaves by itself once that is fixed." in out
    assert "Who must act: owner" in out
    assert "Next: It goes to Xero by itself once that is fixed." in out
    assert f"InvoiceBlocked  Waits: {MISSING}" in out
    answer = _json(run("invoices", "show", ACCOUNT, "inv-2", "--json"))
    assert [step["event"] for step in answer["timeline"]] == ["InvoiceQueued", "InvoiceBlocked"]
    assert (answer["explanation"]["status"], answer["version"]) == ("blocked", 2)


def test_an_invoice_is_also_found_by_its_number(run: Run, filled: object) -> None:
    assert _json(run("invoices", "show", ACCOUNT, "INV-[/2]", "--json"))["kyrios_invoice_id"] == "inv-2"


def test_a_number_of_several_invoices_names_them(run: Run, filled: Callable[[], int], store: EventStore) -> None:
    store.append(queued_invoice("inv-3"))
    filled()
    assert "inv-1, inv-3" in run("invoices", "show", ACCOUNT, DOCUMENT.number, fails=2).stderr


def test_verify_ends_with_0_when_clean_and_with_1_when_not(run: Run, filled: object, read: Engine) -> None:
    # The example blocks without ending the entry, which the dispatcher does in the same transaction.
    with read.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE app.outbox SET state = 'WITHDRAWN', closed_at = app.now() WHERE stream_id IN"
            " (SELECT stream_id FROM app.invoice_status WHERE status = 'blocked')"
        )
    assert "clean: " in run("verify").stdout
    assert _json(run("verify", "--json"))["found"] == 0
    with read.begin() as connection:
        connection.exec_driver_sql("UPDATE app.counters SET invoices = 7 WHERE status = 'queued'")
    damaged = run("verify", fails=1)
    assert "counters" in damaged.stdout
    assert "Not clean: 2 found." in damaged.stdout
    assert _json(run("verify", "--json", fails=1))["found"] == 2


def test_rebuild_mends_and_says_what_it_did(run: Run, filled: object, read: Engine, store: EventStore) -> None:
    with read.begin() as connection:
        connection.exec_driver_sql("DELETE FROM app.invoice_status")
    out = run("rebuild").stdout
    assert f"{store.head()} events in" in out
    assert "invoice_status 2, blocked_by 1, connection_status 1, inactivity_clock 1, counters 2." in out
    assert len(_json(run("invoices", "list", ACCOUNT, "--json"))["invoices"]) == 2


def test_a_rebuild_over_a_bad_event_changes_nothing_and_says_so(run: Run, filled: object, store: EventStore) -> None:
    with store.cursor() as cursor:
        cursor.execute(UNGUARDED)
        cursor.execute("UPDATE es.sync_events SET topic = 'Forgotten.1' WHERE topic = 'TaxMapped.1'")
    assert "Nothing was changed: event" in run("rebuild", fails=2).stderr
