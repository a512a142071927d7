"""Connection: the link of a Kyrios account to one Xero organisation. Events, state, evolve, decisions.

Every decision that changes what holds the connection back also says so, as GateClosed or GateOpened, in the same
batch: the dispatcher's gate follows these two events and nothing else.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

import msgspec

from domain.causes import Cause
from domain.event import Decision, Event, Moment
from domain.refusals import Fault, InvalidInput, NotPossible
from domain.streams import connection_id
from domain.tax import DeclaredTaxSet, TaxMapping, TaxSet, XeroTaxComponent, XeroTaxRate, plain, same_effective_rate

DisconnectReason = Literal["user", "inactivity", "authorisation_lost", "removed_in_xero"]
Referenced = Literal["tax_rate", "ledger_account", "organisation"]


# ── events ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Connected(Event, frozen=True, kw_only=True):
    """A Xero user consented, for the first time or again: the grant, its scopes, and which Xero user."""

    grant_id: UUID
    scopes: tuple[str, ...]
    xero_user_id: str


class OrganisationSelected(Event, frozen=True, kw_only=True):
    """Which organisation's books these are (`organisation_id` is Xero's tenantId)."""

    xero_connection_id: str
    base_currency: str
    country: str


class SettingsChanged(Event, frozen=True, kw_only=True):
    """One named setting of this account took a new value."""

    name: str
    value: str


class LedgerAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A chosen Xero ledger account: its id, and its code as seen when chosen (empty if it has none)."""

    account_id: str
    code: str = ""


class AccountsSelected(Event, frozen=True, kw_only=True):
    """The ledger accounts invoices may use: the default for lines, the one for payments, others a line may name."""

    default_line: LedgerAccount
    default_payment: LedgerAccount | None = None
    also_allowed: tuple[LedgerAccount, ...] = ()


class TaxRatesDeclared(Event, frozen=True, kw_only=True):
    """All tax sets Kyrios now offers on a line; replaces what was declared before."""

    tax_sets: tuple[DeclaredTaxSet, ...]


class TaxMapped(Event, frozen=True, kw_only=True):
    """A tax set stands for this Xero rate from now on; `version` counts the mappings of this connection.

    `override_reason_ref` is set if the components differ at an equal rate: it points at the sealed reason.
    """

    tax_set: TaxSet
    tax_type: str
    effective_rate: Decimal
    components: tuple[XeroTaxComponent, ...]
    version: int
    override_reason_ref: UUID | None = None


class TaxUnmapped(Event, frozen=True, kw_only=True):
    """A tax set has no Xero rate any more."""

    tax_set: TaxSet
    version: int


class ReferenceDrifted(Event, frozen=True, kw_only=True):
    """Something chosen in Xero stopped qualifying: a mapped rate, a chosen account, or the organisation itself."""

    referenced: Referenced
    reference: str
    cause: Cause


class ReferenceRestored(Event, frozen=True, kw_only=True):
    """What had drifted qualifies again."""

    referenced: Referenced
    reference: str


class GateClosed(Event, frozen=True, kw_only=True):
    """The causes that hold this connection back, in full, whenever that set changes."""

    causes: tuple[Cause, ...]
    during_setup: bool = False


class GateOpened(Event, frozen=True, kw_only=True):
    """Nothing holds this connection back any more."""

    during_setup: bool = False


class AlertRecipientsSet(Event, frozen=True, kw_only=True):
    """Who gets this account's mails; addresses live in their own table."""

    recipient_ids: tuple[UUID, ...]


class InactivityWarned(Event, frozen=True, kw_only=True):
    """A warning is due: so many days until the connection is cut for inactivity."""

    days_left: int
    last_activity_at: datetime


class Disconnected(Event, frozen=True, kw_only=True):
    """The connection ended: why, and what that was judged by. Mappings, links and the queue stay."""

    reason: DisconnectReason
    evidence: dict[str, str] = msgspec.field(default_factory=dict)
    grant_id: UUID | None = None
    xero_connection_id: str = ""


