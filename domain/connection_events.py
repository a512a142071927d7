"""The events of a connection: how a Kyrios account came to be linked to one Xero organisation. Storage formats."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

import msgspec

from domain.causes import Cause
from domain.event import Event
from domain.tax import DeclaredTaxSet, TaxSet, XeroTaxComponent

RemovedHow = Literal["removed", "gone", "replaced", "refused", "unanswered"]
"""Removed by us; gone already, or never chosen; left to a newer consent; refused, as Xero no longer knows the grant;
unanswered for a day."""
DisconnectReason = Literal["user", "inactivity", "authorisation_lost", "removed_in_xero"]
Referenced = Literal["tax_rate", "ledger_account", "organisation", "permissions"]

PERMISSIONS: Final = "permissions"
"""The word under which a missing right is kept as a reference; a new consent restores it."""


class Connected(Event, frozen=True, kw_only=True):
    """A Xero user consented, for the first time or again: the grant, its scopes, and which Xero user.

    `leaves` is the grant this one replaces, if what that one reached in Xero is to be removed there now. `leaves_later`
    is the same grant where this consent does not reach the organisation used so far: the account may still go back to
    that, so that nothing is removed before OrganisationSelected or Disconnected.
    `offered` is what our app was set up to ask for then, whether or not the account's settings needed it; empty if that
    is not known.
    """

    grant_id: UUID
    scopes: tuple[str, ...]
    xero_user_id: str
    leaves: UUID | None = None
    leaves_later: UUID | None = None
    offered: tuple[str, ...] = ()


class OrganisationSelected(Event, frozen=True, kw_only=True):
    """Which organisation's books these are (`organisation_id` is Xero's tenantId).

    `leaves` is Xero's id of the connection to the organisation used so far, if the same consent reached that one too:
    it is to be removed there, and the consent goes on.
    `first_day` is the day of the account's first connect in the organisation's time zone; None if that is not known.
    `leaves_now` are former grants that had waited for this choice: what they reached in Xero is to be removed now.
    """

    xero_connection_id: str
    base_currency: str
    country: str
    leaves: str = ""
    first_day: date | None = None
    leaves_now: tuple[UUID, ...] = ()


class OrganisationWithheld(Event, frozen=True, kw_only=True):
    """An organisation was picked that may not be used as it is: another than before, or one of another account.

    `picked` is its id (Xero's tenantId); the event's own `organisation_id` stays the one used so far. A connection that
    reaches its own organisation goes on with that, whatever is picked.
    """

    picked: str
    cause: Cause


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
    """All tax sets Kyrios now offers on a line; replaces what was declared before.

    `needs_mapping` are the keys of those that came new and without a Xero rate once set-up was complete: somebody is
    told at once, whether they hold everything back or only the invoices that use them (setting tax.gate).
    """

    tax_sets: tuple[DeclaredTaxSet, ...]
    needs_mapping: tuple[str, ...] = ()


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
    """Something in Xero stopped qualifying: a mapped rate, a chosen account, the organisation, or our permissions."""

    referenced: Referenced
    reference: str
    cause: Cause


class ReferenceRestored(Event, frozen=True, kw_only=True):
    """What had drifted qualifies again; an organisation that was withheld belongs to no other account any more."""

    referenced: Referenced
    reference: str


class GateClosed(Event, frozen=True, kw_only=True):
    """The causes that hold this connection back, in full, whenever that set changes.

    `known` are the codes among them that hold nothing more back than before: somebody was told of them already.
    """

    causes: tuple[Cause, ...]
    during_setup: bool = False
    known: tuple[str, ...] = ()


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
    """The connection ended: why, and what that was judged by. Mappings, links and the queue stay.

    `leaves_now` are former grants of which nothing was removed in Xero yet, as no organisation was confirmed since.
    Without a grant it had ended before, for another reason: now its user lets go of the organisation, too.
    """

    reason: DisconnectReason
    evidence: dict[str, str] = msgspec.field(default_factory=dict)
    grant_id: UUID | None = None
    xero_connection_id: str = ""
    leaves_now: tuple[UUID, ...] = ()


class AccessRemoved(Event, frozen=True, kw_only=True):
    """The end of a grant that is no longer used: its tokens are destroyed with this event.

    `in_xero` says what became of the connection there, `revoked` whether the Xero user's consent was taken back too,
    which would cut off every other connection of that user and is only done where there is none. `removed` are Xero's
    ids of all connections the last try removed: the one that was used, and those that were only on offer.
    """

    grant_id: UUID
    in_xero: RemovedHow
    xero_connection_id: str = ""
    revoked: bool = False
    removed: tuple[str, ...] = ()


class ConnectionRemoved(Event, frozen=True, kw_only=True):
    """The end of a connection in Xero whose organisation was left for another one of the same consent, which goes on.

    `removal` is the event that chose the other one; `in_xero` says what became of the connection there.
    """

    removal: UUID
    grant_id: UUID
    in_xero: RemovedHow
    xero_connection_id: str = ""
