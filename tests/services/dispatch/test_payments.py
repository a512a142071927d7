"""Payments follow their invoice into Xero: each once, on its date, on the chosen account, never above what is due."""

from decimal import Decimal
from uuid import uuid4

import msgspec
import pytest

from domain import invoice as invoices
from domain import paying
from domain.document import Totals
from domain.event import ENGINE, Moment
from domain.invoice import RetryRequested, ReviewRaised
from domain.refusals import NotPossible
from domain.streams import invoice_stream
from projections import invoice_status
from services.dispatch.create_payment import CreatePayment
from services.proof.verify import verify
from services.views.invoice_story import tell
from tests.payments import (
    TOTAL,
    create_invoices_only,
    due,
    entered,
    in_xero,
    paid_invoices,
    pay_by_hand,
    payment,
    take_payments,
    with_payments,
)
from tests.services.dispatch.seen import states, statuses, story
from tests.world import ACCOUNT, OWNER, World, example_invoices, organisation_id


@pytest.fixture(autouse=True)
def _account_for_payments(world: World) -> None:
    take_payments(world)


def kinds(world: World) -> list[tuple[str, str]]:
    """The outbox: what each entry asks for, and where it stands."""
    return [(entry["kind"], entry["state"]) for entry in world.outbox()]


def reviews_listed(world: World, invoice_id: str = "inv-0") -> list[str]:
    """The keys of the reviews that the lists show for an invoice."""
    world.engine.projector.step()
    stream = invoice_stream(ACCOUNT, invoice_id)
    with world.engine.read.connect() as connection:
        row = invoice_status.load(connection, [stream])[stream]
    return [review.key for review in invoice_status.causes_of(row.reviews)]


def sentence(world: World, invoice_id: str = "inv-0") -> str:
    """What a person reads of an invoice."""
    return tell(world.engine, world.engine.read, ACCOUNT, invoice_id).explanation.sentence


@pytest.mark.article("R9")
def test_a_paid_invoice_is_paid_in_xero_on_its_date_and_on_the_chosen_account(world: World) -> None:
    world.queue(paid_invoices(1, TOTAL))
    world.work()
    (made,) = in_xero(world)
    (invoice,) = world.in_xero()
    assert made["Invoice"]["InvoiceID"] == invoice["InvoiceID"]
    assert (made["Reference"], made["Amount"]) == ("pay-0-0", 414.0)
    assert made["Date"] == "/Date(1788566400000+0000)/"  # 5 September 2026
    assert made["Account"]["Code"] == "850"
    assert due(world, "T-0") == ("PAID", "0.00")
    assert story(world) == ["InvoiceQueued", "InvoiceSynced", "PaymentSynced"]
    assert [one.standing for one in world.invoice("inv-0").payments] == ["made"]


@pytest.mark.article("R9")
def test_several_payments_of_an_invoice_go_one_after_the_other_in_their_order(world: World) -> None:
    world.queue(paid_invoices(1, "100.00", "0.01", "200.00"))
    create_invoices_only(world)
    assert kinds(world) == [
        ("create_invoice", "DONE"),
        ("create_payment", "PENDING"),
        ("create_payment", "WAITING"),
        ("create_payment", "WAITING"),
    ]
    world.work()
    assert [one["Reference"] for one in in_xero(world)] == ["pay-0-0", "pay-0-1", "pay-0-2"]
    assert due(world, "T-0") == ("AUTHORISED", "113.99")
    assert story(world) == ["InvoiceQueued", "InvoiceSynced", *["PaymentSynced"] * 3]


def test_an_unpaid_invoice_has_no_payment(world: World) -> None:
    world.queue(example_invoices(1))
    world.work()
    assert (in_xero(world), kinds(world)) == ([], [("create_invoice", "DONE")])


def test_payments_of_many_invoices_share_a_request(world: World) -> None:
    world.queue(paid_invoices(12, "14.00", "400.00"))
    world.work()
    assert set(entered(world).values()) == {1}
    assert len(in_xero(world)) == 24
    assert len(world.requests("PUT", "/Payments")) == 2
    assert {entry["attempts"] for entry in world.outbox()} == {1}


def test_nothing_is_paid_where_payments_are_not_recorded(world: World) -> None:
    world.engine.set_up.change_setting(ACCOUNT, "payments.record", "off", OWNER)
    take_payments(world, None)
    world.queue(paid_invoices(1, TOTAL))
    world.work()
    assert (in_xero(world), due(world, "T-0")) == ([], ("AUTHORISED", TOTAL))


def test_a_paid_invoice_waits_for_an_account_for_payments_and_goes_once_there_is_one(world: World) -> None:
    take_payments(world, None)
    world.queue([*paid_invoices(1, "10.00"), *example_invoices(1, start=1)])
    world.work()
    assert statuses(world, 2) == ["blocked", "synced"]
    assert [cause.code for cause in world.invoice("inv-0").causes] == ["payment_account_missing"]
    take_payments(world)
    world.engine.projector.step()
    world.engine.releaser.step(world.engine.store.head())
    world.work()
    assert statuses(world, 1) == ["synced"]
    assert entered(world) == {"pay-0-0": 1}


