"""Connection: what is known of the link of a Kyrios account to one Xero organisation. State and evolve."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from domain.account_settings import SETTINGS
from domain.causes import Cause
from domain.connection_events import (
    AccessRemoved,
    AccountsSelected,
    AlertRecipientsSet,
    Connected,
    ConnectionRemoved,
    Disconnected,
    DisconnectReason,
    GateClosed,
    GateOpened,
    InactivityWarned,
    LedgerAccount,
    OrganisationSelected,
    OrganisationWithheld,
    ReferenceDrifted,
    ReferenceRestored,
    RemovedHow,
    SettingsChanged,
    TaxMapped,
    TaxRatesDeclared,
    TaxUnmapped,
)
from domain.event import Decision, Event, Moment
from domain.streams import connection_id
from domain.tax import DeclaredTaxSet, TaxMapping, TaxSet


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """What is no longer used and still to be removed in Xero: a grant with all it reaches, or one connection of it.

    `removal` is its id: the grant's own, or that of the event that chose another organisation, while the consent goes
    on. `xero_connection_id` is empty if no organisation was confirmed. `since` is when it was left (UTC): for one that
    waits, when another consent came; then, when it was let go.
    """

    removal: UUID
    grant_id: UUID
    xero_connection_id: str
    organisation_id: str | None
    xero_user_id: str
    since: datetime

    @property
    def consent_goes_on(self) -> bool:
        """Whether only the connection is left, and its grant is still used."""
        return self.removal != self.grant_id


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a connection. `held_by` is the set of causes last announced; empty means the gate is open.

    `closed_at` is when the gate last closed from open, `opened_at` when it last opened.

    `first_day` is the day of the first connect where the organisation is, None if its time zone is not known.
    `former_names` are the names of tax sets that were offered before, by key.

    `xero_connection_id` is empty until the organisation is chosen, and again after a disconnection or a new consent,
    until it is confirmed that this consent reaches the same organisation. `withheld` is why the organisation that was
    picked last, `picked`, is not used. `scopes` are those of the consent; empty if Xero did not say.
    `offered` are those our app was set up to ask for then.

    `departures` are being removed in Xero; of `unanswered` Xero never said that they are, so they may be there still.
    `waiting` are removed once the account chose whose books these are from now on, or disconnected.
    """

    account_id: str
    version: int = 0
    grant_id: UUID | None = None
    xero_user_id: str = ""
    scopes: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    first_connected_at: datetime | None = None
    first_day: date | None = None
    disconnected_for: DisconnectReason | None = None
    disconnected_at: datetime | None = None
    quiet_days: str = ""
    organisation_id: str | None = None
    xero_connection_id: str = ""
    picked: str | None = None
    withheld: Cause | None = None
    base_currency: str = ""
    country: str = ""
    default_line: LedgerAccount | None = None
    default_payment: LedgerAccount | None = None
    also_allowed: tuple[LedgerAccount, ...] = ()
    declared: tuple[DeclaredTaxSet, ...] | None = None
    former_names: dict[str, str] = msgspec.field(default_factory=dict)
    mappings: dict[str, TaxMapping] = msgspec.field(default_factory=dict)
    mapping_version: int = 0
    settings: dict[str, str] = msgspec.field(default_factory=dict)
    drifted: dict[str, Cause] = msgspec.field(default_factory=dict)
    recipients: tuple[UUID, ...] = ()
    held_by: tuple[Cause, ...] = (Cause("not_connected"),)
    opened_before: bool = False
    departures: tuple[Departure, ...] = ()
    waiting: tuple[Departure, ...] = ()
    unanswered: tuple[Departure, ...] = ()
    closed_at: datetime | None = None
    opened_at: datetime | None = None
    warned: InactivityWarned | None = None

    @property
    def gate_open(self) -> bool:
        """Whether this connection may send at all."""
        return not self.held_by

    @property
    def sync_from(self) -> date | None:
        """Invoices dated before this day wait; by default the day of the first connect where the organisation is.

        While nobody knows where that is, it is the day in UTC.
        """
        if chosen := self.settings.get("sync_from"):
            return date.fromisoformat(chosen)
        if self.first_day is not None:
            return self.first_day
        return self.first_connected_at.date() if self.first_connected_at else None

    def setting(self, name: str) -> str:
        """The value a setting has: the chosen one, else its default."""
        if name == "sync_from" and self.sync_from is not None:
            return self.sync_from.isoformat()
        return self.settings.get(name, SETTINGS[name])

    @property
    def refused_books(self) -> str | None:
        """The organisation that was picked last, if it is not used because it belongs to another account."""
        return self.picked if self.withheld is not None and self.withheld.code == "organisation_in_use" else None

    def warned_since(self, last_activity: datetime) -> int | None:
        """The days that were left when inactivity was last warned of in the quiet time since then; None if never."""
        warned = self.warned
        return warned.days_left if warned and warned.last_activity_at == last_activity else None

    def tax_set_name(self, tax_set: TaxSet) -> str:
        """The name people know a tax set by, also one that is offered no longer; its key if it was never declared."""
        offered = (one.name for one in self.declared or () if one.tax_set.key == tax_set.key)
        return next(offered, self.former_names.get(tax_set.key, tax_set.key))


