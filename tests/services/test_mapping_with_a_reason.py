"""A tax set may be mapped to a rate of other taxes, for a reason somebody states."""

from decimal import Decimal

import pytest

from domain.connection import TaxMapped
from domain.refusals import InvalidInput, NotPossible
from domain.tax import DeclaredTaxSet, TaxComponent, TaxSet
from tests.services.test_references import in_xero
from tests.world import ACCOUNT, BACKEND, OWNER, World


@pytest.mark.article("R13")
def test_a_rate_of_other_taxes_is_suggested_with_the_reason_and_mapped_with_one(world: World) -> None:
    engine, split = world.engine, TaxSet((percent("10"), percent("2.5", "local")))
    in_xero(world, "tax_rates", TaxType="TAX001", Name="Both", TaxComponents=[{"Name": "Both", "Rate": 12.5}])
    engine.set_up.declare_taxes(ACCOUNT, [DeclaredTaxSet(tax_set=split, name="Split")], BACKEND)
    ((_, suggestion),) = engine.set_up.suggest_taxes(ACCOUNT)
    assert (suggestion.tax_type, suggestion.how) == ("TAX001", "effective_rate")
    with pytest.raises(NotPossible, match="give a reason"):
        engine.set_up.map_tax(ACCOUNT, split, "TAX001", OWNER)
    engine.set_up.map_tax(ACCOUNT, split, "TAX001", OWNER, reason=" Agreed with our accountant ")
    event = next(e for e in reversed(engine.store.events_of(world.lane)) if isinstance(e, TaxMapped))
    assert event.override_reason_ref is not None
    assert engine.answer_words(event.override_reason_ref, ACCOUNT) == "Agreed with our accountant"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "two\nlines"])
def test_a_reason_that_says_nothing_or_never_ends_is_refused(world: World, reason: str) -> None:
    engine, halves = world.engine, TaxSet((percent("7.5"), percent("7.5", "other")))
    with pytest.raises(InvalidInput, match="/reason"):
        engine.set_up.map_tax(ACCOUNT, halves, "OUTPUT2", OWNER, reason=reason)


def percent(text: str, tax_id: str = "gst") -> TaxComponent:
    return TaxComponent(tax_id=tax_id, rate=Decimal(text))
