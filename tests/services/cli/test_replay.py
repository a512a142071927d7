"""`kyrios-xero replay`: any past state with the events that caused it, for people and as JSON."""

import json

from tests.services.cli.conftest import Kyrios
from tests.world import ACCOUNT, World, contact_links, example_invoices


def test_each_thing_is_told_as_of_then(world: World, kyrios_in_world: Kyrios) -> None:
    world.queue(example_invoices(1))
    queued = str(world.engine.store.head())
    world.work()
    out = kyrios_in_world("replay", ACCOUNT, "--invoice", "inv-0", "--until", queued).stdout
    assert "queued: We have this invoice and it is ready." in out
    assert "InvoiceSynced" not in out
    assert f"As of position {queued} of {world.engine.store.head()}, recorded " in out
    told = json.loads(kyrios_in_world("replay", ACCOUNT, "--invoice", "inv-0", "--json").stdout)
    assert (told["status"], [one["event"] for one in told["events"]]) == ("synced", ["InvoiceQueued", "InvoiceSynced"])
    assert told["events"][0]["actor"] == "backend"
    assert "Tax set gst@15 stands for Xero's rate" in kyrios_in_world("replay", ACCOUNT, "--taxes").stdout
    assert "active: Connected; invoices are sent." in kyrios_in_world("replay", ACCOUNT, "--connection").stdout
    contact = next(iter(contact_links()))
    assert f"Contact {contact}: stood for by Xero" in kyrios_in_world("replay", ACCOUNT, "--contact", contact).stdout
    out = kyrios_in_world("replay", ACCOUNT, "--until", queued).stdout
    assert "1 accepted = 0 in Xero + 0 waiting" in out
    assert "1 in flight" in out


def test_the_reason_of_whatever_people_did_is_told_with_it(world: World, kyrios_in_world: Kyrios) -> None:
    world.queue(example_invoices(1))
    kyrios_in_world("invoices", "dismiss", ACCOUNT, "inv-0", "--reason", "In the books by hand", "--yes")
    for form in ((), ("--json",)):
        told = kyrios_in_world("replay", ACCOUNT, "--invoice", "inv-0", *form).stdout
        assert "Left out by a person: In the books by hand." in told


def test_what_cannot_be_told_is_one_sentence(kyrios_in_world: Kyrios) -> None:
    for arguments, says in (
        (("--invoice", "inv-9"), "had no invoice inv-9 so far."),
        (("--until", "soon"), "--until: soon is no day, moment or position"),
        (("--taxes", "--connection"), "One of --invoice, --connection, --taxes and --contact at a time."),
    ):
        assert says in kyrios_in_world("replay", ACCOUNT, *arguments, code=2).stderr
    assert "nothing was known of account nobody" in kyrios_in_world("replay", "nobody", code=2).stderr.lower()
