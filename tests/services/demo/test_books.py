"""The books check agrees only when Xero holds exactly what the file says."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from services.demo.books import BooksCheck, BooksUnreadable, Outcome, check_books
from tests.services.demo.ledger_server import ledger, serve

GST = [{"id": "gst", "rate": "15"}]


def sent(number: int, **changes: object) -> dict[str, Any]:
    """An invoice of 360.00 + 54.00, as it stands in the file."""
    return {
        "invoice_id": f"inv-{number}",
        "number": f"INV-{number}",
        "currency": "NZD",
        "url": f"https://app.kyrios.example/invoices/inv-{number}",
        "lines": [{"description": "Design", "quantity": "3", "unit_amount": "120.00", "taxes": GST}],
        "totals": {"sub_total": "360.00", "total_tax": "54.00", "total": "414.00"},
        **changes,
    }


def held(number: int, **changes: object) -> dict[str, Any]:
    """The same invoice, as Xero holds it; all of its total is owing unless said."""
    return {
        "InvoiceNumber": f"INV-{number}",
        "CurrencyCode": "NZD",
        "Status": "AUTHORISED",
        "Url": f"https://app.kyrios.example/invoices/inv-{number}",
        "SubTotal": "360.00",
        "TotalTax": "54.00",
        "Total": "414.00",
        "AmountDue": changes.get("Total", "414.00"),
        **changes,
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Four invoices and a line that is none."""
    lines = [json.dumps(sent(number)) for number in (1, 2, 3, 4)]
    path = tmp_path / "invoices.ndjson"
    path.write_text("\n".join([*lines[:2], "", "{broken", *lines[2:]]) + "\n")
    return path


@pytest.fixture
def opening(tmp_path: Path) -> Path:
    """The books as they were: one invoice, entered by hand."""
    path = tmp_path / "organisation.json"
    path.write_text(json.dumps({"organisations": [{"tenant_id": "t", "Invoices": [{"InvoiceNumber": "INV-4"}]}]}))
    return path


OUTCOME = Outcome(
    accepted=["inv-1", "inv-2", "inv-3", "inv-4"], waiting=["inv-3"], refused=["inv-4"], rejected_lines=[4]
)
PAID: Final = '"54.00", "total": "414.00"}, "payments": [{"amount": "414.00"}]'
BY_HAND = held(4, Url="", SubTotal="380.00", TotalTax="57.00", Total="437.00")


REVISED: Final = {"SubTotal": "240.00", "TotalTax": "36.00", "Total": "276.00"}
"""What Xero holds of inv-1 after its revision."""


def check(
    file: Path, opening: Path, *invoices: dict[str, Any], outcome: Outcome = OUTCOME, changes: Path | None = None
) -> BooksCheck:
    with ledger(*invoices) as url:
        return check_books(outcome, invoices=file, control_url=url, changes=changes, opening_books=opening)


@pytest.fixture
def changes(tmp_path: Path) -> Path:
    """Kyrios revises inv-1 and voids inv-2 and inv-3."""
    folder = tmp_path / "changes"
    folder.mkdir()
    lines = [{"quantity": "2", "unit_amount": "120.00", "taxes": GST}]
    totals = {"sub_total": "240.00", "total_tax": "36.00", "total": "276.00"}
    (folder / "revisions.ndjson").write_text(json.dumps(sent(1, lines=lines, totals=totals)) + "\n")
    (folder / "voids.ndjson").write_text('{"invoice_id": "inv-2"}\n{"invoice_id": "inv-3"}\n')
    return folder


CHANGED: Final = Outcome(
    accepted=["inv-1", "inv-2", "inv-3", "inv-4"], refused=["inv-4"], voided=["inv-2", "inv-3"], rejected_lines=[4]
)
VOIDED: Final = {"Status": "VOIDED", "AmountDue": "0.00"}


def test_what_was_revised_and_voided_makes_the_books_agree(file: Path, opening: Path, changes: Path) -> None:
    books = check(file, opening, BY_HAND, held(1, **REVISED), held(2, **VOIDED), outcome=CHANGED, changes=changes)
    assert books.agrees
    assert str(books) == "4 accepted = 1 in Xero + 0 waiting + 1 refused + 2 voided; NZD 276.00 = NZD 276.00"


