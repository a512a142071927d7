"""What an action must know: which invoices may be meant, what it decides of one, and how it is told."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from adapters.event_store.store import Transaction
from domain.connection import Connection
from domain.event import Event, Moment
from domain.invoice import Invoice, Status


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One invoice as an action meets it; `on_the_wire` is the effect key of its entry that may reach Xero, if any.

    `has_text` says whether its free text is there: without it, it cannot be sent.
    """

    invoice: Invoice
    connection: Connection | None
    on_the_wire: str = ""
    has_text: bool = True

    @property
    def organisation_id(self) -> str | None:
        """The organisation the account is connected to now."""
        return self.connection.organisation_id if self.connection else None


class Action(Protocol):
    """One thing people do with invoices."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def done(self) -> str:
        """What an invoice is once it is done: "queued again"."""

    @property
    def already(self) -> str:
        """What an invoice is for which there is nothing to do: "queued already"."""

    @property
    def reason(self) -> str | None:
        """The reason the person gave, to be sealed."""

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The statuses of the invoices meant where dates alone choose them."""

    @property
    def statuses_by_cause(self) -> tuple[Status, ...]:
        """The statuses of the invoices meant where a cause chooses them."""

    @property
    def only_reviews(self) -> bool:
        """Whether it is about invoices with an open review alone."""

    @property
    def asks_for_what_is_queued(self) -> bool:
        """Whether what is queued already may use the day's reserve from now on."""

    @property
    def withdrawn_as(self) -> str:
        """Why entries that were not yet sent are withdrawn; empty if they go on."""

    def decide(self, case: Case, at: Moment, reason_ref: UUID | None) -> list[Event]:
        """The events; none if it is so already. Raises NotPossible, with words that help."""

    def beside(self, tx: Transaction, cases: Sequence[Case], at: Moment) -> list[Event]:
        """What else is to be stored with the events of these invoices."""
