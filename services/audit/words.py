"""Every event in words, whatever stream it is of; those of invoices are told by their timeline."""

from collections.abc import Iterable
from typing import Final

from domain import invoice as invoices
from domain.alerts import AlertSent
from domain.causes import Cause, words
from domain.connection_events import (
    AccessRemoved,
    AccountsSelected,
    AlertRecipientsSet,
    Connected,
    ConnectionRemoved,
    Disconnected,
    GateClosed,
    GateOpened,
    InactivityWarned,
    LedgerAccount,
    OrganisationSelected,
    OrganisationWithheld,
    ReferenceDrifted,
    ReferenceRestored,
    SettingsChanged,
    TaxMapped,
    TaxRatesDeclared,
    TaxUnmapped,
)
from domain.contact_link import ContactLinked, ContactRefused, ContactUnlinked, ContactWanted, SubjectErased
from domain.contact_sync import ContactsSynced
from domain.counted import count
from domain.event import Event
from domain.tax import TaxSet, plain
from services.views import timeline

_HOW: Final = {
    "person": "a person chose it",
    "email": "its e-mail address matched",
    "name": "its name matched",
    "created": "it was created for it",
    "merged": "it was merged into it in Xero",
    "moved": "the link came from another Kyrios contact",
}
_IN_XERO: Final = {
    "removed": "removed there",
    "gone": "gone there already",
    "replaced": "left to a newer consent",
    "refused": "Xero no longer knew it",
    "unanswered": "Xero gave no answer for a day",
}


def in_words(event: Event, reason: str = "") -> str:
    """What an event says, in one or a few sentences, with the reason a person gave for it."""
    if isinstance(event, invoices.EVENTS):
        return timeline.in_words(event, reason)
    return _of_connection(event, reason) or _of_contacts(event) or type(event).__name__


def _of_connection(event: Event, reason: str) -> str | None:
    match event:
        case Connected():
            left = "; what the consent before it reached is removed in Xero" if event.leaves else ""
            left += "; what the consent before it reached stays until the account chooses" if event.leaves_later else ""
            return f"A Xero user ({event.xero_user_id}) consented to {count(len(event.scopes), 'right')}{left}."
        case OrganisationSelected():
            left = " The connection to the one before is removed in Xero." if event.leaves else ""
            left += " What former consents reached beside it is removed in Xero." if event.leaves_now else ""
            return f"Organisation {event.organisation_id} was chosen: {event.base_currency}, {event.country}.{left}"
        case OrganisationWithheld():
            return f"Organisation {event.picked} was picked and is not used: {words(event.cause)}"
        case SettingsChanged():
            return f"Setting {event.name} is {event.value}."
        case AccountsSelected():
            return _accounts(event)
        case TaxRatesDeclared():
            sets = ", ".join(_set(one.tax_set) for one in event.tax_sets) or "none"
            return f"Kyrios offers {count(len(event.tax_sets), 'tax set')}: {sets}."
        case TaxMapped():
            return _mapped(event, reason)
        case TaxUnmapped():
            return f"Tax set {_set(event.tax_set)} has no Xero rate any more (mapping version {event.version})."
        case ReferenceDrifted():
            return f"Xero's {_named(event.referenced)} {event.reference} no longer qualifies: {words(event.cause)}"
        case ReferenceRestored():
            return f"Xero's {_named(event.referenced)} {event.reference} qualifies again."
    return _of_gate(event)


def _mapped(event: TaxMapped, reason: str) -> str:
    rate = f"{event.tax_type} at {plain(event.effective_rate)} % (mapping version {event.version})"
    said = f"Tax set {_set(event.tax_set)} stands for Xero's rate {rate}"
    if event.override_reason_ref is None:
        return f"{said}."
    why = f": {reason.rstrip('.')}" if reason else ""
    return f"{said}; a person overrode its components, with a reason{why}."


def _of_gate(event: Event) -> str | None:
    match event:
        case GateClosed():
            return f"Nothing is sent: {_all(event.causes)}"
        case GateOpened():
            return "Invoices are sent."
        case AlertRecipientsSet():
            return f"Mails go to {count(len(event.recipient_ids), 'recipient')}."
        case InactivityWarned():
            last = f"{event.last_activity_at:%Y-%m-%d}"
            return f"It ends for inactivity in {count(event.days_left, 'day')}; the last activity was on {last}."
        case Disconnected():
            known = "".join(f"; {name}: {value}" for name, value in sorted(event.evidence.items()))
            return f"Disconnected: {event.reason.replace('_', ' ')}{known}."
        case AccessRemoved():
            consent = ", the consent was taken back" if event.revoked else ""
            offered = sum(1 for one in event.removed if one != event.xero_connection_id)
            others = f", {offered} on offer removed too" if offered else ""
            return f"The tokens were destroyed; the connection in Xero: {_IN_XERO[event.in_xero]}{others}{consent}."
        case ConnectionRemoved():
            how = _IN_XERO[event.in_xero]
            return f"The organisation was left for another; its connection in Xero: {how}. The consent goes on."
    return None


def _of_contacts(event: Event) -> str | None:
    match event:
        case ContactWanted():
            return f"No Xero contact fits {event.kyrios_contact_id}; one is to be created."
        case ContactLinked():
            return f"Xero contact {event.xero_contact_id} stands for {event.kyrios_contact_id}: {_HOW[event.how]}."
        case ContactUnlinked(moved_to=str()):
            return f"{event.kyrios_contact_id} was merged into {event.moved_to}, and its link went with it."
        case ContactUnlinked():
            return f"Xero contact {event.xero_contact_id} no longer stands for {event.kyrios_contact_id}."
        case ContactRefused():
            return f"{event.kyrios_contact_id} was not created in Xero: {words(event.cause)}"
        case SubjectErased():
            return f"The personal data of {event.kyrios_contact_id} was erased; reason: {event.reason}."
        case ContactsSynced():
            return f"Contacts from Xero: {event.created} new, {event.updated} changed, {event.archived} archived."
        case AlertSent():
            return f"A mail went out: {event.kind} {event.cause_code}".rstrip() + "."
    return None


def _accounts(event: AccountsSelected) -> str:
    also = ", ".join(map(_account, event.also_allowed)) or "no other"
    payment = _account(event.default_payment) if event.default_payment else "none"
    return f"Accounts were chosen: {_account(event.default_line)} for lines, {payment} for payments, {also} on lines."


def _account(account: LedgerAccount) -> str:
    return account.code or account.account_id


def _set(tax_set: TaxSet) -> str:
    return tax_set.key or "no tax"


def _named(referenced: str) -> str:
    return referenced.replace("_", " ")


def _all(causes: Iterable[Cause]) -> str:
    return " ".join(words(cause) for cause in causes)