@pytest.mark.parametrize("number", [2, 3])
def test_an_invoice_kyrios_voided_that_is_live_in_xero_is_named(
    file: Path, opening: Path, changes: Path, number: int
) -> None:
    books = check(file, opening, BY_HAND, held(1, **REVISED), held(number), outcome=CHANGED, changes=changes)
    assert str(books).splitlines() == [
        "4 accepted ≠ 2 in Xero + 0 waiting + 1 refused + 2 voided; NZD 276.00 ≠ NZD 690.00",
        f"  - INV-{number} is AUTHORISED in Xero, though Kyrios voided it",
    ]


def test_a_revised_invoice_with_its_former_total_is_named(file: Path, opening: Path, changes: Path) -> None:
    books = check(file, opening, BY_HAND, held(1), outcome=CHANGED, changes=changes)
    assert books.differences == (
        "INV-1 has a wrong total: 360.00 + 54.00 = 414.00 in Xero, 240.00 + 36.00 = 276.00 in the file",
    )


def test_an_invoice_whose_revision_xero_refused_stays_as_it_was(file: Path, opening: Path, changes: Path) -> None:
    file.write_text(file.read_text().replace('"54.00", "total": "414.00"}', PAID, 1))
    refused = replace(CHANGED, unrevised=["inv-1"])
    paid = {"Status": "PAID", "AmountDue": "0.00"}
    assert check(file, opening, BY_HAND, held(1, **paid), outcome=refused, changes=changes).agrees
    changed = held(1, **(REVISED | paid))
    assert not check(file, opening, BY_HAND, changed, outcome=refused, changes=changes).agrees


def test_a_revision_nothing_stands_against_need_not_be_refused(file: Path, opening: Path, changes: Path) -> None:
    refused = replace(CHANGED, unrevised=["inv-1", "inv-4"])
    books = check(file, opening, BY_HAND, held(1), outcome=refused, changes=changes)
    assert books.differences == (
        "inv-4 was never revised, so no revision of it can be refused",
        "INV-1 has nothing paid on it in Xero, so its revision need not have been refused",
    )


def test_what_was_issued_later_is_to_be_accepted_and_in_xero(file: Path, opening: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.ndjson"
    later.write_text(json.dumps(sent(5)) + "\n")

    def compared(outcome: Outcome, *more: dict[str, Any]) -> BooksCheck:
        with ledger(BY_HAND, held(1), held(2), *more) as url:
            return check_books(outcome, invoices=file, control_url=url, later=later, opening_books=opening)

    accepted = replace(OUTCOME, accepted=[*OUTCOME.accepted, "inv-5"])
    assert str(compared(accepted, held(5))).startswith("5 accepted = 3 in Xero + 1 waiting + 1 refused;")
    assert compared(accepted, held(5)).agrees
    assert compared(accepted).differences == ("INV-5 is missing in Xero",)
    assert compared(OUTCOME).differences == ("inv-5 was issued later and not accepted",)


def test_nothing_else_is_voided_than_what_kyrios_voids(file: Path, opening: Path, changes: Path) -> None:
    mistaken = replace(CHANGED, waiting=["inv-3"], voided=["inv-2", "inv-1"])
    voided = held(1, **(REVISED | VOIDED))
    books = check(file, opening, BY_HAND, voided, held(2, **VOIDED), outcome=mistaken, changes=changes)
    assert books.differences == (
        "inv-3 is voided by Kyrios, but not by the engine",
        "inv-1 is voided by the engine, but not by Kyrios",
    )


def test_books_that_agree_are_one_line(file: Path, opening: Path) -> None:
    books = check(file, opening, BY_HAND, held(1), held(2, Status="PAID"))
    assert books.agrees
    assert str(books) == "4 accepted = 2 in Xero + 1 waiting + 1 refused; NZD 828.00 = NZD 828.00"


def test_an_invoice_missing_in_xero_is_named(file: Path, opening: Path) -> None:
    books = check(file, opening, BY_HAND, held(1))
    assert not books.agrees
    assert str(books).splitlines() == [
        "4 accepted ≠ 1 in Xero + 1 waiting + 1 refused; NZD 828.00 ≠ NZD 414.00",
        "  - INV-2 is missing in Xero",
    ]


def test_an_invoice_that_is_there_twice_is_named(file: Path, opening: Path) -> None:
    books = check(file, opening, BY_HAND, held(1), held(2), held(2))
    assert books.differences == ("INV-2 is in Xero 2 times",)
    assert books.in_xero == 3


def test_a_total_that_is_a_cent_off_is_named(file: Path, opening: Path) -> None:
    books = check(file, opening, BY_HAND, held(1), held(2, TotalTax="54.01", Total="414.01"))
    assert books.differences == (
        "INV-2 has a wrong total: 360.00 + 54.01 = 414.01 in Xero, 360.00 + 54.00 = 414.00 in the file",
    )


def test_tax_that_moved_between_the_parts_is_named_though_the_total_fits(file: Path, opening: Path) -> None:
    books = check(file, opening, BY_HAND, held(1), held(2, SubTotal="414.00", TotalTax="0.00"))
    assert len(books.differences) == 1


def test_an_invoice_nobody_sent_is_unexpected(file: Path, opening: Path) -> None:
    stranger = held(9)
    books = check(file, opening, BY_HAND, held(1), held(2), stranger)
    assert books.differences == ("INV-9 in Xero is unexpected: neither from the file nor there before",)


def test_an_invoice_that_was_there_before_may_not_vanish(file: Path, opening: Path) -> None:
    assert check(file, opening, held(1), held(2)).differences == ("INV-4 stood in Xero before and is gone",)


@pytest.mark.parametrize("number", [3, 4])
def test_an_invoice_that_waits_or_was_refused_may_not_be_in_xero(file: Path, opening: Path, number: int) -> None:
    books = check(file, opening, BY_HAND, held(1), held(2), held(number))
    assert books.differences == (f"INV-{number} is in Xero, though it waits, was refused or was never accepted",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"CurrencyCode": "USD"}, "INV-2 is in USD in Xero, not in NZD"),
        ({"InvoiceNumber": "INV-7"}, "INV-2 has the number INV-7 in Xero"),
        ({"Status": "VOIDED"}, "INV-2 is VOIDED in Xero"),
    ],
)
def test_currency_number_and_status_must_agree(file: Path, opening: Path, change: dict[str, str], words: str) -> None:
    assert check(file, opening, BY_HAND, held(1), held(2, **change)).differences == (words,)