# ── state ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a connection. `held_by` is the set of causes last announced; empty means the gate is open."""

    account_id: str
    version: int = 0
    grant_id: UUID | None = None
    first_connected_at: datetime | None = None
    disconnected_for: DisconnectReason | None = None
    organisation_id: str | None = None
    xero_connection_id: str = ""
    base_currency: str = ""
    country: str = ""
    default_line: LedgerAccount | None = None
    default_payment: LedgerAccount | None = None
    also_allowed: tuple[LedgerAccount, ...] = ()
    declared: tuple[DeclaredTaxSet, ...] | None = None
    mappings: dict[str, TaxMapping] = msgspec.field(default_factory=dict)
    mapping_version: int = 0
    settings: dict[str, str] = msgspec.field(default_factory=dict)
    drifted: dict[str, Cause] = msgspec.field(default_factory=dict)
    recipients: tuple[UUID, ...] = ()
    held_by: tuple[Cause, ...] = (Cause("not_connected"),)
    opened_before: bool = False

    @property
    def gate_open(self) -> bool:
        """Whether this connection may send at all."""
        return not self.held_by

    @property
    def sync_from(self) -> date | None:
        """Invoices dated before this day wait; by default the day of the first connect (UTC)."""
        if chosen := self.settings.get("sync_from"):
            return date.fromisoformat(chosen)
        return self.first_connected_at.date() if self.first_connected_at else None

    def tax_set_name(self, tax_set: TaxSet) -> str:
        """The name people know a tax set by; its key if it was never declared."""
        return next((d.name for d in self.declared or () if d.tax_set.key == tax_set.key), tax_set.key)


def evolve(state: Connection | None, event: Event) -> Connection:
    """Fold one event. Only assigns; total over every event ever stored in this stream."""
    known = state or Connection(account_id=event.account_id)
    apply = _APPLY[type(event)]
    return msgspec.structs.replace(known, version=event.originator_version, **apply(known, event))


def _tax_mapped(state: Connection, event: TaxMapped) -> dict[str, object]:
    mapping = TaxMapping(
        tax_set=event.tax_set,
        tax_type=event.tax_type,
        effective_rate=event.effective_rate,
        components=event.components,
        version=event.version,
    )
    return {"mappings": state.mappings | {event.tax_set.key: mapping}, "mapping_version": event.version}


def _without(mapping: dict[str, object], key: str) -> dict[str, object]:
    return {k: v for k, v in mapping.items() if k != key}


_APPLY: Final[dict[type[Event], Callable[..., dict[str, object]]]] = {
    Connected: lambda s, e: {
        "grant_id": e.grant_id,
        "first_connected_at": s.first_connected_at or e.occurred_at,
        "disconnected_for": None,
    },
    OrganisationSelected: lambda _, e: {
        "organisation_id": e.organisation_id,
        "xero_connection_id": e.xero_connection_id,
        "base_currency": e.base_currency,
        "country": e.country,
    },
    SettingsChanged: lambda s, e: {"settings": s.settings | {e.name: e.value}},
    AccountsSelected: lambda _, e: {
        "default_line": e.default_line,
        "default_payment": e.default_payment,
        "also_allowed": e.also_allowed,
    },
    TaxRatesDeclared: lambda _, e: {"declared": e.tax_sets},
    TaxMapped: _tax_mapped,
    TaxUnmapped: lambda s, e: {"mappings": _without(s.mappings, e.tax_set.key), "mapping_version": e.version},
    ReferenceDrifted: lambda s, e: {"drifted": s.drifted | {e.reference: e.cause}},
    ReferenceRestored: lambda s, e: {"drifted": _without(s.drifted, e.reference)},
    GateClosed: lambda _, e: {"held_by": e.causes},
    GateOpened: lambda _, e: {"held_by": (), "opened_before": True},
    AlertRecipientsSet: lambda _, e: {"recipients": e.recipient_ids},
    InactivityWarned: lambda _, e: {},
    Disconnected: lambda _, e: {"disconnected_for": e.reason, "grant_id": None},
}

EVENTS: Final[tuple[type[Event], ...]] = tuple(_APPLY)


# ── decisions ───────────────────────────────────────────────────────────────────────────────────────────────────────

PERMISSIONS: Final = "permissions"
"""The reference under which a missing right is kept; a new consent restores it."""

SETTINGS: Final[dict[str, str]] = {"sync_from": "the day of the first connect", "tax.gate": "all_active"}
"""The settings this version honours, each with its default in words."""


def connect(
    state: Connection | None, account_id: str, *, grant_id: UUID, scopes: Sequence[str], xero_user_id: str, at: Moment
) -> list[Event]:
    """Record a consent. Each consent is a new grant, so connecting again is recorded again."""
    decision = _decide(state, account_id, at)
    decision.add(
        Connected,
        organisation_id=state.organisation_id if state else None,
        grant_id=grant_id,
        scopes=tuple(scopes),
        xero_user_id=xero_user_id,
    )
    if state and PERMISSIONS in state.drifted:
        decision.add(
            ReferenceRestored,
            organisation_id=state.organisation_id,
            referenced="organisation",
            reference=PERMISSIONS,
        )
    return _with_gate(decision)


