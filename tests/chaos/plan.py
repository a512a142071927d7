"""What Kyrios asks for in one trial, and what must become of each invoice. Drawn by the seed; the same seed, the same.

Every invoice has a fate, and the fate says how it must end: in Xero once, with these payments and this total; refused
by Xero, alone or with the whole request it was in; blocked by preflight; or voided. What is sent without an answer and
breaks every search for it must end as unfound, and be in Xero once when somebody tries again. What kills its worker, or
cannot be read as its text is damaged, must fail as our own fault.

In the middle one organisation is offline for a while, and another is disconnected and connected again: invoices of all
others that are issued meanwhile must be in Xero before it is back.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from random import Random
from typing import Final, Literal
from uuid import UUID

import msgspec

from domain.document import InvoiceDocument, InvoiceText, KyriosContact, Line, Payment, Totals
from domain.streams import invoice_stream
from domain.tax import TaxComponent, TaxSet
from services.intake import IssuedInvoice
from tests.chaos.books import Organisation
from tests.chaos.fire import POISON, UNFOUND_LINK, UNFOUND_NUMBER
from tests.chaos.killer import KILLER_LINK

Fate = Literal[
    "plain", "paid", "revised", "voided", "new_customer", "refused", "poison", "unfound", "blocked", "damaged", "killer"
]
FATES: Final[dict[Fate, int]] = {
    "plain": 51, "paid": 18, "revised": 10, "voided": 6, "new_customer": 4, "refused": 5,
    "poison": 1, "unfound": 0, "blocked": 5,
}  # fmt: skip
"""Of a hundred invoices; each at least once in every organisation. What is our own fault is planted by number."""

OUR_FAULT: Final[tuple[Fate, ...]] = ("damaged", "killer")
PATHS: Final[dict[Fate, str]] = {
    "refused": "xero", "poison": POISON.strip("/"), "unfound": UNFOUND_LINK.strip("/"),
    "killer": KILLER_LINK.strip("/"),
}  # fmt: skip
"""Xero refuses a link that holds its own name, which the intake would not let through; poison spoils whole requests."""

PRICE: Final = Decimal("10.00")
GST: Final = TaxSet((TaxComponent(tax_id="gst", rate=Decimal(15)),))
UNMAPPED: Final = TaxSet(
    (TaxComponent(tax_id="gst", rate=Decimal(15)), TaxComponent(tax_id="alcohol-levy", rate=Decimal("3.5")))
)
NEW_CUSTOMERS: Final = 5
LARGEST_PORTION: Final = 60
LAST_INTAKE: Final = 0.8
"""The share of the trial in which invoices are issued; revisions and voids follow until its end."""
COMPANY: Final = 49
"""Plain invoices that are issued with a killer."""
WITNESSES: Final = 2
"""Invoices of each other organisation that must go through while one is away."""
OFFLINE: Final = (0.08, 0.18)
DISCONNECTED: Final = (0.22, 0.36)
SHUT: Final = (0.4, 0.6)
"""When all this begins and ends, or may begin, as shares of the trial."""


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One invoice as it must end: its total, its payments, and where."""

    organisation: Organisation
    invoice_id: str
    number: str
    fate: Fate
    total: Decimal
    payments: tuple[Payment, ...] = ()

    @property
    def stream(self) -> UUID:
        """Its events."""
        return invoice_stream(self.organisation.account_id, self.invoice_id)

    @property
    def in_xero(self) -> bool:
        """Whether Xero must hold it in the end; a voided one it may hold, as voided."""
        return self.fate in ("plain", "paid", "revised", "new_customer", "unfound")

    @property
    def status(self) -> str:
        """What the engine must say of it in the end."""
        failed = dict.fromkeys(("refused", "poison", *OUR_FAULT), "failed")
        return {**failed, "blocked": "blocked", "voided": "voided"}.get(self.fate, "synced")

    @property
    def cause(self) -> str:
        """What the engine must say is in its way, if that is asked here; the mails tell of the others."""
        return "internal_error" if self.fate in OUR_FAULT else ""


class Queue(msgspec.Struct, frozen=True):
    """Invoices are issued, or revised."""

    issued: list[IssuedInvoice]


