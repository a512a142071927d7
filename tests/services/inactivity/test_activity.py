"""What restarts the clock and what never does, row by row, as the article's rule is read here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import pytest

from domain.document import KyriosContact
from domain.tax import DeclaredTaxSet
from services.intake import IssuedInvoice
from tests.changes import revise, revised, void
from tests.payments import TOTAL, paid_invoices, pay_by_hand, take_payments
from tests.services.contacts.customers import NORTHGATE, billed, customer, edit, read_contacts
from tests.services.inactivity.days import jump, last_activity, live, look
from tests.world import (
    ACCOUNT,
    BACKEND,
    OWNER,
    World,
    contact_links,
    declared_taxes,
    example_invoices,
    organisation_id,
)

HOUR: Final = timedelta(hours=1)


@contextmanager
def restarts(world: World, what: str) -> Iterator[None]:
    """What is done within restarts the clock."""
    jump(world, HOUR)
    before = last_activity(world)
    yield
    assert last_activity(world) >= before + HOUR, what


@contextmanager
def leaves(world: World, what: str) -> Iterator[None]:
    """What is done within leaves the clock as it was."""
    jump(world, HOUR)
    before = last_activity(world)
    yield
    assert last_activity(world) == before, what


def send(world: World, *issued: IssuedInvoice) -> None:
    """Queue invoices and do all that can be done."""
    world.queue(issued)
    world.work()


@pytest.mark.article("R15")
def test_an_answer_of_xero_on_invoices_payments_voids_and_contacts_is_activity_be_it_yes_or_no(quiet: World) -> None:
    take_payments(quiet)
    with restarts(quiet, "an invoice is saved"):
        send(quiet, *example_invoices(1))
    with restarts(quiet, "an invoice is changed"):
        assert revise(quiet, revised()) == ["accepted"]
        quiet.work()
    with restarts(quiet, "an invoice is voided"):
        void(quiet)
        quiet.work()
    archived = {"ContactID": contact_links()["cus-002"], "ContactStatus": "ARCHIVED"}
    quiet.control.post(f"/organisations/{organisation_id()}/contacts", json=archived).raise_for_status()
    with restarts(quiet, "an invoice is refused"):
        send(quiet, *for_customer(1, customer(contact_id="cus-002")))
        assert [cause.code for cause in quiet.invoice("inv-1").causes] == ["contact_archived"]
    send(quiet, *example_invoices(1, start=2))
    paid = paid_invoices(1, "100.00", start=3)
    with restarts(quiet, "a payment is saved"):
        send(quiet, *paid)
        assert [one.standing for one in quiet.invoice("inv-3").payments] == ["made"]
    with restarts(quiet, "a contact is created"):
        send(quiet, *for_customer(4, customer()))
        assert quiet.requests("PUT", "/Contacts")
    edit(quiet, ContactID=NORTHGATE, Name="Northgate Wines Limited")
    with restarts(quiet, "a contact changed in Xero"):
        read_contacts(quiet)


@pytest.mark.article("R15")
def test_a_refused_payment_and_a_whole_request_that_is_refused_are_answers_as_well(quiet: World) -> None:
    take_payments(quiet)
    quiet.fault("batch_400", method="PUT", path="/Invoices", times=2)
    with restarts(quiet, "a request is refused whole, and what was in it is not found"):
        send(quiet, *example_invoices(1))
        jump(quiet, timedelta(seconds=30))
        quiet.work()
        assert quiet.invoice("inv-0").status == "failed"
    send(quiet, *example_invoices(1, start=1))
    with restarts(quiet, "a payment is refused"):
        issued = paid_invoices(1, TOTAL, start=2)
        quiet.queue(issued)
        quiet.engine.dispatcher.look_at(quiet.lane)
        pay_by_hand(quiet, "T-2", TOTAL)
        quiet.work()
        assert [one.standing for one in quiet.invoice("inv-2").payments] == ["refused"]


@pytest.mark.article("R15")
def test_connecting_and_every_step_of_set_up_are_activity(quiet: World) -> None:
    set_up = quiet.engine.set_up
    declared = declared_taxes()
    (one, tax_type), *_ = [(one, tax_type) for one, tax_type in declared if one.tax_set.components]
    luxury = DeclaredTaxSet(tax_set=one.tax_set, name=f"{one.name} (new)")
    others = [other for other, _ in declared if other.tax_set != one.tax_set]
    steps: list[tuple[str, Callable[[], Any]]] = [
        ("a setting", lambda: set_up.change_setting(ACCOUNT, "contact.poll", "1 h", OWNER)),
        ("ledger accounts", lambda: set_up.choose_accounts(ACCOUNT, line="260", payment=None, also=[], actor=OWNER)),
        ("taxes on offer", lambda: set_up.declare_taxes(ACCOUNT, [luxury, *others], BACKEND)),
        ("a tax unmapped", lambda: set_up.unmap_tax(ACCOUNT, one.tax_set, OWNER)),
        ("a tax mapped", lambda: set_up.map_tax(ACCOUNT, one.tax_set, tax_type, OWNER)),
        ("who gets the mails", lambda: quiet.engine.alert_recipients.change(ACCOUNT, OWNER, add=["a@b.example"])),
        ("a consent anew", quiet.consent),
        ("disconnected, and a consent anew", lambda: (set_up.disconnect(ACCOUNT, OWNER), quiet.consent())),
    ]
    for what, step in steps:
        with restarts(quiet, what):
            step()


@pytest.mark.article("R15")
def test_what_only_keeps_us_going_and_what_never_got_an_answer_is_no_activity(quiet: World) -> None:
    quiet.queue([revised(revision=1, currency="GBP")])
    with leaves(quiet, "an invoice is blocked by ourselves"):
        quiet.work()
        assert quiet.invoice("inv-0").status == "blocked"
    with leaves(quiet, "an invoice is taken on, and left out"):
        quiet.queue(example_invoices(1, start=1))
        quiet.engine.void_invoice(ACCOUNT, "inv-1", BACKEND)
        quiet.work()
    with leaves(quiet, "contacts are read and none has changed"):
        read_contacts(quiet)
    grant = quiet.engine.set_up.connection(ACCOUNT).grant_id
    assert grant is not None
    with leaves(quiet, "tokens are renewed, and a day is lived through"):
        version = quiet.engine.grants.read(grant).token_version
        live(quiet, 2)
        assert quiet.engine.grants.read(grant).token_version > version
    with leaves(quiet, "Xero is asked for the daily look"):
        asked = len(quiet.requests("GET", "/connections"))
        jump(quiet, timedelta(hours=30))
        assert quiet.engine.connection_probe.round() == 1
        assert len(quiet.requests("GET", "/connections")) > asked
    with leaves(quiet, "rates and accounts are read again"):
        quiet.engine.set_up.tax_rates(ACCOUNT)
        quiet.engine.set_up.ledger_accounts(ACCOUNT)
    for fault in ("http_503", "http_429_minute"):
        quiet.fault(fault, method="PUT", path="/Invoices")
        with leaves(quiet, f"Xero does not take what is sent ({fault})"):
            send(quiet, *example_invoices(1, start=2))
            assert quiet.invoice("inv-2").status in ("queued", "checking")
    look(quiet)


def for_customer(number: int, who: KyriosContact) -> list[IssuedInvoice]:
    """One invoice to somebody else than the examples' first customer."""
    return [billed(one, who) for one in example_invoices(1, start=number)]