def select_organisation(
    state: Connection | None,
    *,
    organisation_id: str,
    xero_connection_id: str,
    base_currency: str,
    country: str,
    at: Moment,
) -> list[Event]:
    """Choose whose books these are. Another organisation than before is refused: its links and mappings differ."""
    known = _connected(state)
    if known.organisation_id not in (None, organisation_id):
        raise NotPossible(
            f"this account's invoices go to organisation {known.organisation_id}; moving to {organisation_id} would "
            "mix two sets of books. Reconnect and choose the organisation used so far."
        )
    if (known.organisation_id, known.xero_connection_id) == (organisation_id, xero_connection_id):
        return []
    decision = _decide(known, known.account_id, at)
    decision.add(
        OrganisationSelected,
        organisation_id=organisation_id,
        xero_connection_id=xero_connection_id,
        base_currency=base_currency,
        country=country,
    )
    return _with_gate(decision)


def change_setting(state: Connection | None, name: str, value: str, at: Moment) -> list[Event]:
    """Set one of SETTINGS for this account."""
    known = _connected(state)
    _check_setting(name, value)
    if known.settings.get(name) == value:
        return []
    decision = _decide(known, known.account_id, at)
    decision.add(SettingsChanged, organisation_id=known.organisation_id, name=name, value=value)
    return _with_gate(decision)


def select_accounts(
    state: Connection | None,
    *,
    default_line: LedgerAccount,
    default_payment: LedgerAccount | None = None,
    also_allowed: Sequence[LedgerAccount] = (),
    at: Moment,
) -> list[Event]:
    """Choose the ledger accounts; whether they qualify in Xero is the caller's check, against what Xero last said."""
    known = _with_organisation(state)
    chosen = (default_line, default_payment, tuple(also_allowed))
    if (known.default_line, known.default_payment, known.also_allowed) == chosen:
        return []
    decision = _decide(known, known.account_id, at)
    decision.add(
        AccountsSelected,
        organisation_id=known.organisation_id,
        default_line=default_line,
        default_payment=default_payment,
        also_allowed=tuple(also_allowed),
    )
    return _with_gate(decision)


def declare_taxes(state: Connection | None, tax_sets: Sequence[DeclaredTaxSet], at: Moment) -> list[Event]:
    """Say which tax sets Kyrios offers on its lines. An untaxed line needs no declaration and no mapping."""
    known = _with_organisation(state)
    declared = tuple(sorted(tax_sets, key=lambda d: d.tax_set.key))
    if known.declared == declared:
        return []
    decision = _decide(known, known.account_id, at)
    decision.add(TaxRatesDeclared, organisation_id=known.organisation_id, tax_sets=declared)
    return _with_gate(decision)


def map_tax(state: Connection | None, tax_set: TaxSet, rate: XeroTaxRate, at: Moment) -> list[Event]:
    """Let a tax set stand for a Xero rate. The rate must be active, fit sales lines and charge the same percentage."""
    known = _with_organisation(state)
    _check_rate(known.tax_set_name(tax_set), tax_set, rate)
    present = known.mappings.get(tax_set.key)
    if present and (present.tax_type, present.effective_rate, present.components) == (
        rate.tax_type,
        rate.effective_rate,
        rate.components,
    ):
        return []
    decision = _decide(known, known.account_id, at)
    decision.add(
        TaxMapped,
        organisation_id=known.organisation_id,
        tax_set=tax_set,
        tax_type=rate.tax_type,
        effective_rate=rate.effective_rate,
        components=rate.components,
        version=known.mapping_version + 1,
    )
    return _with_gate(decision)


def miss_permission(state: Connection, at: Moment) -> list[Event]:
    """Xero refused a call because the consent lacks a right: hold everything back until the account reconnects."""
    if PERMISSIONS in state.drifted:
        return []
    decision = _decide(state, state.account_id, at)
    decision.add(
        ReferenceDrifted,
        organisation_id=state.organisation_id,
        referenced="organisation",
        reference=PERMISSIONS,
        cause=Cause("permission_missing"),
    )
    return _with_gate(decision)