class Void(msgspec.Struct, frozen=True):
    """An invoice is voided."""

    account_id: str
    invoice_id: str


class Gate(msgspec.Struct, frozen=True):
    """The owner closes the connection's gate, or opens it again."""

    account_id: str
    opened: bool


class Away(msgspec.Struct, frozen=True):
    """An organisation is offline at Xero from now on, or its owner disconnects it."""

    organisation: Organisation
    how: Literal["offline", "disconnected"]


class Back(msgspec.Struct, frozen=True):
    """It is online again, or connected; not before the witnesses are in Xero, who must not notice any of it."""

    away: Away
    witnesses: list[IssuedInvoice]


Step = Queue | Void | Gate | Away | Back
Drawn = tuple[Planned, IssuedInvoice]


class Plan(msgspec.Struct, frozen=True):
    """All steps, each with its place between 0 and 1 in the trial, in order; and what must come out.

    What is `deadly`, a killer and its company, is issued when the fire is out, as nobody could tell its harm from that
    of the strikes; what is for the roll call, when all else is done.
    """

    steps: list[tuple[float, Step]]
    invoices: list[Planned]
    deadly: list[IssuedInvoice]
    roll_call: list[IssuedInvoice]


def draw(
    random: Random, organisations: Sequence[Organisation], invoices: int, called: int = 0, planted: int = 0
) -> Plan:
    """Draw the plan of a trial; `called` plain invoices of the first organisation are left for the roll call.

    The first organisation has so many killers `planted`, and so many damaged ones.
    """
    steps: list[tuple[float, Step]] = []
    planned: list[Planned] = []
    kept: list[Drawn] = []
    deadly: list[Drawn] = []
    witnesses: dict[str, list[Drawn]] = {}
    for organisation in organisations:
        fates = _fates(random, invoices, [] if planned else [*OUR_FAULT] * planted)
        drawn = [_invoice(random, organisation, number, fate) for number, fate in enumerate(fates)]
        planned += [one for one, _ in drawn]
        kept += _taken_out(drawn, 0 if kept else called)
        deadly += _with_company(drawn)
        if len(organisations) > 1:
            witnesses[organisation.account_id] = _taken_out(drawn, 2 * WITNESSES)
        for place, portion in _portions(random, drawn):
            steps.append((place, Queue([issued for _, issued in portion])))
            steps += [(random.uniform(place, 1), later) for one, issued in portion if (later := _later(one, issued))]
        shut = random.uniform(*SHUT)
        steps += [(shut, Gate(organisation.account_id, False)), (shut + 0.05, Gate(organisation.account_id, True))]
    if len(organisations) > 1:
        steps += _absence(Away(organisations[0], "offline"), OFFLINE, witnesses)
        steps += _absence(Away(organisations[-1], "disconnected"), DISCONNECTED, witnesses)
    steps.sort(key=lambda step: step[0])
    return Plan(steps, planned, [issued for _, issued in deadly], [issued for _, issued in kept])


def _fates(random: Random, invoices: int, planted: Sequence[Fate]) -> list[Fate]:
    """One of each, what is planted, the others drawn by their weight."""
    drawn: list[Fate] = [*FATES, *planted]
    drawn += random.choices(list(FATES), list(FATES.values()), k=invoices - len(drawn))
    random.shuffle(drawn)
    return drawn


def _absence(away: Away, span: tuple[float, float], witnesses: dict[str, list[Drawn]]) -> Iterator[tuple[float, Step]]:
    """One organisation is away; meanwhile invoices that were kept for it are issued, its own and all others'."""
    issued = [one for drawn in witnesses.values() for _, one in drawn[:WITNESSES]]
    for drawn in witnesses.values():
        del drawn[:WITNESSES]
    yield span[0], away
    yield span[0], Queue(issued)
    yield span[1], Back(away, [one for one in issued if one.account_id != away.organisation.account_id])


def _taken_out(drawn: list[Drawn], number: int) -> list[Drawn]:
    """So many plain ones, which are no longer among the others."""
    taken = [one for one in drawn if one[0].fate == "plain"][:number]
    drawn[:] = [one for one in drawn if one not in taken]
    return taken