def deciding(state: Connection | None, account_id: str, at: Moment) -> Decision[Connection]:
    """A decision about an account's connection, as yet without events."""
    return Decision(connection_id(account_id), account_id, state, state.version if state else 0, evolve, at)


def evolve(state: Connection | None, event: Event) -> Connection:
    """Fold one event. Only assigns; total over every event ever stored in this stream."""
    known = state or Connection(account_id=event.account_id)
    apply = _APPLY[type(event)]
    return msgspec.structs.replace(known, version=event.originator_version, **apply(known, event))


def _organisation_selected(state: Connection, event: OrganisationSelected) -> dict[str, object]:
    chosen: dict[str, object] = {
        "organisation_id": event.organisation_id,
        "xero_connection_id": event.xero_connection_id,
        "base_currency": event.base_currency,
        "country": event.country,
        "first_day": event.first_day,
        "picked": None,
        "withheld": None,
        **_leaves_now(state, event, _left_books(state, event)),
        "unanswered": tuple(d for d in state.unanswered if d.xero_connection_id != event.xero_connection_id),
    }
    return chosen if state.organisation_id in (None, event.organisation_id) else chosen | _LEFT_BEHIND


_LEFT_BEHIND: Final[dict[str, object]] = {
    "default_line": None,
    "default_payment": None,
    "also_allowed": (),
    "mappings": {},
    "drifted": {},
    "opened_before": False,
}
"""What belongs to the books of one organisation and means nothing in those of another."""


def _tax_mapped(state: Connection, event: TaxMapped) -> dict[str, object]:
    mapping = TaxMapping(
        tax_set=event.tax_set,
        tax_type=event.tax_type,
        effective_rate=event.effective_rate,
        components=event.components,
        version=event.version,
        reason_ref=event.override_reason_ref,
    )
    return {"mappings": state.mappings | {event.tax_set.key: mapping}, "mapping_version": event.version}


def _without(mapping: dict[str, object], key: str) -> dict[str, object]:
    return {k: v for k, v in mapping.items() if k != key}


def _left_books(state: Connection, event: OrganisationSelected) -> tuple[Departure, ...]:
    if not event.leaves or state.grant_id is None:
        return ()
    return (_departure(state, event, event.event_id, state.grant_id, event.leaves),)


def _left_grant(state: Connection, event: Event, grant: UUID | None, there: str) -> tuple[Departure, ...]:
    return () if grant is None else (_departure(state, event, grant, grant, there),)


def _leaves_now(
    state: Connection, event: OrganisationSelected | Disconnected, left: tuple[Departure, ...]
) -> dict[str, object]:
    """What leaves with this event, and before it what had waited for it."""
    waited = (d for d in state.waiting if d.removal in event.leaves_now)
    gone = tuple(msgspec.structs.replace(d, since=event.occurred_at) for d in waited)
    still = tuple(d for d in state.waiting if d.removal not in event.leaves_now)
    return {"departures": (*state.departures, *gone, *left), "waiting": still}


