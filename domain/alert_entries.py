"""Which mails an event asks for: one per kind, cause and hour, whoever gets them. Pure, as all effects are.

Who gets them is expanded where the event is stored, one entry per recipient; what they say is decided when they are
sent. So ten thousand failures of three causes are three mails an hour.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from domain.causes import CATALOGUE, DISCONNECTIONS, Cause
from domain.connection_events import (
    AlertRecipientsSet,
    Disconnected,
    GateClosed,
    GateOpened,
    InactivityWarned,
    ReferenceDrifted,
    SettingsChanged,
    TaxRatesDeclared,
)
from domain.connection_state import Connection
from domain.contact_link import ContactRefused
from domain.event import Event
from domain.invoice_events import InvoiceBlocked, ReviewRaised, SyncFailed
from domain.streams import connection_id

MailKind = Literal["invoices", "reviews", "set_up", "inactivity", "recovered", "disconnected", "still_open"]
"""What a mail is about: invoices that wait or failed; invoices in Xero to look at; a rate, an account, a tax set or the
connection that needs somebody; a warning of inactivity; that all works again; that Xero was disconnected. `still_open`
becomes one mail for each matter that is still open, for somebody who hears of this account's matters from now on."""

SOON: Final = 30.0
"""Seconds between an event and its mail, so that what follows in a moment is in it too, or makes it needless."""
STILL_OPEN: Final = "/still_open/"
"""What parts the key of a mail of that kind, from which it follows, from the matter in the key of an open matter."""
IN_PEACE: Final = 30 * 60.0
"""Seconds in which somebody who has begun to set up again may finish without being reminded of it."""

SUPPORT: Final = UUID("82542457-763b-5d10-9899-1eec612cfe62")
"""The recipient id of whoever helps account owners; where their mails go is a setting of the installation."""


class AlertEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to be sent to every recipient of an account, `due_in` seconds from now, and to support if `for_support`.

    `effect_key` is the same for all events that one mail tells of; each recipient's entry adds their id.
    """

    effect_key: str
    kind: MailKind
    cause_code: str
    connection_id: UUID
    account_id: str
    stream_id: UUID
    seq: int
    due_in: float = SOON
    for_support: bool = False


def alerts_of(event: Event) -> list[AlertEntry]:
    """The mails an event asks for; most ask for none."""
    ask = _ASKING.get(type(event))
    return ask(event) if ask else []


def still_open(key: str, kind: MailKind, code: str, connection: Connection) -> AlertEntry:
    """A mail about an open matter, for somebody whom a mail of kind `still_open`, with this key, is for."""
    lane = connection_id(connection.account_id)
    return AlertEntry(
        effect_key=f"{key}{STILL_OPEN}{kind}/{code}",
        kind=kind,
        cause_code=code,
        connection_id=lane,
        account_id=connection.account_id,
        stream_id=lane,
        seq=connection.version,
    )


def each_once(entries: Iterable[AlertEntry]) -> list[AlertEntry]:
    """One entry per effect key, in the order of the keys."""
    return [entry for _, entry in sorted({entry.effect_key: entry for entry in entries}.items())]


def hour_of(moment: datetime) -> str:
    """The 60-minute bucket a moment lies in, as it stands in keys (UTC)."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H}"


def _blocked(event: InvoiceBlocked) -> list[AlertEntry]:
    return _by_cause(event, "invoices", [cause for cause in event.causes if cause.code not in event.known])


def _failed(event: SyncFailed) -> list[AlertEntry]:
    # A newer revision goes at once: what was refused is not what Kyrios says any more.
    return [] if event.opens else _by_cause(event, "invoices", [event.cause])


def _gate_closed(event: GateClosed) -> list[AlertEntry]:
    if event.during_setup:
        return []
    told = DISCONNECTIONS.union(event.known)
    return _by_cause(event, "set_up", [cause for cause in event.causes if cause.code not in told])


def _by_cause(event: Event, kind: MailKind, causes: Iterable[Cause]) -> list[AlertEntry]:
    """One mail per cause for which a person must act."""
    codes = dict.fromkeys(cause.code for cause in causes)
    return [_in_its_hour(event, kind, code) for code in codes if CATALOGUE[code].who != ("nobody",)]


def _in_its_hour(event: Event, kind: MailKind, code: str) -> AlertEntry:
    lane = connection_id(event.account_id)
    key = f"mail/{lane}/{kind}/{code}/{hour_of(event.occurred_at)}"
    return _entry(event, key, kind, code, IN_PEACE if code == "setup_incomplete" else SOON)


def _its_own(event: Event, kind: MailKind, code: str) -> list[AlertEntry]:
    """A mail for this very event."""
    return [_entry(event, f"mail/{event.event_id}", kind, code, SOON)]


def _entry(event: Event, key: str, kind: MailKind, code: str, due_in: float) -> AlertEntry:
    return AlertEntry(
        effect_key=key,
        kind=kind,
        cause_code=code,
        connection_id=connection_id(event.account_id),
        account_id=event.account_id,
        stream_id=event.originator_id,
        seq=event.originator_version,
        due_in=due_in,
        for_support=code in CATALOGUE and "support" in CATALOGUE[code].who,
    )


_ASKING: Final[dict[type[Event], Callable[[Any], list[AlertEntry]]]] = {
    InvoiceBlocked: _blocked,
    SyncFailed: _failed,
    ReviewRaised: lambda e: _by_cause(e, "reviews", [e.cause]),
    ContactRefused: lambda e: _by_cause(e, "invoices", [e.cause]),
    TaxRatesDeclared: lambda e: [_in_its_hour(e, "set_up", "tax_mapping_incomplete")] if e.needs_mapping else [],
    ReferenceDrifted: lambda e: _by_cause(e, "set_up", [e.cause]),
    GateClosed: _gate_closed,
    GateOpened: lambda e: [] if e.during_setup else [_in_its_hour(e, "recovered", "")],
    InactivityWarned: lambda e: _its_own(e, "inactivity", "inactivity"),
    Disconnected: lambda e: _its_own(e, "disconnected", e.reason),
    AlertRecipientsSet: lambda e: _its_own(e, "still_open", "") if e.recipient_ids else [],
    SettingsChanged: lambda e: _its_own(e, "still_open", "") if e.name == "alerts.off" else [],
}
