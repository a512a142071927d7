"""Bad input gets a precise fault at the right place, and all faults at once."""

import json

import pytest

from domain.refusals import Fault
from tests.services.intake.sent import faults_of, invoice, line, pointers, raw

AMOUNT_AS_TEXT = 'write amounts as text, such as "12.50"'


def with_raw(field: str, text: str) -> bytes:
    """A faultless invoice whose `field` is replaced by JSON text that no writer would produce."""
    sent = invoice(**{field: "@"})
    return raw(sent).replace(b'"@"', text.encode())


def with_raw_price(text: str) -> bytes:
    """A faultless invoice whose first price is replaced by JSON text."""
    return raw(invoice(lines=[line(unit_amount="@")])).replace(b'"@"', text.encode())


@pytest.mark.parametrize("number", ["12.5", "3", "NaN", "Infinity", "-Infinity", "1e999999", "9" * 5000, "-0", "0E-9"])
def test_an_amount_written_as_a_number_is_refused_however_it_looks(number: str) -> None:
    assert faults_of(with_raw_price(number)) == (Fault("/lines/0/unit_amount", AMOUNT_AS_TEXT),)


@pytest.mark.parametrize(
    "amount",
    ["NaN", "Infinity", "1e999999", "12345678901", "12.34567", "12.3.4", "1,000.00", " 1", "1_0", "+1", ".5", "٣", ""],
)
def test_text_that_is_no_plain_amount_is_refused(amount: str) -> None:
    (fault,) = faults_of(invoice(lines=[line(unit_amount=amount)]))
    assert fault.pointer == "/lines/0/unit_amount"
    assert "is not an amount" in fault.message


