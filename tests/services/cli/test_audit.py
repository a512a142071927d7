"""`kyrios-xero audit`: exports and their replay, from the command line."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from tests.services.cli.conftest import Kyrios
from tests.world import ACCOUNT, World, example_invoices


def test_a_history_goes_out_and_is_replayed_elsewhere(
    world: World, kyrios_in_world: Kyrios, new_database: Callable[..., str], tmp_path: Path
) -> None:
    world.queue(example_invoices(2))
    world.work()
    world.engine.projector.catch_up()
    file, events = str(tmp_path / "history.ndjson"), world.engine.store.head()
    said = kyrios_in_world("audit", "export", ACCOUNT, "--to", file).stdout.splitlines()
    assert said[0] == f"{events} events of {ACCOUNT} in {file}, positions 1 to {events}."
    assert said[1].startswith("SHA-256 ")
    assert "is there already" in kyrios_in_world("audit", "export", ACCOUNT, "--to", file, code=2).stderr
    elsewhere = new_database()
    told = kyrios_in_world("audit", "import", file, "--into-empty", elsewhere).stdout
    assert told.startswith(f"{events} events of {ACCOUNT}, up to position {events}, and intact.")
    there = {"KYRIOS_XERO_DATABASE_URL": elsewhere}
    proof = json.loads(kyrios_in_world("verify", "--json", **there).stdout)
    assert (proof["copy"], proof["position"], proof["events"], proof["found"]) == (True, events, events, 0)
    assert "the copy of a history, from which nothing is sent" in kyrios_in_world("verify", **there).stdout
    listed = kyrios_in_world("invoices", "list", ACCOUNT, "--json", **there).stdout
    assert json.loads(listed) == json.loads(kyrios_in_world("invoices", "list", ACCOUNT, "--json").stdout)
    assert "not empty" in kyrios_in_world("audit", "import", file, "--into-empty", elsewhere, code=2).stderr


def test_what_cannot_be_exported_or_read_is_one_sentence(kyrios_in_world: Kyrios, tmp_path: Path) -> None:
    file = tmp_path / "none"
    export = ("audit", "export", ACCOUNT, "--to", str(file))
    for arguments, says in (
        (("--format", "xlsx"), "There is no format xlsx; there are: ndjson, csv."),
        (("--event", "Sold"), "there is no event Sold"),
        (("--until", "then"), "is no day, moment or position"),
    ):
        assert says in kyrios_in_world(*export, *arguments, code=2).stderr
    assert not file.exists()
    file.write_text("{}")
    refused = kyrios_in_world("audit", "import", str(file), "--into-empty", "postgresql:///nowhere", code=2).stderr
    assert "line 1: is no line of an export" in refused.lower()


def test_an_export_writes_over_files_alone_and_through_links_to_them(
    world: World, kyrios_in_world: Kyrios, tmp_path: Path
) -> None:
    world.queue(example_invoices(1))
    pipe, link, file = tmp_path / "pipe", tmp_path / "link", tmp_path / "file"
    os.mkfifo(pipe)
    refused = kyrios_in_world("audit", "export", ACCOUNT, "--to", str(pipe), "--force", code=2).stderr
    assert f"{pipe} is not a file that could be written over" in " ".join(refused.split())
    assert pipe.is_fifo()
    file.write_text("older")
    link.symlink_to(file)
    kyrios_in_world("audit", "export", ACCOUNT, "--to", str(link), "--force")
    assert link.is_symlink()
    assert '"account_id"' in file.read_text()


def test_what_was_sent_is_shown_with_its_hashes_and_bytes(world: World, kyrios_in_world: Kyrios) -> None:
    assert kyrios_in_world("audit", "deliveries", ACCOUNT).stdout == "Nothing was sent.\n"
    world.queue(example_invoices(1))
    world.work()
    out = kyrios_in_world("audit", "deliveries", ACCOUNT, "--invoice", "inv-0", "--bytes").stdout
    assert "send create_invoice: HTTP 200, Xero answered" in out
    assert "invoice inv-0, attempt 1, HMAC " in out
    assert '"InvoiceNumber":"T-0"' in out
    (one,) = json.loads(kyrios_in_world("audit", "deliveries", ACCOUNT, "--json").stdout)
    assert (one["body"], one["parts"][0]["standing"], one["parts"][0]["content"]) == ("verified", "verified", None)
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.delivery SET body_sha = sha256('x')")
    assert "differs" in kyrios_in_world("audit", "deliveries", ACCOUNT, code=1).stdout
    assert "has no invoice" in kyrios_in_world("audit", "deliveries", ACCOUNT, "--invoice", "x", code=2).stderr
