"""The simulator as a process: it starts with one line, dies at any moment, and goes on where it was."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from adapters.simulator.__main__ import main
from adapters.simulator.options import SimulatorOptions
from adapters.simulator.server import Simulator
from tests.adapters.simulator.visitor import Visitor, an_invoice, read

ROOT = Path(__file__).parents[3]


@contextmanager
def process(ledger: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], Visitor]]:
    """A simulator of its own, and a visitor."""
    command = [sys.executable, "-m", "adapters.simulator", "--ledger", str(ledger), *more]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            words = child.stdout.readline().split()
            assert words[:2] == ["simulator", "ready"]
            visitor = Visitor(words[2].removeprefix("api="), words[3].removeprefix("control="))
            yield child, visitor
            visitor.close()
        finally:
            child.kill()


def test_what_was_committed_survives_kill_9_although_nothing_was_answered(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite"
    with process(ledger) as (child, xero):
        xero.steer("POST", "/clock", {"now": "2027-05-01T00:00:00Z"})
        xero.connect()
        token = xero.api.headers["Authorization"].removeprefix("Bearer ")
        first = xero.put(an_invoice("K-1"), key="k-1")
        held = xero.fault("hold", method="PUT")
        xero.api.timeout = httpx.Timeout(60, read=0.3)
        with pytest.raises(httpx.ReadTimeout):
            xero.put(an_invoice("K-2"), key="k-2")
        assert xero.fired(held)
        os.kill(child.pid, signal.SIGKILL)
        child.wait(60)
    with process(ledger) as (_, xero):
        xero.speak(token)
        assert xero.numbers() == ["K-1", "K-2"]
        assert xero.put(an_invoice("K-1"), key="k-1").content == first.content
        assert xero.put(an_invoice("K-2"), key="k-2").status_code == 200
        assert xero.numbers() == ["K-1", "K-2"]
        assert xero.steer("GET", "/clock")["now"].startswith("2027-05-01")
        assert int(xero.get("Currencies").headers["X-DayLimit-Remaining"]) <= 5000 - 4


def test_payments_contacts_and_changes_survive_kill_9_as_well(tmp_path: Path) -> None:
    ledger, payment = tmp_path / "ledger.sqlite", {"Invoice": {"InvoiceNumber": "K-1"}, "Account": {"Code": "835"}}
    with process(ledger) as (child, xero):
        xero.connect()
        xero.put(an_invoice("K-1"))
        xero.saved("PUT", "Contacts", {"Name": "Matariki Gardens", "ContactNumber": "kyrios-1"})
        xero.saved("POST", "Invoices", {"InvoiceNumber": "K-1", "Reference": "Changed"})
        held = xero.fault("answer_lost", method="PUT", path="/Payments")
        with pytest.raises(httpx.RemoteProtocolError):
            xero.write("PUT", "Payments", payment | {"Amount": 115})
        assert xero.fired(held)
        os.kill(child.pid, signal.SIGKILL)
        child.wait(60)
    with process(ledger) as (_, xero):
        (invoice,) = xero.steer("GET", "/ledger/invoices")["invoices"]
        assert (invoice["Status"], invoice["Reference"]) == ("PAID", "Changed")
        assert [str(held["Amount"]) for held in xero.steer("GET", "/ledger/payments")["payments"]] == ["115.00"]
        made = [held for held in xero.steer("GET", "/ledger/contacts")["contacts"] if held["origin"] == "api"]
        assert [held["ContactNumber"] for held in made] == ["kyrios-1"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with process(tmp_path / "ledger.sqlite", "--no-rate-limits") as (child, xero):
        assert xero.steer("GET", "/options")["rate_limits"] is False
        child.send_signal(number)
        assert child.wait(60) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--seed", "nowhere.json"], "cannot be read"),
        (["--redirect-uri", "http://127.0.0.1/x"], "must be https or http://localhost"),
    ],
)
def test_it_says_in_one_sentence_why_it_cannot_start(
    tmp_path: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--ledger", str(tmp_path / "ledger.sqlite"), *arguments]) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


def test_a_file_that_is_no_ledger_is_left_alone(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("not a database, " * 100)
    with pytest.raises(ValueError, match="is not a simulator ledger"):
        Simulator(SimulatorOptions(notes)).start()
    assert notes.read_text().startswith("not a database")


def test_two_simulators_do_not_share_a_ledger(tmp_path: Path) -> None:
    options = SimulatorOptions(tmp_path / "ledger.sqlite")
    with Simulator(options), pytest.raises(ValueError, match="is in use by another simulator"):
        Simulator(options).start()


def test_a_port_that_is_taken_leaves_the_ledger_free(tmp_path: Path) -> None:
    with Simulator(SimulatorOptions(tmp_path / "one.sqlite")) as first:
        port = int(first.api_url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            Simulator(SimulatorOptions(tmp_path / "two.sqlite", port=port)).start()
        with Simulator(SimulatorOptions(tmp_path / "two.sqlite")) as second:
            assert second.api_url != first.api_url


def test_stopping_ends_kept_connections_and_held_answers(tmp_path: Path) -> None:
    simulator = Simulator(SimulatorOptions(tmp_path / "ledger.sqlite")).start()
    xero = Visitor(simulator.api_url, simulator.control_url)
    xero.connect()
    simulator.stop()
    simulator.stop()
    with pytest.raises(httpx.TransportError):
        xero.get("Organisation")
    with Simulator(SimulatorOptions(tmp_path / "ledger.sqlite")) as again:
        xero.close()
        xero = Visitor(again.api_url, again.control_url)
        xero.connect()
        assert read(xero.get("Organisation"))["Status"] == "OK"
        xero.close()
