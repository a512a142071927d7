"""What an event fixes: the causes it names are the ones preflight found, and preflight no longer finds them."""

from typing import Final

import msgspec
import pytest

from domain import connection, contact_link
from domain.connection import AccountsSelected, TaxMapped
from domain.contact_link import ContactLink, ContactLinked
from domain.event import Event
from domain.fixes import fixed_by
from domain.preflight import causes_against
from domain.topics import TOPIC_OF
from tests.domain.every_event import EVERY_EVENT
from tests.examples import (
    CLEARING,
    CONTACT,
    LINK,
    LUXURY,
    OTHER_REVENUE,
    OUTPUT2,
    SALES,
    XERO_CONTACT,
    document,
    line,
    open_connection_state,
    totals,
)
from tests.given import fact

FIXING: Final = {"TaxMapped.1", "ContactLinked.1", "AccountsSelected.1"}
ISSUED: Final = document(
    lines=(line("1", "100.00", LUXURY, ledger_account_id=CLEARING.account_id),),
    totals=totals("100.00", "12.50", "112.50"),
)
LINKED: Final = fact(ContactLinked, kyrios_contact_id=CONTACT, xero_contact_id=XERO_CONTACT, how="person")
ALLOWED: Final = fact(AccountsSelected, default_line=SALES, also_allowed=(OTHER_REVENUE, CLEARING))
MAPPED: Final = fact(
    TaxMapped,
    tax_set=LUXURY,
    tax_type="TAX002",
    effective_rate=LUXURY.effective_rate,
    components=OUTPUT2.components,
    version=3,
)


@pytest.mark.parametrize("event", EVERY_EVENT.values(), ids=lambda event: TOPIC_OF[type(event)])
def test_only_few_events_fix_anything(event: Event) -> None:
    assert bool(fixed_by(event)) is (TOPIC_OF[type(event)] in FIXING)


@pytest.mark.parametrize("event", [LINKED, ALLOWED, MAPPED], ids=lambda event: type(event).__name__)
def test_a_fix_names_the_cause_preflight_found_and_preflight_finds_it_no_longer(event: Event) -> None:
    before = _causes()
    fixed = set(fixed_by(event)) & before
    assert len(fixed) == 1
    assert _causes(event) == before - fixed


def test_all_fixes_together_let_the_invoice_go() -> None:
    assert _causes(LINKED, ALLOWED, MAPPED) == set()


def _causes(*events: Event) -> set[tuple[str, str]]:
    state = open_connection_state()
    link: ContactLink | None = msgspec.structs.replace(LINK, xero_contact_id=None)
    for event in events:
        if isinstance(event, ContactLinked):
            link = contact_link.evolve(link, event)
        else:
            state = connection.evolve(state, event)
    return {(cause.code, cause.key) for cause in causes_against(ISSUED, state, link)}
