"""Suggestions: one row per rule, each with the reason a person reads."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tax import TaxComponent, TaxSet, XeroTaxComponent, XeroTaxRate, same_effective_rate
from domain.tax_suggestions import Suggestion, suggest
from tests.examples import UNTAXED


def kyrios(*taxes: str) -> TaxSet:
    """A tax set; a trailing c makes a tax compound."""
    return TaxSet(tuple(TaxComponent(tax_id=f"t{n}", rate=_rate(t), compound="c" in t) for n, t in enumerate(taxes)))


def xero(tax_type: str, effective: str, *parts: str, **more: Any) -> XeroTaxRate:
    """A Xero rate; a trailing c makes a component compound."""
    components = tuple(XeroTaxComponent(name=f"C{n}", rate=_rate(p), compound="c" in p) for n, p in enumerate(parts))
    usual: dict[str, Any] = {"name": f"Rate {tax_type}", "status": "ACTIVE"}
    return XeroTaxRate(tax_type=tax_type, effective_rate=Decimal(effective), components=components, **(usual | more))


def _rate(text: str) -> Decimal:
    return Decimal(text.rstrip("c"))


FIFTEEN = xero("OUTPUT2", "15.0000", "15.0000")
SPLIT = xero("TAX001", "15", "10", "5")
QUEBEC = xero("TAX009", "15.4738", "5", "9.975c")
ADDED = xero("TAX008", "14.975", "5", "9.975")
ARCHIVED = xero("OUTPUT", "12.5", "12.5", status="ARCHIVED")
PURCHASES = xero("INPUT2", "15", "15", barred_from=("REVENUE",))


@pytest.mark.parametrize(
    ("tax_set", "rates", "tax_type", "how", "words"),
    [
        (kyrios("15"), [FIFTEEN, PURCHASES, QUEBEC], "OUTPUT2", "components", "OUTPUT2 (Rate OUTPUT2) has exactly"),
        (kyrios("5", "10"), [FIFTEEN, SPLIT], "TAX001", "components", "exactly the same taxes"),
        (kyrios("5", "9.975c"), [QUEBEC, ADDED], "TAX009", "components", "exactly"),
        (kyrios("5", "9.975"), [QUEBEC, ADDED], "TAX008", "components", "exactly"),
        (kyrios("15"), [SPLIT, QUEBEC], "TAX001", "effective_rate", "charges 15% too, but of other taxes"),
        (kyrios("15.47375"), [QUEBEC], "TAX009", "effective_rate", "takes a reason"),
        (kyrios("15"), [FIFTEEN, xero("TAX002", "15", "15")], None, "none", "OUTPUT2 (Rate OUTPUT2) and TAX002"),
        (kyrios("15"), [SPLIT, xero("TAX002", "15", "7.5", "7.5")], None, "none", "pick one and say why"),
        (kyrios("15"), [PURCHASES], None, "none", "INPUT2 (Rate INPUT2) would, but it must not be used on sales"),
        (kyrios("12.5"), [ARCHIVED, FIFTEEN], None, "none", "OUTPUT (Rate OUTPUT) would, but it is archived"),
        (kyrios("20"), [FIFTEEN, SPLIT], None, "none", "No rate in Xero charges 20%"),
        (kyrios("0"), [xero("ZERORATED", "0", "0"), xero("NONE", "0")], "ZERORATED", "components", "exactly"),
        (kyrios("0"), [xero("NONE", "0")], "NONE", "effective_rate", "charges 0% too"),
        (UNTAXED, [FIFTEEN], None, "untaxed", "Lines without a tax need no mapping"),
        (kyrios("15"), [], None, "none", "No rate in Xero charges 15%"),
    ],
)
def test_what_is_suggested_and_why(
    tax_set: TaxSet, rates: list[XeroTaxRate], tax_type: str | None, how: str, words: str
) -> None:
    found = suggest(tax_set, rates)
    assert (found.tax_type, found.how) == (tax_type, how)
    assert words in found.reason
    assert bool(found.fitting) == (tax_type is not None or "pick one" in words or "TAX002" in words)
    assert found.of_other_taxes == ("of other taxes" in found.reason)
    assert suggest(tax_set, rates[::-1]) == found


def test_names_play_no_part() -> None:
    misleading = xero("TAX003", "20", "20", name="15% GST on Income")
    assert suggest(kyrios("15"), [misleading, FIFTEEN]).tax_type == "OUTPUT2"


def test_a_rate_without_a_name_is_named_by_its_code() -> None:
    assert suggest(kyrios("15"), [xero("TAX003", "15", "15", name="")]) == Suggestion(
        tax_type="TAX003", how="components", reason="TAX003 has exactly the same taxes."
    )


PARTS = st.lists(st.sampled_from(["5", "7", "7.5", "9.975c", "15"]), min_size=1, max_size=3)


@given(PARTS, st.lists(st.tuples(PARTS, st.sampled_from(["ACTIVE", "ARCHIVED"]), st.booleans()), max_size=5))
def test_what_is_suggested_always_charges_the_same_and_may_be_used(own: list[str], others: Any) -> None:
    rates = {}
    for number, (parts, status, sales) in enumerate(others):
        effective = str(kyrios(*parts).effective_rate)
        barred = () if sales else ("REVENUE",)
        rates[f"TAX{number}"] = xero(f"TAX{number}", effective, *parts, status=status, barred_from=barred)
    found = suggest(kyrios(*own), rates.values())
    if found.tax_type is not None:
        rate = rates[found.tax_type]
        assert same_effective_rate(kyrios(*own), rate)
        assert rate.status == "ACTIVE"
        assert rate.applies_to_revenue
