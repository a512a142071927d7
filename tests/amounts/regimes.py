"""Eight ways to be taxed, and invoices of each, drawn by chance from a fixed seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.amounts.whole_numbers import Basis, Charge, Row, Sums, added, amount_of, rounded, sums_of, tax_fraction

EXCLUSIVE: tuple[Basis, ...] = ("exclusive",)
INCLUSIVE: tuple[Basis, ...] = ("inclusive",)
ANY: tuple[Basis, ...] = ("exclusive", "inclusive", "no_tax")

GST_NZ: tuple[Charge, ...] = ((150_000, False),)
GST_AU: tuple[Charge, ...] = ((100_000, False),)
VAT: tuple[Charge, ...] = ((200_000, False),)
REDUCED: tuple[Charge, ...] = ((50_000, False),)
ZERO: tuple[Charge, ...] = ((0, False),)
STATE_LOCAL: tuple[Charge, ...] = ((75_000, False), (6_250, False))
NEW_YORK: tuple[Charge, ...] = ((40_000, False), (45_000, False), (3_750, False))
GST_PST: tuple[Charge, ...] = ((50_000, False), (70_000, False))
GST_ON_QST: tuple[Charge, ...] = ((50_000, False), (99_750, True))
NONE: tuple[Charge, ...] = ()


@dataclass(frozen=True)
class Regime:
    """A country's taxes as sets, the currency, and how prices are quoted."""

    name: str
    currency: str
    tax_sets: tuple[tuple[Charge, ...], ...]
    bases: tuple[Basis, ...] = EXCLUSIVE


REGIMES = (
    Regime("NZ", "NZD", (GST_NZ, ZERO, NONE)),
    Regime("AU", "AUD", (GST_AU, NONE)),
    Regime("UK", "GBP", (VAT, REDUCED, ZERO)),
    Regime("US", "USD", (STATE_LOCAL, NEW_YORK, NONE)),
    Regime("CA", "CAD", (GST_ON_QST, GST_PST, ((50_000, False),))),
    Regime("inclusive", "NZD", (GST_NZ, VAT, STATE_LOCAL), INCLUSIVE),
    Regime("zero-rated", "NZD", (ZERO, NONE), ANY),
    Regime("mixed", "NZD", (GST_NZ, VAT, REDUCED, ZERO, NONE, STATE_LOCAL, NEW_YORK, GST_ON_QST), ANY),
)


@dataclass(frozen=True)
class Drawn:
    """An invoice, and the totals Kyrios says it has."""

    number: str
    currency: str
    basis: Basis
    rows: tuple[Row, ...]
    said: Sums


def invoices(regime: Regime, count: int, seed: int = 1) -> Iterator[Drawn]:
    """`count` invoices of a regime, always the same ones for a seed."""
    chance = random.Random(f"{regime.name}/{seed}")
    for number in range(count):
        basis = chance.choice(regime.bases)
        rows = tuple(_row(chance, regime.tax_sets) for _ in range(chance.choice((1, 1, 2, 3, 5, 12))))
        yield Drawn(f"{regime.name}-{number}", regime.currency, basis, rows, _said(chance, rows, basis))