def test_a_line_that_came_to_nothing_is_named(file: Path, opening: Path) -> None:
    forgetful = Outcome(accepted=["inv-1", "inv-3", "inv-4"], waiting=["inv-3"], refused=["inv-4"])
    books = check(file, opening, BY_HAND, held(1), outcome=forgetful)
    assert books.differences == (
        "line 2 was neither accepted nor reported as bad",
        "line 4 was neither accepted nor reported as bad",
    )


def test_what_the_engine_says_must_make_sense(file: Path, opening: Path) -> None:
    confused = Outcome(
        accepted=["inv-1", "inv-2", "inv-3", "inv-4", "inv-8"],
        waiting=["inv-3", "inv-9"],
        refused=["inv-3", "inv-4"],
        rejected_lines=[2, 4],
    )
    books = check(file, opening, BY_HAND, held(1), held(2), outcome=confused)
    assert books.differences == (
        "line 2 was accepted and yet reported as bad",
        "inv-8 was accepted but is not in the file",
        "inv-9 waits, was refused or voided but was never accepted",
        "inv-3 both waits and was refused",
    )


def test_a_payment_that_is_not_in_xero_is_named(tmp_path: Path, opening: Path) -> None:
    file = tmp_path / "paid.ndjson"
    file.write_text(json.dumps(sent(1, payments=[{"amount": "100.00"}, {"amount": "14.00"}])))
    outcome = Outcome(accepted=["inv-1"])
    assert check(file, opening, BY_HAND, held(1, AmountDue="300.00"), outcome=outcome).agrees
    books = check(file, opening, BY_HAND, held(1, AmountDue="314.00"), outcome=outcome)
    assert books.differences == ("INV-1 has 314.00 owing in Xero, 300.00 by its payments",)


def test_a_cent_of_tax_for_each_taxed_line_is_the_files_own_rounding(tmp_path: Path, opening: Path) -> None:
    file = tmp_path / "rounded.ndjson"
    stated = {"sub_total": "360.00", "total_tax": "53.99", "total": "413.99"}
    file.write_text(json.dumps(sent(1, totals=stated)))
    outcome = Outcome(accepted=["inv-1"])
    assert check(file, opening, BY_HAND, held(1, TotalTax="53.99", Total="413.99"), outcome=outcome).agrees
    assert not check(file, opening, BY_HAND, held(1), outcome=outcome).agrees