@pytest.mark.article("R8")
def test_payments_and_account_are_those_of_the_moment_the_invoice_was_sent(world: World) -> None:
    world.queue(paid_invoices(1, "10.00"))
    create_invoices_only(world)
    take_payments(world, "260")
    world.engine.set_up.change_setting(ACCOUNT, "payments.record", "off", OWNER)
    world.work()
    (made,) = in_xero(world)
    assert made["Account"]["Code"] == "850"


@pytest.mark.article("R8")
def test_payments_that_come_later_stay_in_kyrios(world: World) -> None:
    """The article: payment status at the time of sync."""
    (one,) = paid_invoices(1, "10.00")
    world.queue([one])
    world.work()
    later = with_payments(one, [*one.document.payments, payment("pay-later", "20.00")])
    assert world.queue([later]) == ["refused"]
    world.work()
    assert entered(world) == {"pay-0-0": 1}
    assert len(world.requests("PUT", "/Payments")) == 1


def test_nothing_is_sent_behind_a_closed_gate_and_payments_go_when_it_opens(world: World) -> None:
    world.queue(paid_invoices(1, "10.00"))
    create_invoices_only(world)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.work()
    assert entered(world) == {}
    world.connect()
    world.work()
    assert entered(world) == {"pay-0-0": 1}


def test_a_payment_does_not_follow_the_account_into_other_books(world: World) -> None:
    world.queue(paid_invoices(1, "10.00"))
    create_invoices_only(world)
    known, kind = world.invoice("inv-0"), CreatePayment()
    moved = msgspec.structs.replace(world.engine.set_up.connection(ACCOUNT), organisation_id="other-books")
    with world.engine.store.begin() as tx:
        (subject,) = kind.subjects(tx, [invoice_stream(ACCOUNT, "inv-0")], moved).values()
        at = Moment(now=tx.now(), actor=ENGINE, correlation_id=uuid4(), new_id=uuid4)
    causes = kind.causes(subject, moved)
    assert [cause.code for cause in causes] == ["organisation_changed"]
    (review,) = kind.blocked(subject, causes, moved, at)
    assert isinstance(review, ReviewRaised)
    reviewed = invoices.evolve(known, review)
    assert [one.standing for one in reviewed.payments] == ["refused"]
    with pytest.raises(NotPossible, match="books of another organisation"):
        paying.retry_payments(reviewed, moved, at)
    # Back in the books the invoice is in, a person may have it tried again.
    back = world.engine.set_up.connection(ACCOUNT)
    assert [type(event) for event in paying.retry_payments(reviewed, back, at)] == [RetryRequested]


# ── what Xero does not take ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.complaint(13)
def test_an_invoice_that_was_paid_in_xero_already_is_looked_at_by_a_person_and_not_tried_again(world: World) -> None:
    world.queue(paid_invoices(1, TOTAL))
    create_invoices_only(world)
    pay_by_hand(world, "T-0", TOTAL)
    world.work()
    assert states(world) == ["DONE", "REJECTED"]
    state = world.invoice("inv-0")
    assert state.status == "synced"
    assert [(review.code, review.key) for review in state.reviews] == [("payment_exceeds_due", "pay-0-0")]
    assert story(world) == ["InvoiceQueued", "InvoiceSynced", "ReviewRaised"]
    assert len(world.requests("PUT", "/Payments")) == 1
    world.later(100_000)
    world.work()
    assert len(world.requests("PUT", "/Payments")) == 1
    assert sentence(world) == (
        "In Xero as T-0, but: The payment of NZD 414.00 did not go: Xero shows less owing than was paid here. "
        "Check whether the payment is there already. We changed nothing; please look."
    )


@pytest.mark.article("R9")
def test_a_payment_above_what_is_due_does_not_keep_the_others_of_its_request_out(world: World) -> None:
    world.queue(paid_invoices(3, "400.00"))
    create_invoices_only(world)
    pay_by_hand(world, "T-1", "15.00")
    world.work()
    assert entered(world) == {"pay-0-0": 1, "pay-2-0": 1}
    assert [bool(world.invoice(f"inv-{n}").reviews) for n in range(3)] == [False, True, False]


def test_a_refused_payment_does_not_stop_the_next_one_of_its_invoice(world: World) -> None:
    world.queue(paid_invoices(1, "400.00", "14.00"))
    create_invoices_only(world)
    pay_by_hand(world, "T-0", "100.00")
    world.work()
    assert entered(world) == {"pay-0-1": 1}
    assert [one.standing for one in world.invoice("inv-0").payments] == ["refused", "made"]


