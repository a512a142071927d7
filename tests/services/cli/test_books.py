"""`kyrios-xero books`: the answer first, differences in words, an exit code for scripts."""

import json

import pytest

from tests.services.cli.conftest import Kyrios
from tests.world import ACCOUNT, World, example_invoices


@pytest.mark.article("R20")
def test_the_first_line_is_the_answer(world: World, kyrios_in_world: Kyrios) -> None:
    world.queue(example_invoices(2))
    lines = kyrios_in_world("books", ACCOUNT, code=1).stdout.splitlines()
    assert lines[0] == ("No: of 2 invoices of September 2026, 2 not there; NZD 0.00 of NZD 828.00 is in Xero.")
    assert any("inv-0" in line and "We have this invoice and it is ready." in line for line in lines)
    assert any("2026-09" in line and "differs by NZD 828.00" in line for line in lines)
    world.work()
    answer = "Yes: all 2 invoices of September 2026 are in Xero, NZD 828.00."
    assert kyrios_in_world("books", ACCOUNT, "--from", "2026-09", "--to", "2026-09").stdout.splitlines()[0] == answer
    report = json.loads(kyrios_in_world("books", ACCOUNT, "--json").stdout)
    assert (report["answer"], report["everything_in_xero"], report["calls"]) == (answer, True, 1)
    assert report["months"][0]["in_xero"] == {"invoices": 2, "total": "828.00"}


def test_what_cannot_be_asked_is_one_sentence(kyrios_in_world: Kyrios) -> None:
    for month in ("March", "2026-13", "2026-3", "2026-03-01"):
        said = kyrios_in_world("books", ACCOUNT, "--from", month, code=2).stderr
        assert said == f"--from: {month} is no month such as 2026-03.\n"
    assert "a range begins before it ends" in (
        kyrios_in_world("books", ACCOUNT, "--from", "2026-05", "--to", "2026-04", code=2).stderr
    )
    assert "nobody is not connected" in kyrios_in_world("books", "nobody", code=2).stderr
