"""The file of tax sets: what it says is read exactly, and every fault is named with its place."""

from decimal import Decimal

import pytest

from domain.refusals import InvalidInput
from services.tax_sets_file import read_tax_sets
from tests.world import EXAMPLES

AMOUNT = "is not an amount: at most 10 digits, a point and 4 decimals"


def faults_of(content: str | bytes) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        read_tax_sets(content if isinstance(content, bytes) else content.encode())
    return [f"{fault.pointer} {fault.message}" for fault in refused.value.faults]


def test_the_example_declares_its_sets_each_with_its_xero_rate_but_for_one() -> None:
    read = read_tax_sets((EXAMPLES / "taxes.json").read_bytes())
    assert {(one.tax_set.key, one.name, tax_type) for one, tax_type in read} == {
        ("gst@15", "GST 15%", "OUTPUT2"),
        ("gst-zero@0", "Zero-rated", "ZERORATED"),
        ("us-state@7.5+us-local@0.625", "US sales tax, state and local", "TAX001"),
        ("gst@15+tourism-levy@2c", "GST with tourism levy on top", "TAX002"),
        ("gst@15+alcohol-levy@3.5", "GST and alcohol levy", None),
    }


def test_several_taxes_keep_their_order_and_a_set_may_have_none() -> None:
    two, none = read_tax_sets(
        b'[{"name": "Both", "taxes": [{"id": "gst", "rate": "5"}, {"id": "qst", "rate": "9.975", "compound": true}]},'
        b' {"name": "Untaxed", "taxes": []}]'
    )
    assert two[0].tax_set.key == "gst@5+qst@9.975c"
    assert two[0].tax_set.components[1].rate == Decimal("9.975")
    assert (none[0].tax_set.key, none[1]) == ("", None)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{}", " the file must be a list, not an object"),
        ("[1]", "/0 must be an object, not a number"),
        ('[{"name": 1, "taxes": []}]', "/0/name must be text, not a number"),
        ('[{"name": "a"}]', "/0 object missing required field taxes"),
        ('[{"name": "a", "taxes": [], "x": 1}]', "/0 object contains unknown field x"),
        ('[{"name": "a", "taxes": [{"id": "g", "rate": 15}]}]', "/0/taxes/0/rate must be text, not a number"),
        ('[{"name": "a", "taxes": [], "xero_tax_type": 3}]', "/0/xero_tax_type must be text or null, not a number"),
        ('[{"name": "a", "taxes": [{"id": "g", "rate": "NaN"}]}]', f"/0/taxes/0/rate 'NaN' {AMOUNT}"),
        ('[{"name": "a", "taxes": [{"id": "g", "rate": "1e9"}]}]', f"/0/taxes/0/rate '1e9' {AMOUNT}"),
        ('[{"name": "a", "taxes": [{"id": "g", "rate": "-1"}]}]', "/0/taxes/0/rate a tax rate is between 0 and 100"),
        ('[{"name": "a", "taxes": [{"id": "g", "rate": "101"}]}]', "/0/taxes/0/rate a tax rate is between 0 and 100"),
        ('[{"name": " ", "taxes": []}]', "/0/name is empty"),
        (r'[{"name": "GST\n4 of 4 mapped", "taxes": []}]', "/0/name must be printable characters on one line"),
        (r'[{"name": "\u202eTSG", "taxes": []}]', "/0/name must be printable characters on one line"),
        ('[{"name": "a", "taxes": [{"id": "g@1", "rate": "1"}]}]', "/0/taxes/0/id must be 1 to 64 of the characters"),
        ('[{"name": "a", "taxes": []}, {"name": "b", "taxes": []}]', "/1 is the same tax set as /0"),
        ("[]", " the list declares no tax set"),
        ("", " this is no JSON list of tax sets"),
        ("[", " this is no JSON list of tax sets"),
        (b"\xff", " this is no "),
        (b'[{"name": "\xff", "taxes": []}]', " this is no list of tax sets: it is not UTF-8"),
    ],
)
def test_a_fault_is_named_with_its_place(content: str | bytes, fault: str) -> None:
    (found,) = faults_of(content)
    assert found.startswith(fault)


def test_all_faults_are_named_at_once() -> None:
    found = faults_of('[{"name": "", "taxes": [{"id": "", "rate": "x"}]}, {"name": "", "taxes": []}]')
    assert [fault.split()[0] for fault in found] == ["/0/name", "/0/taxes/0/id", "/0/taxes/0/rate", "/1/name"]


def test_two_ways_of_writing_a_rate_are_one_tax_set() -> None:
    taxes = '{{"name": "a", "taxes": [{{"id": "g", "rate": "{}"}}]}}'
    assert faults_of(f"[{taxes.format('15')}, {taxes.format('15.00')}]") == ["/1 is the same tax set as /0"]
