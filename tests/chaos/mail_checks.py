"""Checkers whose witness is the mail server: who must act was told, once, and auditors read of every mail."""

import email
from collections import Counter, defaultdict
from collections.abc import Iterator
from email.policy import default
from typing import Final

from domain.alerts import AlertSent
from domain.causes import CATALOGUE
from domain.streams import invoice_stream
from tests.chaos.breach import Breach, duplicated, lost, wrong
from tests.chaos.evidence import Evidence
from tests.chaos.mails import address_of

HOUR: Final = 3600.0


def told(evidence: Evidence) -> Iterator[Breach]:
    """Each cause that keeps an account's invoices out and that a person must remove came to its owner by mail."""
    arrived = _arrived(evidence)
    heard = {
        (sent.account_id, sent.cause_code)
        for sent in _recorded(evidence)
        if sent.kind == "invoices" and sent.message_id in arrived
    }
    for account_id, code in sorted(_to_be_told(evidence) - heard):
        yield lost(f"nobody of {account_id} was told of {code}")


def _to_be_told(evidence: Evidence) -> set[tuple[str, str]]:
    states, wanted = evidence.invoice_of(), set[tuple[str, str]]()
    for one in evidence.planned:
        state = states.get(invoice_stream(one.organisation.account_id, one.invoice_id))
        if state is not None and state.status in ("failed", "blocked"):
            codes = {cause.code for cause in state.causes if CATALOGUE[cause.code].who != ("nobody",)}
            wanted |= {(one.organisation.account_id, code) for code in codes}
    return wanted


def told_once(evidence: Evidence) -> Iterator[Breach]:
    """One mail an hour per account, kind and cause; and a mail that comes twice is the same mail, byte for byte."""
    matters = Counter((sent.account_id, sent.kind, sent.cause_code, sent.recipient_id) for sent in _recorded(evidence))
    lasted = (evidence.recorded_at[-1] - evidence.recorded_at[0]).total_seconds() if evidence.recorded_at else 0.0
    for (account_id, kind, code, _), mails in matters.items():
        if mails > 1 + int(lasted // HOUR):
            yield duplicated(f"{account_id} was told of {kind} {code} by {mails} mails in {lasted:.0f} s")
    for message_id, copies in _arrived(evidence).items():
        if len(copies) > 1:
            yield wrong(f"mail {message_id} came with {len(copies)} different texts")


def recorded(evidence: Evidence) -> Iterator[Breach]:
    """AlertSent for every mail, once, and a mail at the right address for every AlertSent."""
    arrived, counted = _arrived(evidence), Counter(sent.message_id for sent in _recorded(evidence))
    for message_id, times in counted.items():
        if times > 1:
            yield wrong(f"mail {message_id} was recorded {times} times")
    for sent in _recorded(evidence):
        addresses = {to for to, _ in arrived.get(sent.message_id, ())}
        if addresses != {address_of(sent.account_id)}:
            yield lost(f"mail {sent.message_id} to {sent.account_id} is recorded, and came to {sorted(addresses)}")
    for message_id in sorted(arrived.keys() - counted.keys()):
        yield wrong(f"mail {message_id} came, and nothing is recorded of it")


def _recorded(evidence: Evidence) -> list[AlertSent]:
    return [event for event in evidence.events if isinstance(event, AlertSent)]


def _arrived(evidence: Evidence) -> dict[str, set[tuple[str, bytes]]]:
    """By Message-ID, the different mails that came under it: to whom, and their bytes."""
    found: defaultdict[str, set[tuple[str, bytes]]] = defaultdict(set)
    for to, content in evidence.mails:
        found[str(email.message_from_bytes(content, policy=default)["Message-ID"])].add((to, content))
    return dict(found)