def archive(world: World, code: str, status: str = "ARCHIVED") -> None:
    """Change an account's status inside Xero."""
    change = {"Code": code, "Status": status}
    world.control.post(f"/organisations/{organisation_id()}/accounts", json=change).raise_for_status()


def test_a_payment_on_an_account_archived_meanwhile_is_refused_with_xeros_words_and_goes_on_retry(
    world: World,
) -> None:
    world.queue(paid_invoices(1, "10.00", "20.00"))
    create_invoices_only(world)
    archive(world, "850")
    world.work()
    assert [review.code for review in world.invoice("inv-0").reviews] == ["rejected_by_xero"] * 2
    assert 'did not go: Xero refused it with: "Account must be valid."' in sentence(world)
    take_payments(world, "200")
    assert reviews_listed(world) == ["pay-0-0", "pay-0-1"]
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER)
    assert reviews_listed(world) == []
    assert sentence(world) == "In Xero as T-0; 2 payments are on their way."
    assert not world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER), "they are on their way already"
    world.work()
    assert entered(world) == {"pay-0-0": 1, "pay-0-1": 1}
    assert {one["Account"]["Code"] for one in in_xero(world)} == {"200"}
    state = world.invoice("inv-0")
    assert (state.reviews, [one.standing for one in state.payments]) == ((), ["made", "made"])


# ── what people read ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_person_reads_which_payments_are_on_their_way_and_what_became_of_them(world: World) -> None:
    world.queue(paid_invoices(1, "100.00", "200.00"))
    create_invoices_only(world)
    assert sentence(world) == "In Xero as T-0; 2 payments are on their way."
    assert world.engine.dispatcher.look_at(world.lane)
    assert sentence(world) == "In Xero as T-0; a payment is on its way."
    world.work()
    assert sentence(world).startswith("In Xero as T-0, NZD 414.00, since ")
    synced, *paid = tell(world.engine, world.engine.read, ACCOUNT, "inv-0").timeline[1:]
    assert synced.says.endswith("total 414.00. To follow: payments of 100.00, 200.00.")
    assert [step.says[:34] for step in paid] == [
        "A payment of 100.00 is in Xero as ",
        "A payment of 200.00 is in Xero as ",
    ]


def test_a_review_of_a_payment_names_it_and_keeps_xeros_words(world: World) -> None:
    world.queue(paid_invoices(1, TOTAL))
    create_invoices_only(world)
    pay_by_hand(world, "T-0", "1.00")
    world.work()
    (review,) = [
        e for e in world.engine.store.events_of(invoice_stream(ACCOUNT, "inv-0")) if isinstance(e, ReviewRaised)
    ]
    assert review.cause.key == "pay-0-0"
    assert review.answer_ref is not None
    words = world.engine.answer_words(review.answer_ref, ACCOUNT)
    assert words == "Payment amount exceeds the amount outstanding on this document"


# ── other currencies, no total ──────────────────────────────────────────────────────────────────────────────────────


def test_a_payment_is_in_the_currency_of_its_invoice(world: World) -> None:
    dollars = {"Code": "AUD", "Description": "Australian Dollar"}
    world.control.post(f"/organisations/{organisation_id()}/currencies", json=dollars).raise_for_status()
    world.engine.references.refresh(ACCOUNT)
    (one,) = paid_invoices(1, "14.00")
    world.queue([msgspec.structs.replace(one, document=msgspec.structs.replace(one.document, currency="AUD"))])
    world.work()
    (made,) = in_xero(world)
    (invoice,) = world.in_xero()
    assert (invoice["CurrencyCode"], due(world, "T-0")) == ("AUD", ("AUTHORISED", "400.00"))
    assert (made["Amount"], made["Invoice"]["InvoiceID"]) == (14.0, invoice["InvoiceID"])


def test_an_invoice_of_nothing_is_synced_without_a_payment(world: World) -> None:
    nothing = Decimal("0.00")
    (one,) = example_invoices(1)
    free = msgspec.structs.replace(
        one.document,
        lines=tuple(msgspec.structs.replace(line, unit_amount=nothing) for line in one.document.lines),
        totals=Totals(sub_total=nothing, total_tax=nothing, total=nothing),
    )
    world.queue([msgspec.structs.replace(one, document=free)])
    world.work()
    assert (statuses(world, 1), in_xero(world), kinds(world)) == (["synced"], [], [("create_invoice", "DONE")])


def test_verify_knows_the_entries_of_payments_at_every_step(world: World) -> None:
    world.queue(paid_invoices(2, "300.00", "200.00"))
    for _ in range(10):
        world.engine.projector.step()
        checked = verify(world.engine.read)
        assert checked.clean, checked.summary()
        if not world.engine.dispatcher.look_at(world.lane):
            break
    assert world.engine.retry_invoice(ACCOUNT, "inv-0", OWNER), "its second payment was too high"
    world.engine.projector.step()
    checked = verify(world.engine.read)
    assert (checked.clean, checked.open_entries) == (True, 1)
    (row,) = checked.conservation
    assert row.balanced
