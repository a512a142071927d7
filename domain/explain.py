"""Why an invoice is or is not in Xero, who must act, and what happens next: one answer for every screen and mail.

Pure. The invoice and its connection are folds of their streams; the entry and the lane are what the tables say now.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from domain import former_books, next_steps
from domain.cause_words import (
    NO_MESSAGE,
    CauseInWords,
    cancelled_lead,
    in_words,
    refused_lead,
    reviews_in_words,
    what_was_done,
)
from domain.causes import CATALOGUE, Cause, Who, is_unfound, who_acts, words
from domain.connection import Connection
from domain.event import Actor, Role
from domain.foreign_text import one_line
from domain.invoice import Invoice, Status
from domain.money import Money
from domain.next_steps import when
from domain.paying import refused_payments
from domain.under_way import EntryNow, LaneNow

Shown = Status | Literal["waiting", "sending"]

LONGEST_ANSWER: Final = 500
"""Characters of Xero's own message that are shown."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `who` is everybody who must act, empty if nobody must; `next_in` is seconds, if a time is known."""

    status: Shown
    in_xero: bool
    sentence: str
    causes: tuple[CauseInWords, ...] = ()
    who: tuple[Who, ...] = ()
    next_step: str
    next_in: float | None = None


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Who left an invoice out, and the reason given, None if none is kept."""

    by: Actor
    reason: str | None = None


def explain(
    invoice: Invoice,
    connection: Connection | None,
    entry: EntryNow | None,
    lane: LaneNow | None,
    *,
    since: datetime | None = None,
    xero_said: str | None = None,
    left_out: LeftOut | None = None,
    besides: Sequence[Cause] = (),
) -> Explanation:
    """Explain one invoice. `since` is when it got its status, `xero_said` Xero's own words about a refusal.

    `besides` is what is known to be in its way, besides the closed gate, though nobody has looked at it there.
    """
    asked = _Asked(invoice, connection, entry, lane, since, xero_said, left_out, besides)
    if asked.lane.in_copy and invoice.status in ("queued", "checking"):
        return asked.copied()
    if entry is not None and entry.former_books is not None:
        return asked.elsewhere(entry)
    match invoice.status:
        case "synced":
            return asked.synced()
        case "failed":
            return asked.failed()
        case "blocked":
            return asked.blocked()
        case "dismissed":
            return asked.dismissed()
        case "voided":
            return asked.voided()
        case "checking":
            return asked.checking()
        case "queued":
            return asked.queued()


class _Asked:
    """One question, with everything that is known about it."""

    def __init__(
        self,
        invoice: Invoice,
        connection: Connection | None,
        entry: EntryNow | None,
        lane: LaneNow | None,
        since: datetime | None,
        xero_said: str | None,
        left_out: LeftOut | None,
        besides: Sequence[Cause],
    ) -> None:
        self.invoice, self.entry, self.left_out, self.besides = invoice, entry, left_out, besides
        self.lane = lane or LaneNow()
        self.gate = connection.held_by if connection else (Cause("not_connected"),)
        self.since = f", since {since:%d %B %Y %H:%M} UTC" if since else ""
        self.on = f" on {since:%d %B %Y}" if since else ""
        self.xero_said = one_line(xero_said, LONGEST_ANSWER) if xero_said else NO_MESSAGE

    # ── it has not arrived ──────────────────────────────────────────────────────────────────────────────────────────

    def queued(self) -> Explanation:
        """Ready: on its way, behind the gate, in a paused lane, or due at some time."""
        entry = self.entry
        if entry is None:
            return self.forgotten("queued", "We have this invoice, but nothing is set to carry it to Xero.")
        if entry.state == "AMBIGUOUS":
            return self.checking()
        if entry.state == "LEASED":
            return self._say("sending", "On its way to Xero.", next_step="Xero's answer is recorded here.")
        if self.gate:
            return self._waits("waiting", (*self.besides, *self.gate))
        held = not (self.lane.only_for_asked and entry.asked)
        if held and self.lane.paused_in is not None and self.lane.paused_in > 0:
            return self._paused(self.lane.paused_in)
        if entry.state == "WAITING":
            return self._say(
                "queued",
                "We have this invoice and it is ready. An earlier step of the same invoice goes first.",
                next_step="It goes to Xero once that is done.",
            )
        return self._say(
            "queued",
            f"We have this invoice and it is ready. It goes to Xero {when(entry.due_in)}.",
            next_step=f"It is sent {when(entry.due_in)}.",
            next_in=max(0.0, entry.due_in or 0.0),
        )

    def forgotten(self, status: Shown, sentence: str) -> Explanation:
        """Under way, and nothing is set to carry it on: that must not be, and says so."""
        missing = [Cause("internal_error")]
        return self._say(status, sentence, missing, next_step="Support runs verify, which names what is missing.")

    def copied(self) -> Explanation:
        """Under way when the history was copied: here nothing goes on."""
        said = {
            "queued": "It was on its way to Xero when this history was copied.",
            "checking": "When this history was copied, it was not known yet whether it had arrived in Xero.",
        }
        next_step = "Nothing is sent from a copy; the original tells how it went on."
        return self._say(self.invoice.status, said[self.invoice.status], next_step=next_step)

    def blocked(self) -> Explanation:
        """Something about this invoice, and perhaps about its connection too, is in the way."""
        return self._waits("blocked", (*self.invoice.causes, *self.gate))

    def checking(self) -> Explanation:
        """Nobody knows yet whether it arrived."""
        if self.entry is None:
            return self.forgotten("checking", "It is not known whether it arrived, and nothing is set to search Xero.")
        due = self.entry.due_in if self.entry.state == "AMBIGUOUS" else None
        held = f" It can go on once this is fixed: {self._words(self.gate)}" if self.gate else ""
        causes = [*self.invoice.causes, *self.gate]
        return self._say(
            "checking",
            "Xero gave no clear answer. We are finding out whether it arrived before doing anything else, so that it "
            f"cannot be created twice.{held}",
            causes or [Cause("outcome_unknown")],
            next_step="We search Xero for it once this is fixed." if held else f"We search Xero for it {when(due)}.",
            next_in=None if held or due is None else max(0.0, due),
        )

    def failed(self) -> Explanation:
        """Xero refused it, or retries ended."""
        causes = self.invoice.causes
        return self._say(
            "failed",
            f"{refused_lead(causes)}{self._words(causes)}",
            causes,
            next_step=f"{next_steps.of_failed(causes)}{self._held()}",
        )

    def dismissed(self) -> Explanation:
        """A person left it out."""
        by = f" by {_BY[self.left_out.by.role]}" if self.left_out else ""
        reason = f": {self.left_out.reason.rstrip('.')}" if self.left_out and self.left_out.reason else ""
        return self._say("dismissed", f"Left out{by}{self.on}{reason}.", next_step="You can bring it back.")

    # ── it has arrived ──────────────────────────────────────────────────────────────────────────────────────────────

    def synced(self) -> Explanation:
        """Xero holds it; what is not as it should be is named beside that."""
        held = self.invoice.as_of(self.invoice.synced_revision).document
        there, total = f"In Xero as {held.number}", self._total()
        if self.invoice.reviews:
            return self._say(
                "synced",
                f"{there}, but: {self._reviews()} {what_was_done(self.invoice.reviews)}; please look.",
                (*self.invoice.reviews, *self.invoice.causes),
                next_step=self._review_step(),
            )
        if self.invoice.causes:
            then = "The change goes once that is fixed." if self.invoice.waits else next_steps.RETRY
            return self._say(
                "synced",
                f"{there}, {total}{self.since}. A later change has not arrived: {self._words(self.invoice.causes)}",
                self.invoice.causes,
                next_step=f"{then}{self._held()}",
            )
        if self.entry is not None:
            return self._on_its_way(there, self.entry)
        return self._say("synced", f"{there}, {total}{self.since}.", next_step=next_steps.NOTHING_LEFT)

    def _on_its_way(self, there: str, entry: EntryNow) -> Explanation:
        what, are = self._later(entry.kind)
        if entry.state == "AMBIGUOUS":
            sentence = f"{there}. Xero gave no clear answer about {what}; we are finding out whether it arrived."
            return self._say("synced", sentence, next_step=f"We search Xero for it {when(entry.due_in)}.")
        if self.gate:
            sentence = f"{there}; {what} waits: {self._words(self.gate)}"
            return self._say("synced", sentence, self.gate, next_step="It goes once that is fixed.")
        return self._say("synced", f"{there}; {what} {are}.", next_step=f"Xero gets {what}.")

    def _review_step(self) -> str:
        if any(map(is_unfound, self.invoice.reviews)):
            return next_steps.SOUGHT
        if refused_payments(self.invoice):
            return next_steps.PAYMENT
        return next_steps.CHANGE if self.invoice.refused else next_steps.REVIEW

    def _later(self, kind: str) -> tuple[str, str]:
        due = sum(1 for one in self.invoice.payments if one.standing == "due")
        if kind == "create_payment" and due > 1:
            return f"{due} payments", "are on their way"
        return _LATER.get(kind, "a later step"), "is on its way"

    def _reviews(self) -> str:
        return reviews_in_words(self.invoice.reviews, self.invoice.document.currency, self.xero_said)

    def voided(self) -> Explanation:
        """Kyrios cancelled it."""
        if self.entry is not None and self.entry.kind == "create_payment":
            return self._say(
                "voided",
                "Cancelled while a payment was on its way to Xero; we are finding out whether that arrived.",
                next_step="Then Xero is told of the cancellation.",
            )
        if self.entry is not None and self.entry.kind != "void_invoice":
            return self._say(
                "voided",
                "Cancelled while it was on its way to Xero; we are finding out whether it arrived.",
                next_step="If it arrived, Xero is told; else nothing is sent.",
            )
        if self.invoice.unfound is not None:
            causes = self.invoice.causes
            sentence = f"{cancelled_lead((), causes)}{self._words(causes)}"
            return self._say("voided", sentence, causes, next_step=next_steps.SOUGHT)
        if self.invoice.xero_invoice_id is None:
            return self._say("voided", "Cancelled; it never went to Xero.", next_step=next_steps.NOTHING_LEFT)
        if self.entry is not None and self.gate:
            sentence = f"Cancelled; Xero is told once this is fixed: {self._words(self.gate)}"
            return self._say("voided", sentence, self.gate, next_step="Then Xero voids its invoice.")
        if self.entry is not None:
            return self._say("voided", "Cancelled; Xero is being told.", next_step="Xero voids its invoice.")
        if refused := (*self.invoice.reviews, *self.invoice.causes):
            sentence = f"{cancelled_lead(self.invoice.reviews, self.invoice.causes)}{self._words(refused)}"
            return self._say("voided", sentence, refused, next_step="Then press Retry.")
        if not self.invoice.void_done:
            sentence = "Cancelled; in Xero it still stands, and somebody has settled that."
            return self._say("voided", sentence, next_step="Press Retry if Xero is to be told once more.")
        return self._say("voided", "Cancelled; also voided in Xero.", next_step=next_steps.NOTHING_LEFT)

    def elsewhere(self, entry: EntryNow) -> Explanation:
        """A step of it belongs to books the account has left; what else is to be told of an invoice comes first."""
        waits, invoice = former_books.waiting_for(entry), self.invoice
        if invoice.status == "synced" and (invoice.reviews or invoice.causes):
            known = self.synced()
            return msgspec.structs.replace(known, sentence=f"{known.sentence} {waits}")
        status: Shown = "checking" if invoice.status == "queued" else invoice.status
        lead = {"synced": f"In Xero as {invoice.document.number}. ", "voided": "Cancelled. "}.get(status, "")
        said = self._say(status, f"{lead}{waits}", next_step=former_books.NEXT_STEP)
        return msgspec.structs.replace(said, who=("owner",))

    # ── how it is said ──────────────────────────────────────────────────────────────────────────────────────────────

    def _waits(self, status: Shown, causes: Sequence[Cause]) -> Explanation:
        person = who_acts(causes)
        whose = "Waiting for you" if "owner" in person else "Waiting"
        then = " It leaves by itself once that is fixed." if person and next_steps.fixed_for_all(causes) else ""
        return self._say(
            status, f"{whose}: {self._words(causes)}{then}", causes, next_step=next_steps.of_waiting(causes)
        )

    def _paused(self, seconds: float) -> Explanation:
        code = self.lane.paused_for
        until = self.lane.paused_until
        facts = {"time": f"{until:%H:%M} UTC on {until:%d %B}"} if until else {}
        cause = Cause(code if code in CATALOGUE else "xero_unavailable", facts=facts)
        sooner = f" {next_steps.KEPT_FOR_ASKED}" if self.lane.only_for_asked else ""
        next_step = f"It goes to Xero {when(seconds)}.{sooner}"
        return self._say("queued", words(cause), [cause], next_step=next_step, next_in=seconds)

    def _total(self) -> str:
        totals = self.invoice.synced_totals or self.invoice.document.totals
        return str(Money(totals.total, self.invoice.document.currency))

    def _held(self) -> str:
        """What else is in the way of whatever would go next: all that holds the connection back."""
        return f" Nothing goes to Xero before this is fixed, too: {self._words(self.gate)}" if self.gate else ""

    def _words(self, causes: Sequence[Cause]) -> str:
        return " ".join(dict.fromkeys(cause.words for cause in in_words(causes, self.xero_said)))

    def _say(
        self,
        status: Shown,
        sentence: str,
        causes: Sequence[Cause] = (),
        *,
        next_step: str,
        next_in: float | None = None,
    ) -> Explanation:
        return Explanation(
            status=status,
            in_xero=self.invoice.xero_invoice_id is not None,
            sentence=sentence,
            causes=in_words(causes, self.xero_said),
            who=who_acts(causes),
            next_step=next_step,
            next_in=next_in,
        )


_BY: Final[dict[Role, str]] = {
    "owner": "the owner",
    "backend": "Kyrios",
    "support": "support",
    "auditor": "an auditor",
    "admin": "an administrator",
    "engine": "the engine",
}

_LATER: Final = {"create_payment": "a payment", "update_invoice": "a change", "void_invoice": "the cancellation"}