def _departure(state: Connection, event: Event, removal: UUID, grant_id: UUID, there: str) -> Departure:
    return Departure(
        removal=removal,
        grant_id=grant_id,
        xero_connection_id=there,
        organisation_id=state.organisation_id,
        xero_user_id=state.xero_user_id,
        since=event.occurred_at,
    )


def _departed(state: Connection, removal: UUID, how: RemovedHow) -> dict[str, object]:
    """A departure ended. One that Xero answered took along whatever was never answered for the same Xero user."""
    gone = tuple(d for d in state.departures if d.removal == removal)
    left: dict[str, object] = {"departures": tuple(d for d in state.departures if d.removal != removal)}
    if how == "unanswered":
        return left | {"unanswered": (*state.unanswered, *gone)}
    users = {d.xero_user_id for d in gone if not d.consent_goes_on} if how != "refused" else set()
    return left | {"unanswered": tuple(d for d in state.unanswered if d.xero_user_id not in users)}


_QUIET_DAYS: Final = "60"
"""After how many the article disconnects; what else an account chose stands in the evidence."""

_APPLY: Final[dict[type[Event], Callable[..., dict[str, object]]]] = {
    Connected: lambda s, e: {
        "grant_id": e.grant_id,
        "xero_user_id": e.xero_user_id,
        "scopes": e.scopes,
        "offered": e.offered,
        "xero_connection_id": "",
        "picked": None,
        "withheld": None,
        "first_connected_at": s.first_connected_at or e.occurred_at,
        "disconnected_for": None,
        "disconnected_at": None,
        "departures": (*s.departures, *_left_grant(s, e, e.leaves, s.xero_connection_id)),
        "waiting": (*s.waiting, *_left_grant(s, e, e.leaves_later, s.xero_connection_id)),
    },
    OrganisationSelected: _organisation_selected,
    OrganisationWithheld: lambda _, e: {"picked": e.picked, "withheld": e.cause},
    SettingsChanged: lambda s, e: {"settings": s.settings | {e.name: e.value}},
    AccountsSelected: lambda _, e: {
        "default_line": e.default_line,
        "default_payment": e.default_payment,
        "also_allowed": e.also_allowed,
    },
    TaxRatesDeclared: lambda s, e: {
        "declared": e.tax_sets,
        "former_names": s.former_names | {one.tax_set.key: one.name for one in s.declared or ()},
    },
    TaxMapped: _tax_mapped,
    TaxUnmapped: lambda s, e: {"mappings": _without(s.mappings, e.tax_set.key), "mapping_version": e.version},
    ReferenceDrifted: lambda s, e: {"drifted": s.drifted | {e.reference: e.cause}},
    ReferenceRestored: lambda s, e: {
        "drifted": _without(s.drifted, e.reference),
        **({"picked": None, "withheld": None} if e.reference == s.refused_books else {}),
    },
    GateClosed: lambda s, e: {"held_by": e.causes, "closed_at": s.closed_at if s.held_by else e.occurred_at},
    GateOpened: lambda _, e: {"held_by": (), "opened_before": True, "opened_at": e.occurred_at},
    AlertRecipientsSet: lambda _, e: {"recipients": e.recipient_ids},
    InactivityWarned: lambda _, e: {"warned": e},
    Disconnected: lambda s, e: {
        "disconnected_for": e.reason,
        "disconnected_at": e.occurred_at,
        "quiet_days": e.evidence.get("inactivity.days", _QUIET_DAYS) if e.reason == "inactivity" else "",
        "grant_id": None,
        "scopes": (),
        "xero_connection_id": "",
        "picked": None,
        "withheld": None,
        **_leaves_now(s, e, _left_grant(s, e, e.grant_id, e.xero_connection_id)),
    },
    AccessRemoved: lambda s, e: _departed(s, e.grant_id, e.in_xero),
    ConnectionRemoved: lambda s, e: _departed(s, e.removal, e.in_xero),
}

EVENTS: Final[tuple[type[Event], ...]] = tuple(_APPLY)
