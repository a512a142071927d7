"""The revision of an invoice: a whole number from 1 on."""

import pytest

from services.intake import read_invoice
from tests.services.intake.sent import faults_of, invoice, raw


def test_an_invoice_without_a_revision_is_the_first() -> None:
    assert read_invoice(raw(invoice())).revision == 1
    assert read_invoice(raw(invoice(revision=7))).revision == 7


@pytest.mark.parametrize("wrong", [0, -1, 1.5, 10**9, "2", None, True, [2]])
def test_anything_but_a_whole_number_from_1_on_is_refused(wrong: object) -> None:
    (fault,) = faults_of(raw(invoice(revision=wrong)))
    assert str(fault) == "/revision: must be a whole number from 1 to 999999999"
