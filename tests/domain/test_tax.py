"""Tax sets: the key they are mapped by, and what they charge."""

from decimal import Decimal
from itertools import permutations

import msgspec
import pytest

from domain.tax import TaxComponent, TaxSet, XeroTaxComponent, plain, same_effective_rate, same_key
from tests.examples import GST, GST_AND_QST, LUXURY, OUTPUT2, UNTAXED, ZERO, ZERORATED


def tax_set(*taxes: str) -> TaxSet:
    """Taxes written as their rate, with a `c` if charged on top of the others."""
    return TaxSet(
        tuple(
            TaxComponent(tax_id=f"t{n}", rate=Decimal(tax.removesuffix("c")), compound=tax.endswith("c"))
            for n, tax in enumerate(taxes)
        )
    )


@pytest.mark.parametrize(
    ("taxes", "key"),
    [
        (GST, "gst@15"),
        (ZERO, "gst-zero@0"),
        (LUXURY, "lux@12.5"),
        (GST_AND_QST, "gst@5+qst@9.975c"),
        (UNTAXED, ""),
    ],
)
def test_the_key_of_a_tax_set_never_changes(taxes: TaxSet, key: str) -> None:
    assert taxes.key == key


def test_the_key_does_not_depend_on_how_a_rate_is_written() -> None:
    assert tax_set("15").key == tax_set("15.0000").key == "t0@15"
    assert tax_set("100.00").key == "t0@100"


def test_which_tax_has_which_rate_and_whether_it_is_compound_belong_to_the_key() -> None:
    keys = {tax_set("5", "9.975").key, tax_set("9.975", "5").key, tax_set("5", "9.975c").key, tax_set("5").key}
    assert len(keys) == 4


@pytest.mark.article("R13")
@pytest.mark.parametrize(
    ("rates", "key"),
    [
        (("5", "9.975c"), "t0@5+t1@9.975c"),
        (("2c", "15"), "t1@15+t0@2c"),
        (("5c", "3c", "10"), "t2@10+t0@5c+t1@3c"),
        (("33.3333c", "9.9999", "66.6667c", "0.0001"), "t1@9.9999+t3@0.0001+t2@66.6667c+t0@33.3333c"),
        (("5", "5", "5c"), "t0@5+t1@5+t2@5c"),
        (("5", "5.00"), "t0@5+t1@5"),
        (("1", "2", "3", "4", "5"), "t4@5+t3@4+t2@3+t1@2+t0@1"),
    ],
)
def test_the_order_of_taxes_changes_neither_the_key_nor_a_figure_nor_a_word(rates: tuple[str, ...], key: str) -> None:
    written = tax_set(*rates)
    orders = [TaxSet(order) for order in permutations(written.components)]
    assert {(one.key, one.effective_rate, one.in_words) for one in orders} == {
        (key, written.effective_rate, written.in_words)
    }
    assert all(same_key(key, "+".join(map(str, one.components))) for one in orders)
    assert set(orders) == {written}


def test_keys_of_other_taxes_are_never_the_same() -> None:
    assert not same_key("gst@15", "gst@15+levy@2c")
    assert not same_key("gst@15+levy@2", "gst@15+levy@2c")


@pytest.mark.parametrize(
    ("taxes", "percent"),
    [
        ((), "0.0000"),
        (("15",), "15.0000"),
        (("0",), "0.0000"),
        (("7.5", "0.625"), "8.1250"),
        (("5", "9.975"), "14.9750"),
        (("5", "9.975c"), "15.4738"),
        (("5", "5c", "5c"), "15.7625"),
        (("9.9999", "0.0010c"), "10.0010"),
        (("100", "100c"), "300.0000"),
    ],
)
def test_simple_rates_are_added_and_compound_ones_charged_on_top(taxes: tuple[str, ...], percent: str) -> None:
    assert str(tax_set(*taxes).effective_rate) == percent


@pytest.mark.parametrize(("taxes", "percent"), [(("5", "0.001c"), "5.0011"), (("5", "0.003c"), "5.0032")])
def test_half_of_the_fourth_decimal_is_rounded_up(taxes: tuple[str, ...], percent: str) -> None:
    # 1.05 × 1.00001 = 1.0500105, and 1.05 × 1.00003 = 1.0500315.
    assert str(tax_set(*taxes).effective_rate) == percent


@pytest.mark.parametrize(
    ("xero", "same"),
    [("15", True), ("15.0000", True), ("15.00004", True), ("15.00005", False), ("15.0001", False), ("14.9999", False)],
)
def test_a_xero_rate_fits_if_it_charges_the_same_to_four_decimals(xero: str, same: bool) -> None:
    rate = msgspec.structs.replace(OUTPUT2, effective_rate=Decimal(xero))
    assert same_effective_rate(GST, rate) is same


def test_names_and_components_play_no_part_in_what_is_charged() -> None:
    split = tuple(XeroTaxComponent(name=name, rate=Decimal("7.5")) for name in ("State", "Local"))
    assert same_effective_rate(GST, msgspec.structs.replace(OUTPUT2, name="Odd", components=split))
    assert same_effective_rate(ZERO, ZERORATED)
    assert not same_effective_rate(GST, ZERORATED)


@pytest.mark.parametrize(
    ("number", "text"),
    [("15", "15"), ("15.00", "15"), ("9.9750", "9.975"), ("100", "100"), ("0", "0"), ("0.00", "0"), ("1E+2", "100")],
)
def test_a_rate_is_written_in_its_shortest_plain_form(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text
