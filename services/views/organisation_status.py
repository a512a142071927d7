"""Which organisation an account's invoices go to, as Xero last described it, and what holds the connection back."""

import datetime as dt
from collections.abc import Mapping

import msgspec

from adapters import reference_data
from adapters.event_store.store import EventStore
from adapters.xero.answers import Organisation
from domain import connection as connections
from domain.cause_words import CauseInWords, in_words
from domain.connection import Connection
from domain.connection_standing import Standing, standing
from domain.connection_words import connection_words
from domain.permissions import missing_rights
from domain.refusals import NotPossible
from domain.streams import connection_id
from services.contacts.import_standing import ContactImport
from services.views.organisation_names import organisation_names
from services.views.removals import RemovalUnderWay, removals_of


class OrganisationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The organisation: what the connection's events say, and beside it what Xero said at `read_at` (UTC).

    Texts Xero left out, or that were not read yet, are empty. `picked` is one that is not used, `withheld` the code of
    why: it waits to be confirmed, or is another account's. `words` are the state in a sentence or two. `scopes` are
    those of the consent, `missing_rights` those it lacks for what the account's settings ask for. `removals` are what
    the account left and Xero has not confirmed to be gone.
    """

    account_id: str
    state: Standing
    organisation_id: str | None
    picked: str | None = None
    picked_name: str = ""
    withheld: str | None = None
    words: str = ""
    name: str = ""
    currency: str = ""
    country: str = ""
    plan: str = ""
    is_demo: bool | None = None
    timezone: str = ""
    sync_from: dt.date | None = None
    period_lock_date: dt.date | None = None
    end_of_year_lock_date: dt.date | None = None
    read_at: dt.datetime | None = None
    scopes: tuple[str, ...] = ()
    missing_rights: tuple[str, ...] = ()
    held_by: tuple[CauseInWords, ...] = ()
    contacts: ContactImport | None = None
    removals: tuple[RemovalUnderWay, ...] = ()


def organisation_of(store: EventStore, account_id: str) -> OrganisationStatus:
    """The organisation of an account; NotPossible if the account was never connected."""
    lane = connection_id(account_id)
    known = store.load(lane, connections.evolve)
    if known is None:
        raise NotPossible(f"account {account_id} was never connected to Xero; connect it first")
    mentioned = [one for one in (known.organisation_id, known.picked) if one]
    names = organisation_names(store, [(account_id, one) for one in mentioned])
    found = OrganisationStatus(
        account_id=account_id,
        state=standing(known),
        organisation_id=known.organisation_id,
        picked=known.picked,
        picked_name=names.get(known.picked or "", ""),
        withheld=known.withheld.code if known.withheld else None,
        words=_words(known, names),
        currency=known.base_currency,
        country=known.country,
        sync_from=known.sync_from,
        scopes=known.scopes,
        missing_rights=missing_rights(known.scopes, known.settings),
        held_by=in_words(known.held_by),
        removals=removals_of(store, known),
    )
    with store.cursor() as cursor:
        read = reference_data.last_said(cursor, lane, known.organisation_id or "", "organisation")
    if read is None:
        return found
    said = msgspec.json.decode(read.said, type=Organisation)
    return msgspec.structs.replace(
        found,
        name=said.name,
        plan=said.edition,
        is_demo=said.is_demo,
        timezone=said.timezone,
        period_lock_date=said.period_lock_date,
        end_of_year_lock_date=said.end_of_year_lock_date,
        read_at=read.read_at,
    )


def _words(known: Connection, names: Mapping[str, str]) -> str:
    return connection_words(
        standing(known),
        known.held_by,
        known.disconnected_for,
        ended_at=known.disconnected_at,
        used=known.organisation_id,
        names=names,
    )