@pytest.mark.parametrize(
    "stated",
    [
        ("360.00", "53.98", "413.98"),
        ("359.99", "54.00", "413.99"),
        ("360.00", "54.00", "414.01"),
    ],
)
def test_a_file_whose_totals_its_lines_do_not_make_is_named(
    tmp_path: Path, opening: Path, stated: tuple[str, str, str]
) -> None:
    file = tmp_path / "wrong.ndjson"
    wrong = dict(zip(("sub_total", "total_tax", "total"), stated, strict=True))
    file.write_text(json.dumps(sent(1, totals=wrong)))
    in_xero = held(1, **dict(zip(("SubTotal", "TotalTax", "Total"), stated, strict=True)))
    books = check(file, opening, BY_HAND, in_xero, outcome=Outcome(accepted=["inv-1"]))
    assert books.differences == (
        f"INV-1: the file says {stated[0]} + {stated[1]} = {stated[2]}, its lines make 360.00 + 54.00 = 414.00",
    )


@pytest.mark.parametrize(
    ("changes", "sums"),
    [
        # Xero's own example: 3.76 + 3.84 + 3.84, though 15 % of 76.30 is 11.45.
        ({"lines": [{"quantity": "1", "unit_amount": amount, "taxes": GST} for amount in ("25.06", "25.61", "25.63")]},
         ("76.30", "11.44", "87.74")),
        ({"line_amounts": "inclusive", "lines": [{"quantity": "1", "unit_amount": "100.00", "taxes": GST}]},
         ("86.96", "13.04", "100.00")),
        ({"line_amounts": "no_tax", "lines": [{"quantity": "1", "unit_amount": "100.00", "taxes": GST}]},
         ("100.00", "0.00", "100.00")),
        ({"lines": [{"quantity": "2.5", "unit_amount": "0.1375", "discount_rate": "10"}]}, ("0.31", "0.00", "0.31")),
        ({"lines": [{"quantity": "1", "unit_amount": "50.00", "discount_amount": "7.50", "taxes": GST}]},
         ("42.50", "6.38", "48.88")),
        ({"lines": [{"quantity": "1", "unit_amount": "100.00",
                     "taxes": [{"rate": "5"}, {"rate": "10", "compound": True}]}]}, ("100.00", "15.50", "115.50")),
    ],
)  # fmt: skip
def test_it_computes_totals_by_hand(
    tmp_path: Path, opening: Path, changes: dict[str, Any], sums: tuple[str, str, str]
) -> None:
    file = tmp_path / "one.ndjson"
    totals = dict(zip(("sub_total", "total_tax", "total"), sums, strict=True))
    file.write_text(json.dumps(sent(1, totals=totals, **changes)))
    in_xero = held(1, **dict(zip(("SubTotal", "TotalTax", "Total"), sums, strict=True)))
    assert check(file, opening, BY_HAND, in_xero, outcome=Outcome(accepted=["inv-1"])).differences == ()


def test_sums_are_kept_apart_by_currency(tmp_path: Path, opening: Path) -> None:
    file = tmp_path / "two.ndjson"
    file.write_text("\n".join([json.dumps(sent(1)), json.dumps(sent(2, currency="AUD"))]))
    outcome = Outcome(accepted=["inv-1", "inv-2"])
    books = check(file, opening, BY_HAND, held(1), held(2, CurrencyCode="AUD"), outcome=outcome)
    assert str(books).endswith("; AUD 414.00 and NZD 414.00 = AUD 414.00 and NZD 414.00")


def test_sources_that_cannot_be_read_are_one_clear_error(file: Path, opening: Path, tmp_path: Path) -> None:
    with ledger() as url, pytest.raises(BooksUnreadable, match=r"absent\.ndjson cannot be read: No such file"):
        check_books(OUTCOME, invoices=tmp_path / "absent.ndjson", control_url=url)
    with pytest.raises(BooksUnreadable, match="Xero's ledger at"):
        check_books(OUTCOME, invoices=file, control_url=url)  # nobody listens there any more
    with serve(b"{}", status=500) as url, pytest.raises(BooksUnreadable, match="500"):
        check_books(OUTCOME, invoices=file, control_url=url)
    with serve(b'{"invoices": [{}]}') as url, pytest.raises(BooksUnreadable, match="expected form"):
        check_books(OUTCOME, invoices=file, control_url=url)