def _with_company(drawn: list[Drawn]) -> list[Drawn]:
    """The killers in the middle of plain ones that share their request; none of them is among the others any more."""
    killers = [one for one in drawn if one[0].fate == "killer"]
    drawn[:] = [one for one in drawn if one not in killers]
    company = _taken_out(drawn, COMPANY if killers else 0)
    return [*company[::2], *killers, *company[1::2]]


def _portions(random: Random, drawn: list[Drawn]) -> Iterator[tuple[float, list[Drawn]]]:
    """The invoices in portions of all sizes, with the place of each: some arrive alone, some in crowds."""
    done = 0
    while done < len(drawn):
        size = random.choice((1, 1, 2, 5, 15, LARGEST_PORTION))
        yield LAST_INTAKE * done / len(drawn), drawn[done : done + size]
        done += size


def _later(one: Planned, issued: IssuedInvoice) -> Step | None:
    """What happens to an invoice after it was issued."""
    if one.fate == "voided":
        return Void(issued.account_id, issued.invoice_id)
    if one.fate == "revised":
        quantity = issued.document.lines[0].quantity + 1
        document = _document(issued.document.number, issued.document.url, issued.contact.contact_id, quantity)
        revision = {"revision": 2, "command_id": f"revise-{one.invoice_id}", "document": document}
        return Queue([msgspec.structs.replace(issued, **revision)])
    return None


def _invoice(random: Random, organisation: Organisation, number: int, fate: Fate) -> Drawn:
    quantity = Decimal(random.randint(2, 40))
    path = PATHS.get(fate, "invoices")
    invoice_id = f"{organisation.account_id}-{number}"
    customer = (
        f"new-{random.randint(1, NEW_CUSTOMERS)}" if fate == "new_customer" else random.choice(list(organisation.links))
    )
    url = f"https://app.kyrios.example/{path}/{invoice_id}"
    numbered = f"{UNFOUND_NUMBER if fate == 'unfound' else 'C-'}{number}"
    document = _document(numbered, url, customer, quantity, UNMAPPED if fate == "blocked" else GST)
    if fate == "paid":
        document = msgspec.structs.replace(document, payments=_payments(random, invoice_id))
    planned = Planned(
        organisation=organisation,
        invoice_id=invoice_id,
        number=document.number,
        fate=fate,
        total=_totals(quantity + 1 if fate == "revised" else quantity, GST).total,
        payments=document.payments,
    )
    return planned, IssuedInvoice(
        account_id=organisation.account_id,
        invoice_id=invoice_id,
        command_id=f"issue-{invoice_id}",
        document=document,
        text=InvoiceText(reference="", descriptions=("Work",)),
        contact=KyriosContact(contact_id=customer, name=f"Customer {customer}"),
    )


def _payments(random: Random, invoice_id: str) -> tuple[Payment, ...]:
    """One or two small ones: all of them doubled would still fit into the invoice, so nothing but us prevents it."""
    count, paid_on = random.randint(1, 2), dt.date(2026, 9, 5)
    return tuple(
        Payment(payment_id=f"{invoice_id}-p{which}", paid_on=paid_on, amount=Decimal("5.00") + which)
        for which in range(count)
    )


def _document(number: str, url: str, customer: str, quantity: Decimal, tax_set: TaxSet = GST) -> InvoiceDocument:
    return InvoiceDocument(
        number=number,
        date=dt.date(2026, 9, 1),
        due_date=dt.date(2026, 9, 21),
        currency="NZD",
        line_amounts="exclusive",
        url=url,
        kyrios_contact_id=customer,
        lines=(Line(quantity=quantity, unit_amount=PRICE, tax_set=tax_set),),
        totals=_totals(quantity, tax_set),
    )


def _totals(quantity: Decimal, tax_set: TaxSet) -> Totals:
    sub_total = quantity * PRICE
    total_tax = (sub_total * sum(one.rate for one in tax_set.components) / 100).quantize(Decimal("0.01"))
    return Totals(sub_total=sub_total, total_tax=total_tax, total=sub_total + total_tax)
