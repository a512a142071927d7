"""An auditor looks at the copy of a history with nothing but its database: reads go on, changes are refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from domain.alerts import sent
from domain.event import ENGINE
from services.actions.choice import Named
from services.actions.leaving_out import LeaveOut
from services.audit.import_export import import_export
from services.proof.verify import verify
from tests.examples import identity
from tests.projections.databases import engine_on, every_row
from tests.services.cli.conftest import Kyrios, runner
from tests.world import ACCOUNT, OWNER, World, declared_taxes, example_invoices

REFUSED = (
    "This database is the copy of a history, made to be looked at: nothing is changed here and nothing sent. "
    "Do it where the original is.\n"
)


@pytest.fixture
def copy_url(world: World, new_database: Callable[..., str], tmp_path: Path) -> str:
    """Where the copy of a history lies: one invoice left out, one refused, one in Xero."""
    world.refuse({"T-1": "No purple."})
    world.queue(example_invoices(1))
    world.engine.actions(ACCOUNT, Named(("inv-0",)), LeaveOut("Entered by hand"), OWNER)
    world.queue(example_invoices(2, start=1))
    world.work()
    said, to = (
        {"kind": "invoices", "cause_code": "rejected_by_xero", "message_id": "<1@kyrios.example>"},
        identity("me"),
    )
    world.engine.store.append(sent(None, ACCOUNT, **said, to=to, at=world.engine.handling.moment(ENGINE)))
    world.engine.projector.catch_up()
    world.engine.export(ACCOUNT, tmp_path / "history.ndjson")
    url = new_database()
    import_export(tmp_path / "history.ndjson", url)
    return url


@pytest.fixture
def auditor(copy_url: str, tmp_path: Path) -> Kyrios:
    """The program as an auditor has it: with the address of the copy, and neither keys nor a client of Xero."""
    return runner({"KYRIOS_XERO_DATABASE_URL": copy_url, "KYRIOS_XERO_HOME": str(tmp_path / "home")})


def test_a_copy_is_read_without_keys_and_sealed_text_is_shown_as_such(auditor: Kyrios) -> None:
    listed = auditor("invoices", "list", ACCOUNT).stdout
    assert "Left out by the owner on " in listed
    assert listed.count(": [sealed].") == 1
    assert 'Xero refused it with: "[sealed]"' in listed
    assert "[erased]" not in listed
    shown = auditor("invoices", "show", ACCOUNT, "inv-0").stdout
    assert "Left out by a person: [sealed]." in shown
    assert "[erased]" not in shown
    for command in (
        ("invoices", "show", ACCOUNT, "T-2"),
        ("taxes", "list", ACCOUNT),
        ("connections", "steps", ACCOUNT),
        ("connections", "show", ACCOUNT),
        ("connections", "settings", ACCOUNT),
        ("alerts", "list", ACCOUNT),
        ("audit", "deliveries", ACCOUNT),
        ("replay", ACCOUNT),
        ("contacts", "feed", ACCOUNT),
        ("alerts", "recipients", ACCOUNT),
        ("connections", "removals"),
        ("status",),
        ("verify",),
        ("keys", "show"),
    ):
        assert auditor(*command).stdout, command


def test_a_copy_does_not_ask_for_addresses_it_can_not_know(auditor: Kyrios) -> None:
    for command in (("status",), ("connections", "steps", ACCOUNT), ("alerts", "recipients", ACCOUNT)):
        said = auditor(*command).stdout
        assert "Nobody gets" not in said
        assert "--add" not in said
    listed = auditor("alerts", "list", ACCOUNT).stdout
    assert "not known in a copy" in listed
    assert "no longer told" not in listed
    assert (
        "A copy of a history knows no addresses, and tells nobody." in auditor("alerts", "recipients", ACCOUNT).stdout
    )


def test_a_copy_refuses_every_change_with_the_same_sentence(auditor: Kyrios, copy_url: str) -> None:
    tax_set = declared_taxes()[0][0].tax_set.key
    with engine_on(copy_url) as read:
        before = every_row(read)
        for command in (
            ("invoices", "restore", ACCOUNT, "inv-0", "--reason", "Sorry"),
            ("invoices", "restore", ACCOUNT, "inv-0", "--reason", "Sorry", "--dry-run"),
            ("invoices", "retry", ACCOUNT, "inv-1"),
            ("invoices", "dismiss", ACCOUNT, "inv-1", "--reason", "Sorry"),
            ("invoices", "void", ACCOUNT, "inv-2", "--yes"),
            ("connections", "set", ACCOUNT, "rounding", "line_tax"),
            ("connections", "disconnect", ACCOUNT, "--yes"),
            ("connections", "connect", ACCOUNT),
            ("taxes", "map", ACCOUNT, f"{tax_set}=OUTPUT2"),
            ("taxes", "unmap", ACCOUNT, tax_set, "--yes"),
            ("alerts", "recipients", ACCOUNT, "--add", "someone@harbour-vine.example"),
            ("books", ACCOUNT),
            ("keys", "rotate"),
            ("connections", "choose", ACCOUNT, "x"),
            ("connections", "refresh", ACCOUNT),
            ("connections", "organisations", ACCOUNT),
            ("contacts", "unlink", ACCOUNT, "cus-1"),
            ("contacts", "read", ACCOUNT),
            ("contacts", "erase", ACCOUNT, "cus-001", "--reason", "asked_by_subject", "--yes"),
            ("worker",),
            ("api",),
            ("serve",),
        ):
            assert auditor(*command, code=2).stderr == REFUSED, command
        assert every_row(read) == before
        assert verify(read).clean
        with read.connect() as connection:
            for table in ("account_key", "answer_text", "recipient", "outbox", "mail", "oauth_state"):
                assert connection.exec_driver_sql(f"SELECT count(*) FROM app.{table}").scalar() == 0, table
