"""How each tax set stands: mapped, drifted, unmapped, untaxed; and how complete the whole is."""

from decimal import Decimal

import msgspec
import pytest

from domain.references import NOTHING_READ
from domain.tax import DeclaredTaxSet
from domain.tax_standing import completeness, standings
from tests.domain.said_by_xero import SAID, parts, with_rate
from tests.examples import DECLARED_GST, DECLARED_LUXURY, DECLARED_ZERO, GST, UNTAXED, ZERO, open_connection_state

NO_TAX = DeclaredTaxSet(tax_set=UNTAXED, name="No tax")
STATE = msgspec.structs.replace(
    open_connection_state(), declared=(NO_TAX, DECLARED_GST, DECLARED_LUXURY, DECLARED_ZERO)
)


def test_each_tax_set_says_how_it_stands() -> None:
    found = {one.one.tax_set.key: one.status for one in standings(STATE, SAID)}
    assert found == {"": "untaxed", GST.key: "mapped", "lux@12.5": "unmapped", ZERO.key: "mapped"}


@pytest.mark.article("R24")
def test_a_rate_that_changed_is_shown_as_mapped_and_as_it_is_now() -> None:
    changed = with_rate(effective_rate=Decimal("17.5"), components=parts("17.5"))
    gst = next(one for one in standings(STATE, changed) if one.one.tax_set == GST)
    assert gst.status == "drifted"
    assert gst.mapping is not None
    assert gst.now is not None
    assert (gst.mapping.effective_rate, gst.now.effective_rate) == (Decimal(15), Decimal("17.5"))
    assert "17.5% in Xero" in gst.why


def test_a_rate_that_was_never_read_again_stands_as_it_was_mapped() -> None:
    gst = next(one for one in standings(STATE, NOTHING_READ) if one.one.tax_set == GST)
    assert (gst.status, gst.now, gst.why) == ("mapped", None, "")


def test_a_mapping_of_a_set_no_longer_offered_is_listed_last() -> None:
    less = msgspec.structs.replace(STATE, declared=(DECLARED_ZERO,))
    assert [(one.one.tax_set, one.declared) for one in standings(less, SAID)] == [(ZERO, True), (GST, False)]


@pytest.mark.article("R14")
def test_completeness_counts_what_needs_a_rate_and_names_what_lacks_one() -> None:
    whole = completeness(standings(STATE, SAID))
    assert str(whole) == "2 of 3 tax sets mapped; still missing: Luxury 12.5%."
    less = msgspec.structs.replace(STATE, declared=(NO_TAX, DECLARED_GST))
    assert str(completeness(standings(less, SAID))) == "1 of 1 tax set mapped."
    changed = with_rate(effective_rate=Decimal("17.5"), components=parts("17.5"))
    assert str(completeness(standings(less, changed))) == (
        "1 of 1 tax set mapped; with a rate that no longer fits: GST 15%."
    )
