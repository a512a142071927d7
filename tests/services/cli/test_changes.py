"""`invoices revise` and `invoices void`."""

import json
from pathlib import Path

from tests.services.cli.conftest import Kyrios
from tests.services.cli.files import invoice, lines, written


def test_a_file_of_revisions_is_taken_on_and_what_was_never_taken_on_is_not_revised(
    kyrios: Kyrios, tmp_path: Path
) -> None:
    kyrios("invoices", "import", str(written(tmp_path / "a", lines(invoice(1)))))
    newer = written(tmp_path / "b", lines(invoice(1, revision=2, number="T-1-B"), invoice(2, revision=2)))
    out = kyrios("invoices", "revise", str(newer), code=1).stdout
    assert "2 lines: 1 accepted, 0 known already, 1 not taken." in out
    assert "was never taken on" in " ".join(out.split())
    shown = kyrios("invoices", "show", "harbour-vine", "inv-1").stdout
    assert "Changed in Kyrios: revision 2" in shown
    assert "T-1-B (inv-1)" in shown


def test_what_revisions_would_do_is_shown_and_nothing_is_changed(kyrios: Kyrios, tmp_path: Path) -> None:
    kyrios("invoices", "import", str(written(tmp_path / "a", lines(invoice(1)))))
    before = kyrios("invoices", "show", "harbour-vine", "inv-1", "--json").stdout
    third = invoice(1, revision=3, number="T-1-C", command_id="c-3")
    newer = written(tmp_path / "b", lines(third, third, invoice(1, revision=2), invoice(1, account_id="nobody")))
    told = kyrios("invoices", "revise", str(newer), "--dry-run", code=1).stdout
    assert "This is what would be done; nothing was changed." in told
    assert "4 lines: 1 would be accepted, 1 known already, 2 not taken." in told
    assert "revision 2 comes too late" in " ".join(told.split())
    assert "was never taken on" in " ".join(told.split())
    report = json.loads(kyrios("invoices", "revise", str(newer), "--dry-run", "--json", code=1).stdout)
    assert (report["dry_run"], report["accepted"], report["known"]) == (True, ["inv-1"], ["inv-1"])
    assert kyrios("invoices", "show", "harbour-vine", "inv-1", "--json").stdout == before
    done = json.loads(kyrios("invoices", "revise", str(newer), "--json", code=1).stdout)
    assert done | {"dry_run": True} == report


def test_an_invoice_is_voided_once(kyrios: Kyrios, tmp_path: Path) -> None:
    kyrios("invoices", "import", str(written(tmp_path / "a", lines(invoice(1)))))
    assert kyrios("invoices", "void", "harbour-vine", "inv-1", stdin=b"y\n").stdout == "inv-1 is voided.\n"
    assert kyrios("invoices", "void", "harbour-vine", "inv-1").stdout == "inv-1 is voided already.\n"
    assert "Cancelled; it never went to Xero." in kyrios("invoices", "show", "harbour-vine", "inv-1").stdout
    refused = kyrios("invoices", "void", "harbour-vine", "inv-9", code=2)
    assert refused.stderr == "Account harbour-vine has no invoice with the id or the number inv-9.\n"
