"""2,000 invoices over eight regimes: the engine, the simulator over HTTP, and whole numbers agree to the cent."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from adapters.simulator.server import Simulator
from adapters.xero.answers import XeroInvoice
from adapters.xero.calls import BATCH_SIZE
from adapters.xero.invoice_mapping import body_of, render_invoice
from adapters.xero.session import XeroSession
from domain.amounts import amounts_in_xero
from domain.connection import Connection
from domain.document import InvoiceText, Totals
from domain.preflight import causes_against
from domain.references import References
from domain.tax import TaxMapping, TaxSet, same_effective_rate
from services.intake import IssuedInvoice, read_invoice
from tests.amounts import whole_numbers
from tests.amounts.regimes import (
    REGIMES,
    Drawn,
    Regime,
    as_sent_by_kyrios,
    has_deduction,
    invoices,
    is_below_zero,
    xero_rates,
)
from tests.amounts.whole_numbers import Charge, Sums
from tests.examples import STANDING, open_connection_state
from tests.world import contact_links, organisation_id, world_on

PER_REGIME = 250
SALES = "7d9e2c41-8f36-4b75-a1d8-0c53e6f9b200"


class Books:
    """A simulated organisation that knows every rate, and the session to it."""

    def __init__(self, session: XeroSession, tax_types: dict[tuple[Charge, ...], str]) -> None:
        self.session = session
        rates = {rate.tax_type: rate for rate in session.tax_rates()}
        self.rates = {charges: rates[tax_type] for charges, tax_type in tax_types.items()}
        self.references = References(tax_rates=rates, currencies=frozenset(session.currencies()))
        self.contact = next(iter(contact_links().values()))


@pytest.fixture
def books(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[Books]:
    with world_on(xero, database_url, tmp_path) as world:
        place = f"/organisations/{organisation_id()}"
        wanted = xero_rates()
        world.control.post(f"{place}/tax_rates", json=list(wanted.values())).raise_for_status()
        currencies = [{"Code": currency} for currency in sorted({regime.currency for regime in REGIMES})]
        world.control.post(f"{place}/currencies", json=currencies).raise_for_status()
        world.connect()
        session = world.engine.session_of(world.engine.set_up.connection("harbour-vine"))
        yield Books(session, {charges: rate["TaxType"] for charges, rate in wanted.items()})


def connection_of(books: Books, issued: Sequence[IssuedInvoice]) -> Connection:
    """A connection with every tax set the invoices use mapped; its organisation's own currency is the NZD."""
    sets = {line.tax_set.key: line.tax_set for one in issued for line in one.document.lines if line.tax_set.components}
    return msgspec.structs.replace(
        open_connection_state(),
        mappings={key: mapping_of(tax_set, books) for key, tax_set in sets.items()},
    )


def mapping_of(tax_set: TaxSet, books: Books) -> TaxMapping:
    charges = tuple((int(c.rate.scaleb(4)), c.compound) for c in tax_set.components)
    rate = books.rates[charges]
    assert same_effective_rate(tax_set, rate)
    assert whole_numbers.effective_rate(charges) == rate.effective_rate.scaleb(4)
    return TaxMapping(
        tax_set=tax_set,
        tax_type=rate.tax_type,
        effective_rate=rate.effective_rate,
        components=rate.components,
        version=1,
    )


def expected_causes(drawn: Drawn) -> list[str]:
    """What whole numbers say must be in the way."""
    if is_below_zero(drawn):
        return ["negative_total"]
    return [] if whole_numbers.within_reach(drawn.rows, drawn.basis, drawn.said) else ["total_mismatch"]


def rendered(one: IssuedInvoice, connection: Connection, books: Books) -> bytes:
    taxes = amounts_in_xero(one.document, connection).line_taxes
    return render_invoice(
        one.document,
        InvoiceText(reference="", descriptions=one.text.descriptions),
        books.contact,
        lambda _: SALES,
        lambda tax_set: connection.mappings[tax_set.key].tax_type,
        taxes,
    )


def in_cents(totals: Totals | None) -> Sums:
    assert totals is not None
    return Sums(*(int(amount * 100) for amount in (totals.sub_total, totals.total_tax, totals.total)))


def put(books: Books, fragments: Sequence[bytes], key: str) -> list[XeroInvoice]:
    answers: list[XeroInvoice] = []
    for start in range(0, len(fragments), BATCH_SIZE):
        body = body_of(fragments[start : start + BATCH_SIZE])
        answers += books.session.put_invoices(body, f"{key}-{start}").elements
    return answers


@pytest.mark.parametrize("regime", REGIMES, ids=lambda regime: regime.name)
@pytest.mark.complaint(6)
def test_three_arithmetics_agree_to_the_cent(regime: Regime, books: Books) -> None:
    drawn = list(invoices(regime, PER_REGIME))
    issued = [read_invoice(msgspec.json.encode(as_sent_by_kyrios(one))) for one in drawn]
    connection = connection_of(books, issued)
    sent: list[tuple[Drawn, Sums]] = []
    fragments = []
    for one, invoice in zip(drawn, issued, strict=True):
        found = [cause.code for cause in causes_against(invoice.document, connection, STANDING, books.references)]
        assert found == expected_causes(one), one
        own = whole_numbers.sums_of(one.rows, one.basis)
        if own.gross >= 0:
            # What preflight holds back has no tax amounts, so Xero is left to its own calculation.
            sent.append((one, own if found else one.said))
            fragments.append(rendered(invoice, connection, books))
    for (one, expected), answer in zip(sent, put(books, fragments, regime.name), strict=True):
        assert not answer.has_errors, (one, answer.messages)
        assert (answer.number, in_cents(answer.totals)) == (one.number, expected), one


def test_the_invoices_drawn_are_of_every_kind() -> None:
    drawn = [one for regime in REGIMES for one in invoices(regime, PER_REGIME)]
    met = [one for one in drawn if whole_numbers.within_reach(one.rows, one.basis, one.said)]
    moved = [one for one in met if one.said != whole_numbers.sums_of(one.rows, one.basis)]
    halves = [
        one
        for one in drawn
        for row in one.rows
        for numerator, denominator in [whole_numbers.tax_fraction(row, one.basis)]
        if numerator % denominator * 2 == denominator
    ]
    assert len(drawn) == 2_000
    assert {one.basis for one in drawn} == {"exclusive", "inclusive", "no_tax"}
    assert all(len(kind) >= 40 for kind in (moved, halves, [one for one in drawn if one not in met]))
    assert sum(map(has_deduction, drawn)) >= 100
    assert sum(map(is_below_zero, drawn)) >= 3
    assert any(one.said == Sums(0, 0, 0) for one in drawn)
    assert any(row.discount_rate == whole_numbers.HUNDRED_PERCENT for one in drawn for row in one.rows)
