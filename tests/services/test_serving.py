"""`serve`: an engine, its database and a simulated Xero in one command; it may end in any way and start again."""

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from services.local_xero import FILE_NAME
from tests.ports import own_port
from tests.services.cli.files import invoice_file
from tests.services.cli.program import Running, open_home, processes_of, running
from tests.waiting import until, until_ended

FREE_PORTS = ("--port", "0", "--control-port", "0")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One home for all tests here, as a person has one."""
    with open_home() as home:
        yield home


@contextmanager
def serving(home: Path) -> Iterator[Running]:
    """A running `serve`."""
    address = f"http://localhost:{own_port()}"
    with running("serve", *FREE_PORTS, KYRIOS_XERO_HOME=str(home), KYRIOS_XERO_PUBLIC_URL=address) as serve:
        assert serve.says("Browsers come back from Xero to").split()[-1] == f"{address}."
        serve.says("Running. Press Ctrl-C to stop.")
        yield serve


def command(home: Path, *arguments: str, code: int = 0) -> str:
    """What another command on this home says."""
    with running(*arguments, KYRIOS_XERO_HOME=str(home)) as asked:
        assert asked.ends() == code, asked.everything()
        return asked.everything()


def numbers_in_xero(serve: Running) -> list[str]:
    """The numbers of the test's invoices that the simulated Xero holds."""
    control = serve.says("its control surface at").split("control surface at ")[1].strip().rstrip(".")
    held = httpx.get(f"{control}/ledger/invoices", timeout=10).json()["invoices"]
    return sorted(one["InvoiceNumber"] for one in held if one["InvoiceNumber"].startswith("T-"))


def test_serve_sets_an_account_up_and_carries_what_is_imported_and_ends_in_order(home: Path, tmp_path: Path) -> None:
    with serving(home) as serve:
        assert "Account harbour-vine is connected to it." in serve.everything()
        assert "10 accepted" in command(home, "invoices", "import", str(invoice_file(tmp_path / "a", 10)))
        until(lambda: len(numbers_in_xero(serve)) == 10)
        busy = command(home, "serve", *FREE_PORTS, code=1)
        assert busy == "Another serve is running on this home; stop it, or set KYRIOS_XERO_HOME.\n"
        serve.tell(signal.SIGTERM)
        assert serve.ends() == 0
        assert serve.everything().endswith("Stopping ...\n")
    assert processes_of(home) == {}
    assert not (home / FILE_NAME).exists()


def test_a_second_start_goes_on_with_the_same_data_after_ctrl_c_and_after_a_kill(home: Path, tmp_path: Path) -> None:
    with serving(home) as serve:
        before = numbers_in_xero(serve)
        serve.tell(signal.SIGKILL)
        serve.ends()
    # Its simulated Xero ends by itself; the database serves on until the next command takes it over.
    until_ended(pid for pid, line in processes_of(home).items() if "simulator" in line)
    assert (home / FILE_NAME).exists()
    with serving(home) as serve:
        assert numbers_in_xero(serve) == before
        command(home, "invoices", "import", str(invoice_file(tmp_path / "b", 5, start=100)))
        until(lambda: len(numbers_in_xero(serve)) == len(before) + 5)
        serve.tell(signal.SIGINT)
        assert serve.ends() == 0
    assert processes_of(home) == {}
    (account,) = json.loads(command(home, "status", "--json"))["accounts"]
    assert account["invoices"]["accepted"] == len(before) + 5
    assert processes_of(home) == {}


def test_an_account_that_somebody_disconnected_stays_so_at_the_next_start(home: Path) -> None:
    with serving(home):
        command(home, "connections", "disconnect", "harbour-vine", "--yes")
    with serving(home) as serve:
        assert "Account harbour-vine sends nothing to it now." in serve.everything()
        (account,) = json.loads(command(home, "status", "--json"))["accounts"]
        assert account["status"] == "disconnected"


def test_a_port_that_is_in_use_is_one_sentence_and_leaves_nothing() -> None:
    with open_home() as other, socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = command(other, "serve", "--port", port, "--control-port", "0", code=1)
        assert said.startswith(f"The simulator cannot start: port {port} or 0 is in use; choose others")
        assert processes_of(other) == {}