def _row(chance: random.Random, tax_sets: Sequence[tuple[Charge, ...]]) -> Row:
    """Prices of whole cents and of four decimals, fractions of hours, discounts up to all of it, a rare deduction."""
    quantity = chance.choice((10_000, 10_000 * chance.randint(1, 40), chance.randint(1, 500_000)))
    price = chance.choice(
        (chance.randint(1, 90_000) * 100, chance.randint(1, 9_000_000), 50 * chance.randint(1, 9_999))
    )
    charges = chance.choice(tax_sets)
    if chance.random() < 0.08:
        return Row(quantity, -price // 50 or -1, charges)
    kind = chance.random()
    if kind < 0.2:
        rate = chance.choice((100_000, 333_300, 1_000_000, chance.randint(1, 10_000) * 100))
        return Row(quantity, price, charges, discount_rate=rate)
    if kind < 0.35:
        most = quantity * price // 1_000_000
        return Row(quantity, price, charges, discount_cents=chance.choice((most, chance.randint(0, most))))
    return Row(quantity, price, charges)


def _said(chance: random.Random, rows: Sequence[Row], basis: Basis) -> Sums:
    """Kyrios rounds as Xero does, or once per invoice, or each component apart; now and then it is plainly off."""
    way = chance.random()
    if way < 0.4:
        return sums_of(rows, basis)
    if way < 0.7:
        return added(rows, basis, sum(_tax_of_all(rows, basis, rate) for rate in {row.charges for row in rows}))
    if way < 0.92:
        return added(rows, basis, sum(_tax_by_component(row, basis) for row in rows))
    own = sums_of(rows, basis)
    off = chance.choice((1, -1, 2, 3, 100, -777))
    return chance.choice((added(rows, basis, own.tax + off), Sums(own.net + off, own.tax, own.gross + off)))


def _tax_of_all(rows: Sequence[Row], basis: Basis, charges: tuple[Charge, ...]) -> int:
    """The tax of all lines of one tax set, rounded once."""
    fractions = [tax_fraction(row, basis) for row in rows if row.charges == charges]
    return rounded(sum(numerator for numerator, _ in fractions), fractions[0][1])


def _tax_by_component(row: Row, basis: Basis) -> int:
    """Each component's share of the line's tax, rounded by itself; a compound set is rounded whole."""
    numerator, denominator = tax_fraction(row, basis)
    whole = sum(rate for rate, _ in row.charges)
    if not whole or any(compound for _, compound in row.charges):
        return rounded(numerator, denominator)
    return sum(rounded(numerator * rate, denominator * whole) for rate, _ in row.charges)


def is_below_zero(drawn: Drawn) -> bool:
    """Whether Kyrios says a total below zero."""
    return drawn.said.gross < 0


def as_sent_by_kyrios(drawn: Drawn) -> dict[str, Any]:
    """The invoice in the format Kyrios sends."""
    return {
        "account_id": "harbour-vine",
        "invoice_id": drawn.number,
        "number": drawn.number,
        "date": "2026-10-01",
        "due_date": "2026-10-21",
        "currency": drawn.currency,
        "line_amounts": drawn.basis,
        "url": f"https://app.kyrios.example/invoices/{drawn.number}",
        "contact": {"id": "cus-001", "name": "Northgate Wines"},
        "lines": [_line(row) for row in drawn.rows],
        "totals": {
            "sub_total": _decimal(drawn.said.net, 2),
            "total_tax": _decimal(drawn.said.tax, 2),
            "total": _decimal(drawn.said.gross, 2),
        },
    }


def _line(row: Row) -> dict[str, Any]:
    line: dict[str, Any] = {
        "description": "Work",
        "quantity": _decimal(row.quantity, 4),
        "unit_amount": _decimal(row.unit_price, 4),
        "taxes": [
            {"id": f"t{place}", "rate": _decimal(rate, 4), "compound": compound}
            for place, (rate, compound) in enumerate(row.charges)
        ],
    }
    if row.discount_rate:
        line["discount_rate"] = _decimal(row.discount_rate, 4)
    if row.discount_cents:
        line["discount_amount"] = _decimal(row.discount_cents, 2)
    return line


def _decimal(scaled: int, places: int) -> str:
    digits = str(abs(scaled)).rjust(places + 1, "0")
    return f"{'-' if scaled < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def xero_rates() -> dict[tuple[Charge, ...], dict[str, Any]]:
    """Every tax set of every regime as a Xero rate; no set at all is Xero's own NONE."""
    sets = list(dict.fromkeys(charges for regime in REGIMES for charges in regime.tax_sets if charges))
    return {
        charges: {
            "TaxType": f"TAX9{place:02}",
            "Name": f"Set {place}",
            "CanApplyToRevenue": True,
            "TaxComponents": [
                {"Name": f"C{n}", "Rate": _decimal(rate, 4), "IsCompound": compound}
                for n, (rate, compound) in enumerate(charges)
            ],
        }
        for place, charges in enumerate(sets)
    }


def has_deduction(drawn: Drawn) -> bool:
    """Whether some line is below zero."""
    return any(amount_of(row) < 0 for row in drawn.rows)
