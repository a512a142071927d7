"""The rows of mails: asked for with their events, once per recipient, cause and hour; leased, told, and asked again."""

import datetime as dt
import threading
from collections import Counter
from typing import Any, Final

import msgspec
import pytest

from adapters.event_store import mail_requests, mails
from adapters.event_store.mails import Mail
from adapters.event_store.outbox import LeaseLost
from adapters.event_store.store import EventStore
from adapters.event_store.writes import SealedAddress, SentMail, Writes
from domain.alert_entries import SUPPORT, alerts_of, each_once
from domain.alerts import sent
from domain.causes import Cause
from domain.connection import connect, evolve, set_recipients
from domain.event import Event
from domain.streams import connection_id, invoice_stream
from tests.domain.connection_history import CONSENT
from tests.domain.invoice_history import failed
from tests.examples import ACCOUNT, NOON, identity, moment

NEIGHBOUR: Final = "neighbour"
CAUSES: Final = ("duplicate_number_in_xero", "rejected_by_xero", "invoice_invalid")
TOKEN: Final = identity("token")


def told_to(store: EventStore, account_id: str, *names: str) -> None:
    """Connect an account that tells these."""
    events = connect(None, account_id, **CONSENT, at=moment(seed=account_id))
    ids = [identity(f"{account_id}/{name}") for name in names]
    state = None
    for event in events:
        state = evolve(state, event)
    events += set_recipients(state, ids, moment(seed=f"{account_id} tells"))
    addresses = [SealedAddress(recipient_id=one, account_id=account_id, sealed=b"sealed") for one in ids]
    store.append(events, Writes(addresses=addresses))
    with store.cursor() as cursor:  # nothing was before them
        cursor.execute("DELETE FROM app.mail WHERE kind = 'still_open'")


def failures(count: int, account_id: str = ACCOUNT, at: dt.datetime = NOON, start: int = 0) -> list[Event]:
    """So many invoices failed, of three causes in turn; each is the first event of a stream of its own."""
    return [
        msgspec.structs.replace(
            failed(Cause(CAUSES[number % len(CAUSES)])),
            account_id=account_id,
            originator_id=invoice_stream(account_id, f"inv-{number}"),
            originator_version=1,
            event_id=identity(f"{account_id}/failed/{number}"),
            occurred_at=at,
        )
        for number in range(start, start + count)
    ]


def rows(store: EventStore) -> list[dict[str, Any]]:
    """The mails to those the accounts tell, in order."""
    return [row for row in all_rows(store) if row["recipient_id"] != SUPPORT and row["kind"] != "still_open"]


def for_support(store: EventStore) -> Counter[tuple[str, str]]:
    """How many mails support gets, by account and cause."""
    support = [row for row in all_rows(store) if row["recipient_id"] == SUPPORT]
    return Counter((row["account_id"], row["cause_code"]) for row in support)


def all_rows(store: EventStore) -> list[dict[str, Any]]:
    """All mails, in order."""
    with store.cursor() as cursor:
        return cursor.execute("SELECT * FROM app.mail ORDER BY id").fetchall()


def later(store: EventStore, seconds: float) -> None:
    """Let time pass for the mails."""
    columns = ("asked_at", "due_at", "rendered_at", "told_at", "lease_until", "first_tried_at", "closed_at")
    with store.cursor() as cursor:
        shifted = ", ".join(f"{column} = {column} - %(by)s::interval" for column in columns)
        cursor.execute(f"UPDATE app.mail SET {shifted}", {"by": f"{seconds} seconds"})


def claimed(store: EventStore, seconds: float = 60.0) -> Mail:
    """Lease the mail that is due, with some text."""
    with store.cursor() as cursor:
        mail = mails.lock_due(cursor)
        assert mail is not None
        mails.lease(cursor, mail.id, TOKEN, seconds, None if mail.unclear else b"text")
    return mail


def taken(store: EventStore, mail: Mail, version: int = 0) -> None:
    """The mail server took it."""
    at = moment(seed=f"taken/{mail.id}/{mail.issue}/{version}")
    events = sent(None, mail.account_id, kind=mail.kind, cause_code=mail.cause_code, message_id="<1@x>",
                  to=mail.recipient_id, at=at)  # fmt: skip
    numbered = [msgspec.structs.replace(event, originator_version=version + 1) for event in events]
    store.append(numbered, Writes(sent_mail=SentMail(mail.id, TOKEN)))


def due(store: EventStore) -> Mail | None:
    """The mail that is due, if there is one."""
    with store.cursor() as cursor:
        return mails.lock_due(cursor)


def test_ten_thousand_failures_of_three_causes_are_three_mails_for_each_who_is_told(store: EventStore) -> None:
    told_to(store, ACCOUNT, "owner", "bookkeeper")
    told_to(store, NEIGHBOUR, "owner")
    for start in range(0, 10_000, 1_000):
        store.append(failures(1_000, start=start))
    store.append(failures(1, NEIGHBOUR))
    asked = Counter((row["account_id"], row["cause_code"]) for row in rows(store))
    assert asked == {**{(ACCOUNT, code): 2 for code in CAUSES}, (NEIGHBOUR, CAUSES[0]): 1}
    assert for_support(store) == {(ACCOUNT, "rejected_by_xero"): 1}, "of the one cause support must act on"


