"""Wrong settings, no database, no Xero: one sentence that says what to do, exit code 78, and nothing begun."""

import json
import socket
from pathlib import Path

import pytest

from services.settings import VARIABLES
from tests.conftest import NewDatabase
from tests.services.cli.conftest import Kyrios, runner
from tests.services.cli.files import invoice_file
from tests.world import ACCOUNT, KEYS

CONFIGURATION = 78
EVERY_KIND = (("status",), ("verify",), ("worker",), ("ticker",), ("serve",), ("config", "show"), ("migrate",))


@pytest.fixture
def alone(tmp_path: Path) -> Kyrios:
    """The program with nothing but a home."""
    return runner({"KYRIOS_XERO_HOME": str(tmp_path / "home")})


def test_every_setting_is_shown_and_secrets_are_masked(alone: Kyrios) -> None:
    secrets = {
        "KYRIOS_XERO_DATABASE_URL": "postgresql://me:hidden@db/x",
        "KYRIOS_XERO_SECRET_KEYS": KEYS,
        "KYRIOS_XERO_CLIENT_ID": "our-app",
        "KYRIOS_XERO_CLIENT_SECRET": "hidden",
    }
    out = alone("config", "show", **secrets).stdout
    shown = json.loads(alone("config", "show", "--json", **secrets).stdout)
    assert [line.split()[0] for line in out.splitlines()[1:]] == [variable.full_name for variable in VARIABLES]
    assert shown["KYRIOS_XERO_DATABASE_URL"] == "postgresql://me:***@db/x"
    assert "hidden" not in out + json.dumps(shown)
    assert KEYS.partition(":")[2] not in out + json.dumps(shown)


def test_every_command_names_all_that_is_wrong_with_the_settings(alone: Kyrios) -> None:
    wrong = {"KYRIOS_XERO_QUIET": "soon", "KYRIOS_XERO_LEASE": "1", "KYRIOS_XERO_DATABASE": "x"}
    for command in EVERY_KIND:
        lines = alone(*command, code=CONFIGURATION, **wrong).stderr.splitlines()
        assert len(lines) == 3
        assert "KYRIOS_XERO_DATABASE is no setting; did you mean KYRIOS_XERO_DATABASE_URL?" in lines


def test_a_database_that_cannot_be_reached_is_one_sentence_without_the_password(alone: Kyrios, tmp_path: Path) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        database = f"postgresql://me:hidden@127.0.0.1:{unheard.getsockname()[1]}/x"
        settings = {
            "KYRIOS_XERO_DATABASE_URL": database,
            "KYRIOS_XERO_SECRET_KEYS": KEYS,
            "KYRIOS_XERO_CLIENT_ID": "our-app",
            "KYRIOS_XERO_CLIENT_SECRET": "hidden",
        }
        file = str(invoice_file(tmp_path / "a", 1))
        for command in (("invoices", "import", file), ("status",), ("worker",), ("ticker",), ("migrate",)):
            said = alone(*command, code=CONFIGURATION, **settings).stderr
            assert said.startswith("The database cannot be used: ")
            assert "Connection refused" in said
            assert said.endswith("Repeating the command is safe.\n")
            assert len(said.splitlines()) == 1
            assert "hidden" not in said


def test_a_database_without_our_schema_is_named_with_the_command_that_makes_it(
    alone: Kyrios, new_database: NewDatabase
) -> None:
    url = new_database()
    said = alone("status", code=CONFIGURATION, KYRIOS_XERO_DATABASE_URL=url).stderr
    assert said.startswith("The database is at schema none")
    assert said.endswith("run: kyrios-xero migrate.\n")
    made = json.loads(alone("migrate", "--json", KYRIOS_XERO_DATABASE_URL=url).stdout)
    assert made["before"] is None
    again = json.loads(alone("migrate", "--json", KYRIOS_XERO_DATABASE_URL=url).stdout)
    assert again == {"before": made["schema"], "schema": made["schema"]}
    for _ in range(2):
        assert alone("migrate", KYRIOS_XERO_DATABASE_URL=url).stdout == "The database is at the newest schema.\n"
    assert "No account is known yet." in alone("status", KYRIOS_XERO_DATABASE_URL=url).stdout


def test_migrate_without_a_database_says_that_nothing_is_to_be_done(alone: Kyrios) -> None:
    said = alone("migrate", code=CONFIGURATION).stderr
    assert said == "KYRIOS_XERO_DATABASE_URL is not set; the embedded database is migrated when it is used.\n"


def test_what_talks_to_xero_asks_for_a_client_id_before_it_begins(kyrios: Kyrios, alone: Kyrios) -> None:
    for command in (("worker",), ("serve",), ("connections", "connect", ACCOUNT), ("connections", "accounts", ACCOUNT)):
        said = kyrios(*command, code=CONFIGURATION).stderr
        assert said == "No Xero is set: set KYRIOS_XERO_CLIENT_ID and KYRIOS_XERO_CLIENT_SECRET.\n"
    assert "start kyrios-xero serve, or set" in alone("connections", "connect", ACCOUNT, code=CONFIGURATION).stderr


def test_workers_and_tickers_ask_for_the_keys_they_will_need(kyrios: Kyrios) -> None:
    client = {"KYRIOS_XERO_CLIENT_ID": "our-app", "KYRIOS_XERO_CLIENT_SECRET": "hidden"}
    for command in ("worker", "ticker"):
        said = kyrios(command, code=CONFIGURATION, KYRIOS_XERO_SECRET_KEYS="", **client).stderr
        assert said == "KYRIOS_XERO_SECRET_KEYS must be given together with KYRIOS_XERO_DATABASE_URL.\n"


def test_a_home_that_cannot_be_one_is_one_sentence(alone: Kyrios, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for command in ("demo", "serve", "status"):
        said = alone(command, code=None, KYRIOS_XERO_HOME=str(file / "home")).stderr
        assert str(file) in said
        assert "Not a directory" in said
        assert len(said.splitlines()) == 1


def test_a_simulator_that_cannot_start_says_why(alone: Kyrios, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("text")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        cases = {
            ("--port", port): f"port {port} or 0 is in use; choose others with --port and --control-port.",
            ("--ledger", str(tmp_path)): "unable to open database file",
            ("--ledger", str(tmp_path / "text")): "is not a simulator ledger",
            ("--seed", str(tmp_path / "none")): "cannot be read: No such file or directory",
            ("--seed", str(tmp_path / "text")): "is not JSON",
            ("--redirect-uri", "nowhere"): "must be https or http://localhost",
            ("--port", "99999"): "65535",
        }
        for number, (arguments, says) in enumerate(cases.items()):
            fresh = ("--ledger", str(tmp_path / f"books-{number}"), "--port", "0", "--control-port", "0")
            assert says in alone("simulator", *fresh, *arguments, code=2).stderr