@pytest.mark.parametrize(
    ("wrong", "pointer", "words"),
    [
        ({"contact": ...}, "/contact", "is missing"),
        ({"contact": None}, "/contact", "must be an object, not null"),
        ({"contact": {"id": "cus-001"}}, "/contact/name", "is missing"),
        ({"contact": {"id": "cus-001", "name": ""}}, "/contact/name", "is empty"),
        ({"contact": {"id": "cus-001", "name": " "}}, "/contact/name", "holds nothing but blanks"),
        ({"account_id": ...}, "/account_id", "is missing"),
        ({"invoice_id": "inv 1"}, "/invoice_id", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -"),
        ({"invoice_id": "i" * 65}, "/invoice_id", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -"),
        ({"invoice_id": "inv-1\n"}, "/invoice_id", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -"),
        ({"invoice_id": 7}, "/invoice_id", "must be text, not a number"),
        ({"command_id": "é"}, "/command_id", "must be 1 to 128 printable ASCII characters"),
        ({"command_id": ""}, "/command_id", "must be 1 to 128 printable ASCII characters"),
        ({"number": "INV-1,INV-2"}, "/number", "holds a comma, and Xero could not be asked for such a number"),
        ({"number": "INV-1 "}, "/number", "begins or ends with a blank"),
        ({"number": "№ 1"}, "/number", "must be 1 to 255 printable ASCII characters"),
        ({"date": "2026-02-30"}, "/date", "must be a date from 1900 to 2999, written like 2026-10-01"),
        ({"date": "20261001"}, "/date", "must be a date from 1900 to 2999, written like 2026-10-01"),
        ({"date": "1899-12-31"}, "/date", "must be a date from 1900 to 2999, written like 2026-10-01"),
        ({"due_date": "3000-01-01"}, "/due_date", "must be a date from 1900 to 2999, written like 2026-10-01"),
        ({"currency": "NZX"}, "/currency", "must be the code of a currency in use, such as NZD"),
        ({"currency": "nzd"}, "/currency", "must be the code of a currency in use, such as NZD"),
        ({"line_amounts": "gross"}, "/line_amounts", "must be one of exclusive, inclusive, no_tax"),
        ({"status": "draft"}, "/status", "must be issued: drafts and invoices in any other state are not taken"),
        ({"status": True}, "/status", "must be text, not true or false"),
        ({"url": "http://app.kyrios.example/1"}, "/url", "must be an https address in printable ASCII without blanks"),
        ({"url": "https://"}, "/url", "must be an https address in printable ASCII without blanks"),
        ({"url": "https://a.example/ "}, "/url", "must be an https address in printable ASCII without blanks"),
        ({"url": "https://a.example/XeRo"}, "/url", 'holds the word "xero", which Xero refuses in a link'),
        ({"url": "https://a.example/" + "i" * 2048}, "/url", "has 2066 characters; at most 2048 are allowed"),
        ({"reference": "r" * 256}, "/reference", "has 256 characters; 0 to 255 are allowed"),
        ({"reference": "PO\n1"}, "/reference", "holds the control character U+000A at character 3"),
        ({"lines": []}, "/lines", "has 0 lines; 1 to 500 are allowed"),
        ({"lines": [line()] * 501}, "/lines", "has 501 lines; 1 to 500 are allowed"),
        ({"lines": {}}, "/lines", "must be a list, not an object"),
        ({"totals": {"sub_total": "360.00", "total_tax": "54.00"}}, "/totals/total", "is missing"),
        (
            {"totals": {"sub_total": "360.00", "total_tax": "54.00", "total": "414.01"}},
            "/totals",
            "do not add up: 360.00 and 54.00 make 414.00, not 414.01",
        ),
        (
            {"totals": {"sub_total": "360.000", "total_tax": "54.00", "total": "414.00"}},
            "/totals/sub_total",
            "'360.000' has more than 2 decimals",
        ),
        ({"payments": {}}, "/payments", "must be a list, not an object"),
        ({"due": "2026-10-21"}, "/due", "is no field of this format"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_wrong(wrong: dict[str, object], pointer: str, words: str) -> None:
    assert faults_of(invoice(**wrong)) == (Fault(pointer, words),)


@pytest.mark.parametrize(
    ("wrong", "pointer", "words"),
    [
        ({"description": ...}, "/description", "is missing"),
        ({"description": "d" * 4001}, "/description", "has 4001 characters; 1 to 4000 are allowed"),
        ({"description": "a\x00b"}, "/description", "holds the control character U+0000 at character 2"),
        ({"description": "a\r\nb"}, "/description", "holds the control character U+000D at character 2"),
        ({"description": "a\x85b"}, "/description", "holds the control character U+0085 at character 2"),
        ({"description": "a\ud800b"}, "/description", "holds half of a surrogate pair at character 2"),
        ({"quantity": None}, "/quantity", "must be text, not null"),
        ({"taxes": [{"id": "gst"}]}, "/taxes/0/rate", "is missing"),
        ({"taxes": [{"id": "gst", "rate": "100.0001"}]}, "/taxes/0/rate", "must be from 0 to 100 percent"),
        ({"taxes": [{"id": "gst", "rate": "-1"}]}, "/taxes/0/rate", "must be from 0 to 100 percent"),
        ({"taxes": [{"id": "g", "rate": "1", "compound": "no"}]}, "/taxes/0/compound",
         "must be true or false, not text"),
        ({"taxes": [{"id": "gst", "rate": "15"}] * 2}, "/taxes", "names the same tax more than once"),
        ({"taxes": [{"id": f"t{n}", "rate": "1"} for n in range(11)]}, "/taxes",
         "has 11 taxes; at most 10 are allowed"),
        ({"ledger_account_id": "200"}, "/ledger_account_id",
         "must be a Xero id such as 00000000-0000-0000-0000-000000000000"),
        ({"discount_rate": "101"}, "/discount_rate", "must be from 0 to 100 percent"),
        ({"discount_rate": "10", "discount_amount": "5.00"}, "",
         "has a discount_rate and a discount_amount; only one of them is allowed"),
        ({"discount_amount": "-5.00"}, "/discount_amount", "is below zero; a surcharge is a line of its own"),
        ({"discount_amount": "360.01"}, "", "has a discount_amount greater than the line"),
        ({"quantity": "9999999999", "unit_amount": "9999999999"}, "",
         "comes to more than 9,999,999,999.99, the most Xero holds in one line"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_with_what_is_wrong(wrong: dict[str, object], pointer: str, words: str) -> None:
    assert faults_of(invoice(lines=[line(), line(**wrong)])) == (Fault(f"/lines/1{pointer}", words),)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    sent = invoice(number=..., currency="ABC", colour="red", contact={}, lines=[line(quantity=1, unit_amount="x")])
    assert pointers(sent) == [
        "/number", "/colour", "/contact/id", "/contact/name", "/lines/0/quantity", "/lines/0/unit_amount", "/currency",
    ]  # fmt: skip


def test_so_many_faults_that_nobody_reads_them_are_counted() -> None:
    faults = faults_of(invoice(**{f"field_{number}": "" for number in range(1000)}))
    assert len(faults) == 201
    assert faults[-1] == Fault("", "and 800 faults more")


def test_a_repeated_key_is_refused_where_it_stands() -> None:
    twice = b'{"id": "cus-001", "name": "A", "name": "B"}'
    sent = raw(invoice(contact="@")).replace(b'"@"', twice)
    assert faults_of(sent) == (Fault("/contact/name", "stands here more than once"),)


def test_an_unknown_key_is_shown_short_and_printable() -> None:
    sent = invoice(**{"a/b~c\ud800\n" + "x" * 100: 1})
    (pointer,) = pointers(sent)
    assert pointer.startswith("/a~1b~0c\\ud800\\u000axxx")
    assert len(pointer) < 100
    pointer.encode()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"", "is not JSON"),
        (b"INV-1;2026-10-01;414.00", "is not JSON"),
        (raw(invoice())[:-1], "is not JSON"),
        (raw(invoice()) * 2, "is not JSON"),
        (raw(invoice()).replace(b"Website", b"Web\x00site"), "is not JSON"),
        (b"[" * 500_000, "is nested far deeper than an invoice"),
        (b'{"a":' * 150_000, "is nested far deeper than an invoice"),
        (raw(invoice()).replace(b"Website", b"Caf\xe9"), "is not UTF-8"),
        (json.dumps(invoice()).encode("utf-16"), "is not UTF-8"),
        (b" " * (1024 * 1024 + 1), "is longer than 1 MiB"),
        (b"[]", "must be an object, not a list"),
        (b"null", "must be an object, not null"),
        (b"NaN", "must be an object, not a number"),
        (b"9" * 1_000_000, "must be an object, not a number"),
    ],
)
def test_what_is_no_json_object_is_refused_as_a_whole(sent: bytes, words: str) -> None:
    (fault,) = faults_of(sent)
    assert fault.pointer == ""
    assert fault.message.startswith(words)


def test_the_place_of_a_mistake_in_the_json_is_named() -> None:
    assert "at character 7" in faults_of(b'{"a": }')[0].message
    assert "byte 8" in faults_of(b'{"a": "\xff"}')[0].message


@pytest.mark.parametrize("field", ["account_id", "number", "date", "currency", "url", "contact", "lines", "totals"])
def test_nesting_that_can_still_be_read_is_refused_in_any_field(field: str) -> None:
    assert pointers(with_raw(field, "[" * 300 + "]" * 300)) == ["/lines/0" if field == "lines" else f"/{field}"]
