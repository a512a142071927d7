"""`invoices revise` and `invoices void`."""

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


def test_an_invoice_is_voided_once(kyrios: Kyrios, tmp_path: Path) -> None:
    kyrios("invoices", "import", str(written(tmp_path / "a", lines(invoice(1)))))
    assert kyrios("invoices", "void", "harbour-vine", "inv-1").stdout == "inv-1 is voided.\n"
    assert kyrios("invoices", "void", "harbour-vine", "inv-1").stdout == "inv-1 is voided already.\n"
    assert "Cancelled; it never went to Xero." in kyrios("invoices", "show", "harbour-vine", "inv-1").stdout
    refused = kyrios("invoices", "void", "harbour-vine", "inv-9", code=2)
    assert refused.stderr == "Account harbour-vine has no invoice with the id or the number inv-9.\n"
