"""What a test may swap when it builds the engine, and the real thing in each place."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from adapters.xero.session import XeroSession
from services.contacts.reader import ContactReader
from services.dispatch.claim import Claim
from services.dispatch.record import Record
from services.dispatch.thread_shares import ThreadShares
from services.inactivity import InactivityWatch
from services.mailing.mailer import Mailer

RECORDER: Final = "adapters.event_store.recorder:OutboxRecorder"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a test may put in place of the real thing."""

    recorder: str = RECORDER
    new_id: Callable[[], UUID] = uuid4
    chance: Callable[[], float] = random.random
    session: type[XeroSession] = XeroSession
    claim: type[Claim] = Claim
    record: type[Record] = Record
    shares: type[ThreadShares] = ThreadShares
    contact_reader: type[ContactReader] = ContactReader
    inactivity: type[InactivityWatch] = InactivityWatch
    mailer: type[Mailer] = Mailer


REAL_PARTS: Final = Parts()
"""The real thing in every place."""