def disconnect(state: Connection | None, reason: DisconnectReason, evidence: dict[str, str], at: Moment) -> list[Event]:
    """End the connection. Already disconnected: nothing new."""
    if state is None or state.grant_id is None:
        return []
    decision = _decide(state, state.account_id, at)
    decision.add(
        Disconnected,
        organisation_id=state.organisation_id,
        reason=reason,
        evidence=evidence,
        grant_id=state.grant_id,
        xero_connection_id=state.xero_connection_id,
    )
    return _with_gate(decision)


def what_holds(state: Connection) -> tuple[Cause, ...]:
    """The causes that hold the whole connection back, in the order a person would meet them."""
    if state.disconnected_for is not None:
        return (Cause("not_connected" if state.disconnected_for == "user" else state.disconnected_for),)
    if state.grant_id is None:
        return (Cause("not_connected"),)
    if missing := missing_steps(state):
        return (Cause("setup_incomplete", facts={"missing": ", ".join(missing)}),)
    return (*_unmapped(state), *_drifted(state))


def missing_steps(state: Connection) -> list[str]:
    """The set-up steps still to do, each in words."""
    missing = []
    if state.organisation_id is None:
        missing.append("choose the organisation")
    if state.default_line is None:
        missing.append("choose accounts")
    if state.declared is None:
        missing.append("declare taxes")
    return missing


def _unmapped(state: Connection) -> tuple[Cause, ...]:
    if state.settings.get("tax.gate", SETTINGS["tax.gate"]) != "all_active":
        return ()
    return tuple(
        Cause("tax_mapping_incomplete", key=d.tax_set.key, facts={"tax_set": d.name})
        for d in state.declared or ()
        if d.tax_set.components and d.tax_set.key not in state.mappings
    )


def _drifted(state: Connection) -> tuple[Cause, ...]:
    # A rate or a further account that drifted holds back only the invoices that use it.
    needed_by_all = {account.account_id for account in (state.default_line, state.default_payment) if account}
    needed_by_all |= {PERMISSIONS, state.organisation_id or ""}
    return tuple(cause for reference, cause in state.drifted.items() if reference in needed_by_all)


def _with_gate(decision: Decision[Connection]) -> list[Event]:
    state = decision.state
    assert state is not None
    held = what_holds(state)
    if held == state.held_by:
        return decision.events
    organisation = state.organisation_id
    if held:
        decision.add(GateClosed, organisation_id=organisation, causes=held, during_setup=not state.opened_before)
    else:
        decision.add(GateOpened, organisation_id=organisation, during_setup=not state.opened_before)
    return decision.events


def _decide(state: Connection | None, account_id: str, at: Moment) -> Decision[Connection]:
    return Decision(connection_id(account_id), account_id, state, state.version if state else 0, evolve, at)


def _connected(state: Connection | None) -> Connection:
    if state is None or state.grant_id is None:
        raise NotPossible("Xero is not connected; connect it first")
    return state


def _with_organisation(state: Connection | None) -> Connection:
    known = _connected(state)
    if known.organisation_id is None:
        raise NotPossible("no organisation is chosen yet; choose one first")
    return known


def _check_rate(name: str, tax_set: TaxSet, rate: XeroTaxRate) -> None:
    if rate.status != "ACTIVE":
        raise NotPossible(f"Xero's rate {rate.tax_type} is {rate.status.lower()}; map {name} to an active one")
    if not rate.applies_to_revenue:
        raise NotPossible(f"Xero does not allow rate {rate.tax_type} on sales; map {name} to another one")
    if not same_effective_rate(tax_set, rate):
        raise NotPossible(
            f"{name} is {plain(tax_set.effective_rate)}% but Xero's {rate.tax_type} is {plain(rate.effective_rate)}%; "
            "a tax is only ever mapped to a rate that charges the same"
        )


def _check_setting(name: str, value: str) -> None:
    if name not in SETTINGS:
        raise InvalidInput(Fault("/name", f"there is no setting {name!r}; there are: {', '.join(SETTINGS)}"))
    if name == "tax.gate" and value not in ("all_active", "used_on_invoice"):
        raise InvalidInput(Fault("/value", "tax.gate is all_active or used_on_invoice"))
    if name == "sync_from" and not _is_plain_date(value):
        raise InvalidInput(Fault("/value", "sync_from is a date such as 2026-04-01"))


def _is_plain_date(text: str) -> bool:
    # The library also reads 20260401 and 2026-W14-3, which are the same day in other words.
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
