"""Choose the organisation: whose books the account's invoices go to, among those the consent reaches."""

import logging
from typing import Final

import msgspec

from adapters.event_store import organisation_bindings
from adapters.vault.grants import Grants
from adapters.xero.answers import Organisation, XeroConnection
from adapters.xero.errors import XeroError
from adapters.xero.session import XeroSession
from adapters.xero.time_zones import zone_of
from domain import connection as connections
from domain.causes import Cause, words
from domain.connection import Connection
from domain.event import Actor
from domain.refusals import NotPossible, OrganisationInUse
from services.set_up.ground import Ground

LOG: Final = logging.getLogger(__name__)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What choosing came to. `former` is set if somebody has to confirm first to leave that organisation.

    Until then invoices go on to it if the present consent reaches it (`goes_on`), else nothing is sent. `former_name`
    is what it calls itself, empty if it was never read.
    """

    organisation_id: str
    name: str
    former: str | None = None
    former_name: str = ""
    goes_on: bool = False


class ChooseOrganisation:
    """Lists the organisations of a consent, and takes the one that is chosen."""

    def __init__(self, ground: Ground, grants: Grants) -> None:
        self._ground, self._grants = ground, grants

    def listed(self, account_id: str) -> tuple[XeroConnection, ...]:
        """The organisations of the account's present consent, and of no other consent of the same Xero user.

        The one it uses is among them, also if a consent of another account came to name it meanwhile.
        """
        return self._of_consent(self._connected(account_id))

    def choose(self, account_id: str, organisation_id: str, actor: Actor, *, start_afresh: bool = False) -> Choice:
        """Choose whose books these are, among those of this consent; raises OrganisationInUse if they are another's.

        Another organisation than before is taken with `start_afresh` alone. What is not taken changes nothing for a
        connection that reaches its organisation; for any other it is withheld, and nothing is sent.
        """
        known = self._connected(account_id)
        listed = {c.organisation_id: c for c in self._of_consent(known)}
        if organisation_id not in listed:
            offered = ", ".join(f"{c.name} ({c.organisation_id})" for c in listed.values()) or "none"
            raise NotPossible(
                f"Xero does not list organisation {organisation_id} for this consent; it lists: {offered}. "
                "To choose another, connect again and pick it in Xero"
            )
        chosen = listed[organisation_id]
        self._check_free(account_id, chosen, actor)
        try:
            self._select(known, chosen, actor, start_afresh)
        except OrganisationInUse:
            self._refuse(account_id, chosen, actor)
        now = self._ground.connection(account_id)
        former = now.organisation_id if now.organisation_id != organisation_id else None
        return Choice(
            organisation_id=organisation_id,
            name=chosen.name,
            former=former,
            former_name=self._ground.name_of(account_id, former) if former else "",
            goes_on=former is not None and now.xero_connection_id != "",
        )

    def _select(self, known: Connection, chosen: XeroConnection, actor: Actor, start_afresh: bool) -> None:
        """Take an organisation Xero listed, and read what it says of itself."""
        ground, account_id = self._ground, known.account_id
        organisation = self._itself(known, chosen.organisation_id)
        ground.change(
            account_id,
            lambda state, at: connections.select_organisation(
                state,
                organisation_id=chosen.organisation_id,
                xero_connection_id=chosen.connection_id,
                base_currency=organisation.base_currency,
                country=organisation.country,
                zone=zone_of(organisation.timezone),
                at=at,
                start_afresh=start_afresh,
            ),
            actor,
        )
        now = ground.connection(account_id)
        if now.organisation_id == chosen.organisation_id:
            ground.keep(account_id, chosen.organisation_id, "organisation", organisation)
            self._read_the_rest(account_id, chosen.organisation_id)
        elif now.picked == chosen.organisation_id:
            ground.keep_beside(account_id, chosen.organisation_id, "organisation", organisation)

    def _itself(self, known: Connection, organisation_id: str) -> Organisation:
        """What it says of itself. The lane counts the calls of the one used so far, and of no other."""
        if known.organisation_id == organisation_id:
            return self._ground.ask(known, "organisation", lambda session: session.organisation())
        return self._ground.session_of(_at(known, organisation_id)).organisation()

    def _connected(self, account_id: str) -> Connection:
        known = self._ground.connection(account_id)
        if known.grant_id is None:
            raise NotPossible(words(Cause("not_connected")))
        return known

    def _of_consent(self, known: Connection) -> tuple[XeroConnection, ...]:
        assert known.grant_id is not None, "only a connected account has a consent"
        session = self._ground.session_of(known)
        given = of_consent(session, self._grants.read(known.grant_id).auth_event_id)
        if not known.xero_connection_id or any(one.connection_id == known.xero_connection_id for one in given):
            return given
        # Xero keeps one connection for a user and an organisation, and has it name the consent that came last: that may
        # be another account's by now, which was refused these books.
        return (*(one for one in session.connections() if one.connection_id == known.xero_connection_id), *given)

    def _check_free(self, account_id: str, chosen: XeroConnection, actor: Actor) -> None:
        """Refuse early what is another's; the binding itself decides, in the transaction that chooses."""
        with self._ground.store.cursor() as cursor:
            owner = organisation_bindings.owner(cursor, chosen.organisation_id)
        if owner not in (None, account_id):
            self._refuse(account_id, chosen, actor)

    def _refuse(self, account_id: str, chosen: XeroConnection, actor: Actor) -> None:
        self._ground.withhold(account_id, chosen.organisation_id, Cause("organisation_in_use"), actor)
        raise OrganisationInUse(chosen.organisation_id)

    def _read_the_rest(self, account_id: str, organisation_id: str) -> None:
        """What an invoice needs beside accounts and rates. Trouble is no reason to fail: it is read again soon."""
        ground, known = self._ground, self._ground.connection(account_id)
        try:
            currencies = ground.ask(known, "currencies", lambda session: session.currencies())
            ground.keep(account_id, organisation_id, "currencies", currencies)
            denied = ground.ask(known, "actions", lambda session: session.denied_actions())
            ground.keep(account_id, organisation_id, "actions", denied)
        except XeroError as error:
            LOG.warning("currencies and actions of account %s are read later: %s", account_id, error)
        self._ground.follow(account_id)


def of_consent(session: XeroSession, auth_event_id: str) -> tuple[XeroConnection, ...]:
    """The organisations one consent gave. Checked here too: a list of all would offer another account's books."""
    listed = session.connections(auth_event_id) if auth_event_id else ()
    return tuple(one for one in listed if one.is_organisation and one.auth_event_id == auth_event_id)


def _at(known: Connection, organisation_id: str) -> Connection:
    """The connection as if this organisation were chosen, to ask Xero about it before it is."""
    return Connection(account_id=known.account_id, grant_id=known.grant_id, organisation_id=organisation_id)
