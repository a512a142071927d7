"""Ten thousand failures at once: three mails, written in no time, and the neighbours hear of their own as ever."""

import datetime as dt
from time import monotonic
from typing import Final

import msgspec

from domain.causes import Cause
from domain.event import Event
from domain.streams import invoice_stream
from tests.domain.invoice_history import failed
from tests.examples import DOCUMENT, identity, queued_invoice
from tests.services.mailing.post import Post, text_of
from tests.world import ACCOUNT

COUNT: Final = 10_000
CAUSES: Final = ("duplicate_number_in_xero", "rejected_by_xero", "invoice_invalid")


def refused(number: int, now: dt.datetime) -> list[Event]:
    """An invoice that was taken on and refused."""
    name = f"storm-{number}"
    issued = msgspec.structs.replace(DOCUMENT, number=f"S-{number}", url=f"https://app.kyrios.example/{name}")
    (queued,) = queued_invoice(name, ACCOUNT, issued)
    refusal = msgspec.structs.replace(
        failed(Cause(CAUSES[number % 3], key=name, facts={"number": issued.number, "field": "a date"})),
        account_id=ACCOUNT,
        originator_id=invoice_stream(ACCOUNT, name),
        originator_version=2,
        event_id=identity(f"refused/{number}"),
        occurred_at=now,
    )
    return [queued, refusal]


def test_ten_thousand_failures_of_three_causes_are_three_mails(post: Post) -> None:
    now = post.engine.store.now().replace(minute=0)
    began = monotonic()
    for start in range(0, COUNT, 500):
        post.engine.store.append([e for number in range(start, start + 500) for e in refused(number, now)])
    post.engine.projector.catch_up()
    stored = monotonic()
    mails = post.send()
    assert monotonic() - stored < (stored - began) / 2, "no longer than a part of what it took to store the failures"
    assert sorted(str(mail["Subject"]) for mail in mails) == [
        "3,333 invoices wait: refused by Xero",
        "3,333 invoices wait: something Xero needs is missing",
        "3,334 invoices wait: the number is taken in Xero",
    ]
    assert all("S-0" in text_of(mail) or "S-1" in text_of(mail) or "S-2" in text_of(mail) for mail in mails)
    assert all(len(bytes(mail)) < 30_000 for mail in mails), "ten invoices, and how many more"
    assert post.send(after=3_000) == []
