"""Taking on invoices: each is accepted, known or refused, once, whoever sends it how often."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace as parts_with
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.bootstrap import Parts
from services.intake import IssuedInvoice
from tests.adapters.event_store.recorders import LOSES_THE_ANSWER, LosesTheAnswer
from tests.bench.counting import COUNTING, CountingConnection
from tests.services.engines import Alone, alone
from tests.world import ACCOUNT, BACKEND, example_invoices

LINK = "https://app.kyrios.example/invoices/inv-0"
TABLES = ("es.sync_events", "app.outbox", "app.invoice_text", "app.idempotency")


@pytest.fixture
def kyrios(database_url: str, tmp_path: Path) -> Iterator[Alone]:
    """An engine that takes invoices on."""
    with alone(database_url, tmp_path) as one:
        yield one


def invoice(one_of: int = 0, command: str | None = None, **document: Any) -> IssuedInvoice:
    """An invoice, by a command if it is named, with some of its document changed."""
    (one,) = example_invoices(1, one_of)
    changed = msgspec.structs.replace(one.document, **document)
    return msgspec.structs.replace(one, command_id=command, document=changed)


def stored(kyrios: Alone) -> tuple[int, ...]:
    """How many events, entries, texts and commands there are."""
    return tuple(kyrios.rows(table) for table in TABLES)


def test_a_new_invoice_is_accepted_and_rung_for_once(kyrios: Alone) -> None:
    assert kyrios.queue(invoice(0, "c-0"), invoice(1)) == ["accepted", "accepted"]
    assert stored(kyrios) == (2, 2, 2, 1)
    assert len(kyrios.rung) == 1


def test_an_invoice_sent_again_unchanged_is_known_and_changes_nothing(kyrios: Alone) -> None:
    kyrios.queue(invoice())
    assert kyrios.queue(invoice(), invoice()) == ["known", "known"]
    assert stored(kyrios) == (1, 1, 1, 0)
    assert len(kyrios.rung) == 1


def test_a_command_sent_again_is_known_and_changes_nothing(kyrios: Alone) -> None:
    kyrios.queue(invoice(0, "c-0"))
    assert kyrios.queue(invoice(0, "c-0")) == ["known"]
    assert stored(kyrios) == (1, 1, 1, 1)


@pytest.mark.parametrize("change", [{"number": "OTHER-1"}, {"currency": "AUD"}])
def test_an_accepted_id_with_other_content_is_refused_and_changes_nothing(
    kyrios: Alone, change: dict[str, str]
) -> None:
    kyrios.queue(invoice())
    assert kyrios.queue(invoice(0, "c-9", **change)) == ["content_conflict"]
    assert stored(kyrios) == (1, 1, 1, 0)


def test_an_accepted_id_with_another_text_is_refused(kyrios: Alone) -> None:
    kyrios.queue(invoice())
    text = msgspec.structs.replace(invoice().text, reference="another reference")
    assert kyrios.queue(msgspec.structs.replace(invoice(), text=text)) == ["content_conflict"]


def test_a_command_used_for_another_request_is_refused_and_changes_nothing(kyrios: Alone) -> None:
    kyrios.queue(invoice(0, "c-0"))
    assert kyrios.queue(invoice(1, "c-0"), invoice(0, "c-0", number="OTHER")) == ["key_reused", "key_reused"]
    contact = msgspec.structs.replace(invoice().contact, name="Another Customer")
    assert kyrios.queue(msgspec.structs.replace(invoice(0, "c-0"), contact=contact)) == ["key_reused"]
    assert stored(kyrios) == (1, 1, 1, 1)


def test_a_command_of_another_account_is_another_command(kyrios: Alone) -> None:
    other = msgspec.structs.replace(invoice(0, "c-0"), account_id="moa-press")
    assert kyrios.queue(invoice(0, "c-0"), other) == ["accepted", "accepted"]
    assert stored(kyrios) == (2, 2, 2, 2)
    assert len(set(kyrios.rung)) == 2


def test_a_new_command_for_a_known_invoice_is_remembered(kyrios: Alone) -> None:
    kyrios.queue(invoice(0, "c-0"))
    assert kyrios.queue(invoice(0, "c-1")) == ["known"]
    assert stored(kyrios) == (1, 1, 1, 2)


def test_one_call_may_hold_the_same_invoice_and_the_same_command_twice(kyrios: Alone) -> None:
    twice = [invoice(0, "c-0"), invoice(0, "c-0"), invoice(0, number="OTHER"), invoice(1, "c-0"), invoice(1, "c-1")]
    assert kyrios.queue(*twice) == ["accepted", "known", "content_conflict", "key_reused", "accepted"]
    assert stored(kyrios) == (2, 2, 2, 2)


def test_a_refused_invoice_does_not_stop_the_others(kyrios: Alone) -> None:
    kyrios.queue(invoice(1))
    assert kyrios.queue(invoice(0), invoice(1, number="OTHER"), invoice(2)) == [
        "accepted",
        "content_conflict",
        "accepted",
    ]


def test_a_link_belongs_to_one_invoice_of_an_account(kyrios: Alone) -> None:
    """Our invoice in Xero is told by its link, so two with one link would be taken for each other."""
    link = invoice(0).document.url
    other = msgspec.structs.replace(invoice(1, url=link), account_id="moa-press")
    assert kyrios.queue(invoice(0), other, invoice(1, "c-1", url=link), invoice(2)) == [
        "accepted",
        "accepted",
        "invalid_input",
        "accepted",
    ]
    receipts = kyrios.engine.queue_invoices([invoice(3, url=link)], BACKEND)
    assert str(receipts[0].refusal) == (
        "/url: is the link of invoice inv-0 already; each invoice needs a link of its own"
    )
    assert stored(kyrios) == (3, 3, 3, 0)
    assert kyrios.queue(invoice(1, "c-1")) == ["accepted"]


def test_a_revision_may_bring_another_link_but_not_anothers(kyrios: Alone) -> None:
    kyrios.queue(invoice(0), invoice(1))
    again = "https://app.kyrios.example/invoices/renamed"
    kept, moved = (msgspec.structs.replace(invoice(0, url=url), revision=2 + n) for n, url in enumerate((LINK, again)))
    assert kyrios.queue(kept, moved) == ["accepted", "accepted"]
    taken = [msgspec.structs.replace(invoice(1, url=url), revision=2) for url in (LINK, again)]
    assert kyrios.queue(*taken) == ["invalid_input", "invalid_input"]


def test_of_two_processes_with_one_link_one_is_told_that_it_is_taken(database_url: str, tmp_path: Path) -> None:
    with alone(database_url, tmp_path) as one, alone(database_url, tmp_path) as other:
        both = threading.Barrier(2)
        answers: list[list[str]] = []

        def send(kyrios: Alone, which: int) -> None:
            both.wait()
            answers.append(kyrios.queue(*(invoice(n, url=f"{LINK}/{n // 2}") for n in range(which, 200, 2))))

        threads = [threading.Thread(target=send, args=sent) for sent in ((one, 0), (other, 1))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer for said in answers for answer in said) == ["accepted"] * 100 + ["invalid_input"] * 100
        assert stored(one)[:3] == (100, 100, 100)


def test_a_thousand_invoices_are_stored_in_a_few_transactions(database_url: str, tmp_path: Path) -> None:
    with alone(database_url, tmp_path, Parts(recorder=COUNTING)) as kyrios:
        kyrios.queue(invoice(5_000))
        CountingConnection.counts.reset()
        assert set(kyrios.queue(*example_invoices(1_000))) == {"accepted"}
        assert CountingConnection.counts.transactions <= 6
        assert CountingConnection.counts.statements <= 30
        assert stored(kyrios)[:3] == (1_001, 1_001, 1_001)
        with kyrios.engine.store.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) AS missing FROM es.sync_events e WHERE NOT EXISTS "
                "(SELECT FROM app.outbox o WHERE o.stream_id = e.originator_id AND o.seq = e.originator_version)"
            )
            assert cursor.fetchall() == [{"missing": 0}]


def test_more_than_one_batch_is_answered_in_order(kyrios: Alone) -> None:
    kyrios.queue(invoice(500))
    answers = kyrios.engine.queue_invoices(example_invoices(501), BACKEND)
    assert [answer.invoice_id for answer in answers] == [f"inv-{number}" for number in range(501)]
    assert [answer.result for answer in answers] == ["accepted"] * 500 + ["known"]


def test_of_two_processes_with_the_same_invoices_each_invoice_is_accepted_by_one(
    database_url: str, tmp_path: Path
) -> None:
    answers, start = dict[int, list[str]](), threading.Barrier(2)

    def send(number: int, kyrios: Alone) -> None:
        start.wait()
        both = [invoice(one, f"c-{one}") for one in range(60)]
        answers[number] = [result for part in range(0, 60, 20) for result in kyrios.queue(*both[part : part + 20])]

    with ExitStack() as opened:
        processes = [opened.enter_context(alone(database_url, tmp_path)) for _ in range(2)]
        threads = [threading.Thread(target=send, args=(n, kyrios)) for n, kyrios in enumerate(processes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert stored(processes[0]) == (60, 60, 60, 60)
    assert [sorted(pair) for pair in zip(answers[0], answers[1], strict=True)] == [["accepted", "known"]] * 60


def test_a_lost_answer_to_the_commit_does_not_refuse_what_was_stored(database_url: str, tmp_path: Path) -> None:
    parts = parts_with(Parts(), recorder=LOSES_THE_ANSWER)
    with alone(database_url, tmp_path, parts) as kyrios:
        with LosesTheAnswer.losing():
            assert kyrios.queue(invoice(0, "c-0"), invoice(1, "c-1")) == ["accepted", "accepted"]
        with LosesTheAnswer.losing():
            assert kyrios.queue(invoice(0, "c-2")) == ["known"]
        assert stored(kyrios) == (2, 2, 2, 3)


def test_texts_and_customers_are_sealed_and_can_be_opened_with_the_accounts_key(kyrios: Alone) -> None:
    kyrios.queue(invoice())
    with kyrios.engine.store.cursor() as cursor:
        (text,) = cursor.execute("SELECT stream_id, revision, sealed FROM app.invoice_text").fetchall()
        (customer,) = cursor.execute("SELECT kyrios_contact_id, revision, sealed FROM app.kyrios_contact").fetchall()
    key = kyrios.engine.account_keys.get(ACCOUNT)
    opened = key.open("invoice_text", str(text["stream_id"]), text["revision"], text["sealed"])
    assert msgspec.json.decode(opened, type=type(invoice().text)) == invoice().text
    opened = key.open("kyrios_contact", customer["kyrios_contact_id"], customer["revision"], customer["sealed"])
    assert msgspec.json.decode(opened, type=type(invoice().contact)) == invoice().contact
