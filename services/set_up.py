"""Use cases: connect an account to Xero and set it up, step by step; disconnect it. Each step may be repeated."""

from collections.abc import Callable, Sequence
from uuid import UUID

from adapters import reference_data
from adapters.event_store.store import EventStore
from adapters.reference_data import Kind
from adapters.vault.grants import Grants
from adapters.vault.oauth_states import OAuthStates
from adapters.vault.secret import Secret
from adapters.xero.answers import XeroAccount, XeroConnection
from adapters.xero.oauth import XeroOAuth, state_in
from adapters.xero.session import XeroSession
from domain import connection as connections
from domain.causes import CATALOGUE, Cause, words
from domain.connection import Connection, LedgerAccount
from domain.event import Actor, Event
from domain.refusals import NotPossible
from domain.streams import connection_id
from domain.tax import DeclaredTaxSet, TaxSet, XeroTaxRate
from services.handling import Handling


class SetUp:
    """The steps that lead an account from nothing to an open gate."""

    def __init__(
        self,
        store: EventStore,
        handling: Handling,
        oauth: XeroOAuth,
        states: OAuthStates,
        grants: Grants,
        session_of: Callable[[Connection], XeroSession],
        ring: Callable[[UUID], None],
        new_id: Callable[[], UUID],
        redirect_uri: str,
    ) -> None:
        self._store, self._handling, self._oauth = store, handling, oauth
        self._states, self._grants, self._session_of = states, grants, session_of
        self._ring, self._new_id, self._redirect_uri = ring, new_id, redirect_uri

    def begin_connect(self, account_id: str) -> str:
        """The link under which the account's owner gives consent at Xero; good for ten minutes and one use."""
        consent = self._oauth.ask_for_consent()
        self._states.put(
            consent.state, account_id=account_id, verifier=consent.verifier, redirect_uri=self._redirect_uri
        )
        return consent.url

    def finish_connect(self, account_id: str, callback_url: Secret, actor: Actor) -> tuple[XeroConnection, ...]:
        """Take the consent Xero sent the browser back with; returns the organisations of this very consent.

        If the organisation used so far is among them, the connection goes on with it at once: the article has
        reconnecting the same organisation resume.
        """
        state = state_in(callback_url)
        pending = self._states.take(state) if state is not None else None
        if state is None or pending is None or pending.account_id != account_id:
            raise NotPossible("this answer from Xero is not one we wait for, or it was used or is over ten minutes old")
        answer = self._oauth.exchange(
            callback_url, state=state, verifier=pending.verifier, redirect_uri=pending.redirect_uri
        )
        grant_id = self._new_id()
        self._grants.store(
            grant_id=grant_id,
            account_id=account_id,
            xero_user_id=answer.xero_user_id,
            tokens=answer.tokens,
            access_life=answer.access_life,
        )
        self._on_connection(
            account_id,
            lambda state, at: connections.connect(
                state,
                account_id,
                grant_id=grant_id,
                scopes=answer.scopes,
                xero_user_id=answer.xero_user_id,
                at=at,
            ),
            actor,
        )
        known = self.connection(account_id)
        listed = self._session_of(known).connections(answer.auth_event_id)
        if same := next((c for c in listed if c.organisation_id == known.organisation_id), None):
            self._select(known, same, actor)
        return listed

    def organisations(self, account_id: str) -> tuple[XeroConnection, ...]:
        """The organisations this account's grant reaches."""
        return self._session_of(self.connection(account_id)).connections()

    def choose_organisation(self, account_id: str, organisation_id: str, actor: Actor) -> None:
        """Choose whose books these are, among those Xero lists for this grant."""
        known = self.connection(account_id)
        listed = {c.organisation_id: c for c in self._session_of(known).connections()}
        if organisation_id not in listed:
            offered = ", ".join(f"{c.name} ({c.organisation_id})" for c in listed.values()) or "none"
            raise NotPossible(
                f"Xero does not list organisation {organisation_id} for this consent; it lists: {offered}"
            )
        self._select(known, listed[organisation_id], actor)

    def ledger_accounts(self, account_id: str) -> tuple[XeroAccount, ...]:
        """All ledger accounts as Xero has them now, each saying why it is not offered, if it is not."""
        known = self._chosen(account_id)
        accounts = self._session_of(known).ledger_accounts()
        self._keep(account_id, known.organisation_id or "", "ledger_accounts", accounts)
        return accounts

    def choose_accounts(
        self, account_id: str, *, line: str, payment: str | None, also: Sequence[str], actor: Actor
    ) -> None:
        """Choose ledger accounts by code or id; each must be one that is offered."""
        accounts = self.ledger_accounts(account_id)
        default_line = _offered(accounts, line)
        default_payment = _offered(accounts, payment) if payment else None
        also_allowed = [_offered(accounts, one) for one in also]
        self._on_connection(
            account_id,
            lambda state, at: connections.select_accounts(
                state,
                default_line=default_line,
                default_payment=default_payment,
                also_allowed=also_allowed,
                at=at,
            ),
            actor,
        )

    def declare_taxes(self, account_id: str, tax_sets: Sequence[DeclaredTaxSet], actor: Actor) -> None:
        """Say which tax sets Kyrios offers on its lines."""
        self._on_connection(account_id, lambda state, at: connections.declare_taxes(state, tax_sets, at), actor)

    def tax_rates(self, account_id: str) -> tuple[XeroTaxRate, ...]:
        """All tax rates as Xero has them now."""
        known = self._chosen(account_id)
        rates = self._session_of(known).tax_rates()
        self._keep(account_id, known.organisation_id or "", "tax_rates", rates)
        return rates

    def map_tax(self, account_id: str, tax_set: TaxSet, tax_type: str, actor: Actor) -> None:
        """Let a tax set stand for one of Xero's rates."""
        rates = {rate.tax_type: rate for rate in self.tax_rates(account_id)}
        if tax_type not in rates:
            raise NotPossible(f"Xero has no tax rate {tax_type}; it has: {', '.join(sorted(rates))}")
        self._on_connection(
            account_id, lambda state, at: connections.map_tax(state, tax_set, rates[tax_type], at), actor
        )

    def change_setting(self, account_id: str, name: str, value: str, actor: Actor) -> None:
        """Set one of the account's settings."""
        self._on_connection(account_id, lambda state, at: connections.change_setting(state, name, value, at), actor)

    def disconnect(self, account_id: str, actor: Actor) -> bool:
        """End the connection; mappings, links and the queue stay. False if it was not connected."""
        events = self._on_connection(account_id, lambda state, at: connections.disconnect(state, "user", {}, at), actor)
        return bool(events)

    def connection(self, account_id: str) -> Connection:
        """The account's connection; refused if there never was one."""
        known = self._store.load(connection_id(account_id), connections.evolve)
        if known is None:
            raise NotPossible(f"account {account_id} was never connected to Xero; connect it first")
        return known

    def _select(self, known: Connection, chosen: XeroConnection, actor: Actor) -> None:
        organisation = self._session_of(_at(known, chosen.organisation_id)).organisation()
        self._keep(known.account_id, chosen.organisation_id, "organisation", organisation)
        self._on_connection(
            known.account_id,
            lambda state, at: connections.select_organisation(
                state,
                organisation_id=chosen.organisation_id,
                xero_connection_id=chosen.connection_id,
                base_currency=organisation.base_currency,
                country=organisation.country,
                at=at,
            ),
            actor,
        )

    def _chosen(self, account_id: str) -> Connection:
        known = self.connection(account_id)
        if known.organisation_id is None:
            raise NotPossible("no organisation is chosen yet; choose one first")
        return known

    def _keep(self, account_id: str, organisation_id: str, kind: Kind, said: object) -> None:
        with self._store.cursor() as cursor:
            reference_data.keep(cursor, connection_id(account_id), organisation_id, kind, said)

    def _on_connection(self, account_id: str, decide: "Callable[..., list[Event]]", actor: Actor) -> list[Event]:
        stream = connection_id(account_id)
        events = self._handling.carry_out(stream, connections.evolve, decide, actor)
        if events:
            self._ring(stream)
        return events


def _at(known: Connection, organisation_id: str) -> Connection:
    """The connection as if this organisation were chosen, to ask Xero about it before it is."""
    return Connection(account_id=known.account_id, grant_id=known.grant_id, organisation_id=organisation_id)


def _offered(accounts: Sequence[XeroAccount], wanted: str) -> LedgerAccount:
    found = next((a for a in accounts if wanted in (a.account_id, a.code)), None)
    if found is None:
        codes = ", ".join(f"{a.code or a.account_id} {a.name}" for a in accounts if a.offered)
        raise NotPossible(f"Xero has no ledger account {wanted}; offered are: {codes or 'none'}")
    if not found.offered:
        reasons = " ".join(why_not_offered(code) for code in found.not_offered)
        raise NotPossible(f"ledger account {found.code} {found.name} cannot be used: {reasons}")
    return LedgerAccount(account_id=found.account_id, code=found.code)


def why_not_offered(code: str) -> str:
    """Why a ledger account is not offered, in the catalogue's words; Xero's own accounts are no cause of ours."""
    return words(Cause(code), account="It") if code in CATALOGUE else "Xero keeps it for itself."
