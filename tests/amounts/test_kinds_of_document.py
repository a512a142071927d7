"""Each kind of amount from Kyrios's own format into Xero's books; expectations are computed by hand."""

from typing import Any

import msgspec
import pytest

from domain.tax import DeclaredTaxSet
from services.intake import read_invoice
from tests.world import ACCOUNT, BACKEND, OWNER, World, contact_links, declared_taxes, organisation_id

GST = [{"id": "gst", "rate": "15"}]
QUEBEC = [{"id": "gst5", "rate": "5"}, {"id": "qst", "rate": "9.975", "compound": True}]
SALES_TAX = [{"id": "state", "rate": "7.5"}, {"id": "local", "rate": "0.625"}]
IN_XERO: dict[str, list[dict[str, Any]]] = {
    "TAX901": [{"Name": "GST", "Rate": 5}, {"Name": "QST", "Rate": 9.975, "IsCompound": True}],
    "TAX902": [{"Name": "State", "Rate": 7.5}, {"Name": "Local", "Rate": 0.625}],
}


def line(quantity: str, price: str, taxes: Any = GST, **more: str) -> dict[str, Any]:
    return {"description": "Work", "quantity": quantity, "unit_amount": price, "taxes": taxes} | more


def sent(lines: list[dict[str, Any]], totals: tuple[str, str, str], basis: str = "exclusive") -> bytes:
    """An invoice in Kyrios's format."""
    return msgspec.json.encode(
        {
            "account_id": ACCOUNT,
            "invoice_id": "inv-0",
            "number": "T-0",
            "date": "2026-10-01",
            "due_date": "2026-10-21",
            "currency": "NZD",
            "line_amounts": basis,
            "url": "https://app.kyrios.example/invoices/inv-0",
            "contact": {"id": next(iter(contact_links())), "name": "Northgate Wines"},
            "lines": lines,
            "totals": dict(zip(("sub_total", "total_tax", "total"), totals, strict=True)),
        }
    )


def with_other_taxes(world: World) -> None:
    """The organisation has a compound and a two-part rate, and Kyrios offers both."""
    found = [{"TaxType": t, "Name": t, "CanApplyToRevenue": True, "TaxComponents": c} for t, c in IN_XERO.items()]
    world.control.post(f"/organisations/{organisation_id()}/tax_rates", json=found).raise_for_status()
    issued = read_invoice(sent([line("1", "1", QUEBEC), line("1", "1", SALES_TAX)], ("2.00", "0.23", "2.23")))
    sets = [each.tax_set for each in issued.document.lines]
    named = [DeclaredTaxSet(tax_set=tax_set, name=tax_set.key) for tax_set in sets]
    world.engine.set_up.declare_taxes(ACCOUNT, [*(one for one, _ in declared_taxes()), *named], BACKEND)
    for tax_set, tax_type in zip(sets, IN_XERO, strict=True):
        world.engine.set_up.map_tax(ACCOUNT, tax_set, tax_type, OWNER)


@pytest.mark.parametrize(
    ("lines", "totals", "basis"),
    [
        # 12.3456 × 7.8901 = 97.40801856.
        ([line("12.3456", "7.8901")], ("97.41", "14.61", "112.02"), "exclusive"),
        # A third off 99.99 is 66.66 left.
        ([line("1", "99.99", discount_rate="33.3333")], ("66.66", "10.00", "76.66"), "exclusive"),
        ([line("1", "99.99", discount_amount="9.99")], ("90.00", "13.50", "103.50"), "exclusive"),
        ([line("3", "40", discount_rate="100")], ("0.00", "0.00", "0.00"), "exclusive"),
        ([line("3", "40", discount_amount="120")], ("0.00", "0.00", "0.00"), "exclusive"),
        ([line("1", "50"), line("-1", "50")], ("0.00", "0.00", "0.00"), "exclusive"),
        # 115 contains 15; 10 contains 1.3043.
        ([line("1", "115"), line("1", "10")], ("108.70", "16.30", "125.00"), "inclusive"),
        ([line("1", "115", [])], ("115.00", "0.00", "115.00"), "no_tax"),
        ([line("1", "115", [])], ("115.00", "0.00", "115.00"), "exclusive"),
        # 15 % of 0.10 is 0.015, an exact half cent.
        ([line("1", "0.10")], ("0.10", "0.02", "0.12"), "exclusive"),
        # 1.05 × 1.09975 = 1.1547375: 15.4738 %.
        ([line("1", "100", QUEBEC)], ("100.00", "15.47", "115.47"), "exclusive"),
        # 8.125 % of 19.99 is 1.6241875.
        ([line("1", "19.99", SALES_TAX)], ("19.99", "1.62", "21.61"), "exclusive"),
        # A cent above that, which the one taxed line can bear.
        ([line("1", "19.99", SALES_TAX)], ("19.99", "1.63", "21.62"), "exclusive"),
        # 1.5045 each; Kyrios rounds their sum of 3.009.
        ([line("1", "10.03"), line("1", "10.03")], ("20.06", "3.01", "23.07"), "exclusive"),
    ],
)
def test_a_document_reaches_xero_to_the_cent(
    world: World, lines: list[dict[str, Any]], totals: tuple[str, str, str], basis: str
) -> None:
    with_other_taxes(world)
    world.queue([read_invoice(sent(lines, totals, basis))])
    world.work()
    assert world.invoice("inv-0").status == "synced", world.invoice("inv-0").causes
    (held,) = world.in_xero()
    assert tuple(f"{held[name]:.2f}" for name in ("SubTotal", "TotalTax", "Total")) == totals
    assert world.invoice("inv-0").reviews == ()


@pytest.mark.parametrize(
    ("lines", "totals", "code"),
    [
        ([line("-1", "100")], ("-100.00", "-15.00", "-115.00"), "negative_total"),
        ([line("1", "100"), line("-2", "100")], ("-100.00", "-15.00", "-115.00"), "negative_total"),
        ([line("1", "100")], ("100.00", "15.02", "115.02"), "total_mismatch"),
        ([line("1", "100")], ("100.01", "15.00", "115.01"), "total_mismatch"),
        ([line("1", "100", [])], ("100.00", "0.01", "100.01"), "total_mismatch"),
    ],
)
def test_a_document_xero_would_not_hold_as_kyrios_says_is_kept_and_explained(
    world: World, lines: list[dict[str, Any]], totals: tuple[str, str, str], code: str
) -> None:
    assert world.queue([read_invoice(sent(lines, totals))]) == ["accepted"]
    world.work()
    known = world.invoice("inv-0")
    assert (known.status, [cause.code for cause in known.causes]) == ("blocked", [code])
    assert world.requests("PUT", "/Invoices") == []


def test_a_tax_amount_xero_does_not_keep_is_told_not_hidden(world: World) -> None:
    world.control.post("/options", json={"tax_amount_tolerance_cents": 0}).raise_for_status()
    world.queue([read_invoice(sent([line("1", "10.03"), line("1", "10.03")], ("20.06", "3.01", "23.07")))])
    world.work()
    known = world.invoice("inv-0")
    assert (known.status, [cause.code for cause in known.causes]) == ("failed", ["rejected_by_xero"])