def test_without_the_hour_in_the_key_every_failure_would_be_a_mail(store: EventStore) -> None:
    """The control: a key per event, as other effects have."""
    told_to(store, ACCOUNT, "owner")
    entries = [
        msgspec.structs.replace(one, effect_key=f"mail/{event.event_id}")
        for event in failures(30)
        for one in alerts_of(event)
    ]
    with store.cursor() as cursor:
        mail_requests.insert(cursor, each_once(entries))
    assert len(rows(store)) == 30
    assert for_support(store) == {(ACCOUNT, "rejected_by_xero"): 10}


def test_nobody_is_mailed_whom_the_account_does_not_tell(store: EventStore) -> None:
    told_to(store, ACCOUNT)
    store.append(failures(3))
    assert rows(store) == []
    assert for_support(store) == {(ACCOUNT, "rejected_by_xero"): 1}, "support hears of it all the same"


def test_a_recipient_that_leaves_takes_their_address_along(store: EventStore) -> None:
    told_to(store, ACCOUNT, "owner", "bookkeeper")
    state = store.load(connection_id(ACCOUNT), evolve)
    store.append(set_recipients(state, [identity(f"{ACCOUNT}/owner")], moment(seed="one leaves")))
    with store.cursor() as cursor:
        kept = cursor.execute("SELECT recipient_id FROM app.recipient").fetchall()
    assert [row["recipient_id"] for row in kept] == [identity(f"{ACCOUNT}/owner")]


def test_a_mail_is_due_half_a_minute_after_its_event_and_is_leased_to_one_worker(store: EventStore) -> None:
    told_to(store, ACCOUNT, "owner")
    store.append(failures(1))
    assert due(store) is None
    later(store, 30)
    claimed(store)
    assert due(store) is None


def test_a_worker_that_died_leaves_its_mail_to_be_sent_again_as_it_was(store: EventStore) -> None:
    told_to(store, ACCOUNT, "owner")
    store.append(failures(1))
    later(store, 30)
    first = claimed(store)
    later(store, 61)
    again = claimed(store)
    assert (again.id, again.unclear, again.sealed, again.attempts) == (first.id, True, b"text", 1)


def test_who_lost_the_lease_records_nothing(store: EventStore) -> None:
    told_to(store, ACCOUNT, "owner")
    store.append(failures(1))
    later(store, 30)
    mail = claimed(store)
    with store.cursor() as cursor:
        cursor.execute("UPDATE app.mail SET lease_token = %s", (identity("another"),))
    before = store.head()
    with pytest.raises(LeaseLost):
        taken(store, mail)
    assert (store.head(), rows(store)[0]["state"]) == (before, "LEASED")


def test_a_mail_that_was_taken_forgets_its_text(store: EventStore) -> None:
    told_to(store, ACCOUNT, "owner")
    store.append(failures(1))
    later(store, 30)
    taken(store, claimed(store))
    (row,) = rows(store)
    assert (row["state"], row["sealed"], row["told_at"]) == ("DONE", None, row["rendered_at"])


def test_more_of_the_same_hour_asks_again_for_a_mail_that_was_sent(store: EventStore) -> None:
    told_to(store, ACCOUNT, "owner")
    store.append(failures(1))
    later(store, 30)
    taken(store, claimed(store))
    store.append(failures(1, start=3))
    later(store, 30)
    again = due(store)
    assert again is not None
    assert (again.unclear, again.issue, again.told_at is not None) == (False, 2, True)


def test_what_comes_up_while_a_mail_is_sent_is_asked_for_anew(store: EventStore) -> None:
    told_to(store, ACCOUNT, "owner")
    store.append(failures(1))
    later(store, 30)
    mail = claimed(store)
    store.append(failures(1, start=3))
    taken(store, mail)
    (row,) = rows(store)
    assert (row["state"], row["issue"], row["closed_at"]) == ("PENDING", 2, None)


def test_a_mail_that_had_nothing_to_tell_is_opened_again_when_the_matter_is_back(store: EventStore) -> None:
    told_to(store, ACCOUNT, "owner")
    store.append(failures(1))
    later(store, 30)
    with store.cursor() as cursor:
        mail = mails.lock_due(cursor)
        assert mail is not None
        mails.withdraw(cursor, mail.id, "settled")
    store.append(failures(1, start=3))
    (row,) = rows(store)
    assert (row["state"], row["issue"], row["closed_at"]) == ("PENDING", 1, None)


def test_a_paused_lane_gives_out_no_mail_and_whatever_works_ends_the_pause(store: EventStore) -> None:
    told_to(store, ACCOUNT, "owner")
    store.append(failures(1))
    later(store, 30)
    with store.cursor() as cursor:
        mails.pause(cursor, 60, "no_connection")
        mails.pause(cursor, 60, "no_connection")
    assert due(store) is None
    with store.cursor() as cursor:
        assert mails.failures_in_row(cursor) == 2
        mails.works(cursor)
        assert (mails.failures_in_row(cursor), mails.paused(cursor)) == (0, None)
    assert due(store) is not None


def test_many_writers_of_the_same_mails_end_without_a_deadlock(store: EventStore) -> None:
    """Mails are written behind the lock of the log; in any other order two writers could wait for each other."""
    told_to(store, ACCOUNT, "owner")
    raised: list[Exception] = []

    def write(thread: int) -> None:
        try:
            for number in range(8):
                events = failures(3, start=1_000 * thread + 3 * number)
                with store.begin() as tx:
                    tx.append(events[:1] if thread % 2 else events[2:])
                    tx.append(events[1:] if thread % 2 else events[:2])
        except Exception as error:  # noqa: BLE001
            raised.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert raised == []
    assert len(rows(store)) == len(CAUSES)
    assert for_support(store).total() == 1
