"""The named points at which a process stops to be killed: test subclasses of the parts that are at work there.

A stopped process has said "reached POINT" and waits for a line; one that is killed never gets it.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

import msgspec

from adapters.event_store.recorder import OutboxRecorder
from adapters.xero.tokens import TokenSource
from services.bootstrap import Parts
from tests.crash.killers import (
    DiesReading,
    DiesRendering,
    DiesRenderingUncounted,
    DiesSearching,
    DiesSeeking,
    DiesSeekingUncounted,
    DiesSending,
)
from tests.crash.stops.changes import (
    StopsAfterChangeSearch,
    StopsBeforeChange,
    StopsBeforeChangeSearch,
    StopsWithChangeAnswer,
)
from tests.crash.stops.contacts import ReadsSmallPages, StopsAfterPage, StopsInsidePage, StopsWithPage
from tests.crash.stops.inside import (
    StopsAfterClaim,
    StopsAfterCommit,
    StopsBeforeCommit,
    StopsInsideClaim,
    StopsInsideLookUp,
    StopsWithTokens,
    no_ring,
    stop_at_doorbell,
)
from tests.crash.stops.invoices import (
    StopsAfterFence,
    StopsAfterSearch,
    StopsBeforeFence,
    StopsBeforeSearch,
    StopsHalfSent,
    StopsWithAnswer,
)
from tests.crash.stops.mails import StopsAfterMail, StopsInsideMail, StopsWithMail, StopsWithMailTaken
from tests.crash.stops.payments import (
    StopsAfterPaymentSearch,
    StopsBeforePayment,
    StopsBeforePaymentSearch,
    StopsWithPaymentAnswer,
)
from tests.crash.stops.removal import StopsBeforeRemoval, StopsWithRemovalAnswer


class Point(msgspec.Struct, frozen=True):
    """What to build the engine with so that it stops somewhere."""

    parts: Parts = Parts()
    ring: Callable[[UUID], None] = no_ring
    tokens: type[TokenSource] = TokenSource


def _recorder(recorder: type[OutboxRecorder]) -> Parts:
    return Parts(recorder=f"{recorder.__module__}:{recorder.__qualname__}")


POINTS: Final = {
    "before_removal": Point(Parts(session=StopsBeforeRemoval)),
    "removal_answered": Point(Parts(session=StopsWithRemovalAnswer)),
    "nowhere": Point(),
    "inside_mail": Point(Parts(mailer=StopsInsideMail)),
    "with_mail": Point(Parts(mailer=StopsWithMail)),
    "mail_taken": Point(Parts(mailer=StopsWithMailTaken)),
    "after_mail": Point(Parts(mailer=StopsAfterMail)),
    "before_commit": Point(_recorder(StopsBeforeCommit)),
    "after_commit": Point(_recorder(StopsAfterCommit)),
    "doorbell": Point(ring=stop_at_doorbell),
    "rendering_kills": Point(Parts(claim=DiesRendering)),
    "rendering_kills_uncounted": Point(Parts(claim=DiesRenderingUncounted)),
    "sending_kills": Point(Parts(session=DiesSending)),
    "searching_kills": Point(Parts(session=DiesSearching)),
    "seeking_kills": Point(Parts(claim=DiesSeeking)),
    "seeking_kills_uncounted": Point(Parts(claim=DiesSeekingUncounted)),
    "reading_kills": Point(Parts(claim=DiesReading)),
    "inside_look_up": Point(Parts(claim=StopsInsideLookUp)),
    "inside_claim": Point(Parts(claim=StopsInsideClaim)),
    "after_claim": Point(Parts(claim=StopsAfterClaim)),
    "with_tokens": Point(tokens=StopsWithTokens),
    "before_fence": Point(Parts(session=StopsBeforeFence)),
    "after_fence": Point(Parts(session=StopsAfterFence)),
    "half_sent": Point(Parts(session=StopsHalfSent)),
    "with_answer": Point(Parts(session=StopsWithAnswer)),
    "before_search": Point(Parts(session=StopsBeforeSearch)),
    "after_search": Point(Parts(session=StopsAfterSearch)),
    "before_change": Point(Parts(session=StopsBeforeChange)),
    "change_answered": Point(Parts(session=StopsWithChangeAnswer)),
    "before_change_search": Point(Parts(session=StopsBeforeChangeSearch)),
    "after_change_search": Point(Parts(session=StopsAfterChangeSearch)),
    "before_payment": Point(Parts(session=StopsBeforePayment)),
    "payment_answered": Point(Parts(session=StopsWithPaymentAnswer)),
    "before_payment_search": Point(Parts(session=StopsBeforePaymentSearch)),
    "with_page": Point(Parts(session=StopsWithPage)),
    "inside_page": Point(Parts(session=ReadsSmallPages, contact_reader=StopsInsidePage)),
    "after_page": Point(Parts(session=StopsAfterPage)),
    "after_payment_search": Point(Parts(session=StopsAfterPaymentSearch)),
}
