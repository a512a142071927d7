"""Use cases: connect an account to Xero and set it up, step by step; disconnect it. Each step may be repeated."""

import logging
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from adapters import reference_data
from adapters.event_store.store import NOTHING, EventStore
from adapters.event_store.writes import SealedAnswer, Writes
from adapters.reference_data import Kind
from adapters.vault.account_keys import AccountKeys
from adapters.vault.grants import Grants
from adapters.vault.oauth_states import OAuthStates
from adapters.vault.secret import Secret
from adapters.xero.answers import XeroConnection
from adapters.xero.errors import XeroError
from adapters.xero.oauth import XeroOAuth, state_in
from adapters.xero.session import XeroSession
from domain import connection as connections
from domain.account_settings import line_accounts_of
from domain.causes import CATALOGUE, Cause, words
from domain.connection import Connection, LedgerAccount
from domain.event import Actor, Event
from domain.ledger_account import LineAccounts, Use, XeroAccount
from domain.refusals import Fault, InvalidInput, NotPossible
from domain.streams import connection_id
from domain.tax import DeclaredTaxSet, TaxSet, XeroTaxRate, same_components
from domain.tax_suggestions import Suggestion, suggest
from services.handling import Handling

LOG: Final = logging.getLogger(__name__)
LONGEST_REASON: Final = 500


class SetUp:
    """The steps that lead an account from nothing to an open gate."""

    def __init__(
        self,
        store: EventStore,
        keys: AccountKeys,
        handling: Handling,
        oauth: XeroOAuth,
        states: OAuthStates,
        grants: Grants,
        session_of: Callable[[Connection], XeroSession],
        ring: Callable[[UUID], None],
        follow: Callable[[str], None],
        new_id: Callable[[], UUID],
        redirect_uri: str,
    ) -> None:
        self._store, self._keys, self._handling, self._oauth = store, keys, handling, oauth
        self._states, self._grants, self._session_of = states, grants, session_of
        self._ring, self._follow, self._new_id, self._redirect_uri = ring, follow, new_id, redirect_uri

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
        self._follow(account_id)
        return accounts

    def choose_accounts(
        self, account_id: str, *, line: str, payment: str | None, also: Sequence[str], actor: Actor
    ) -> None:
        """Choose ledger accounts by code or id; each must be one that is offered."""
        accounts = self.ledger_accounts(account_id)
        rule = line_accounts_of(self.connection(account_id).settings)
        default_line = _offered(accounts, line, "line", rule)
        default_payment = _offered(accounts, payment, "payment", rule) if payment else None
        also_allowed = [_offered(accounts, one, "line", rule) for one in also]
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
        self._follow(account_id)
        return rates

    def suggest_taxes(self, account_id: str) -> list[tuple[DeclaredTaxSet, Suggestion]]:
        """The Xero rate each declared tax set might be mapped to, with the reason in words."""
        rates = self.tax_rates(account_id)
        declared = self.connection(account_id).declared or ()
        return [(one, suggest(one.tax_set, rates)) for one in declared]

    def map_tax(
        self, account_id: str, tax_set: TaxSet, tax_type: str, actor: Actor, *, reason: str | None = None
    ) -> None:
        """Let a tax set stand for one of Xero's rates; one of other taxes at an equal rate takes a reason."""
        rates = {rate.tax_type: rate for rate in self.tax_rates(account_id)}
        if tax_type not in rates:
            raise NotPossible(f"Xero has no tax rate {tax_type}; it has: {', '.join(sorted(rates))}")
        rate, kept = rates[tax_type], None
        if reason is not None and not same_components(tax_set.components, rate.components):
            kept = self._sealed(account_id, checked_reason(reason))
        self._on_connection(
            account_id,
            lambda state, at: connections.map_tax(
                state, tax_set, rate, at, reason_ref=kept.answer_id if kept else None
            ),
            actor,
            Writes(answers=[kept]) if kept else NOTHING,
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
        self._keep(known.account_id, chosen.organisation_id, "organisation", organisation)
        self._read_the_rest(known.account_id, chosen.organisation_id)

    def _read_the_rest(self, account_id: str, organisation_id: str) -> None:
        """What an invoice needs beside accounts and rates. Trouble is no reason to fail: it is read again soon."""
        session = self._session_of(self.connection(account_id))
        try:
            self._keep(account_id, organisation_id, "currencies", session.currencies())
            self._keep(account_id, organisation_id, "actions", session.denied_actions())
        except XeroError as error:
            LOG.warning("currencies and actions of account %s are read later: %s", account_id, error)
        self._follow(account_id)

    def _chosen(self, account_id: str) -> Connection:
        known = self.connection(account_id)
        if known.organisation_id is None:
            raise NotPossible("no organisation is chosen yet; choose one first")
        return known

    def _keep(self, account_id: str, organisation_id: str, kind: Kind, said: object) -> None:
        with self._store.cursor() as cursor:
            reference_data.keep(cursor, connection_id(account_id), organisation_id, kind, said)

    def _sealed(self, account_id: str, reason: str) -> SealedAnswer:
        """A reason as it is kept, where Xero's own words are kept too: an event holds no free text."""
        reason_id = self._new_id()
        sealed = self._keys.get(account_id).seal("answer_text", str(reason_id), 1, msgspec.json.encode([reason]))
        stream = connection_id(account_id)
        return SealedAnswer(answer_id=reason_id, stream_id=stream, account_id=account_id, sealed=sealed)

    def _on_connection(
        self, account_id: str, decide: "Callable[..., list[Event]]", actor: Actor, writes: Writes = NOTHING
    ) -> list[Event]:
        stream = connection_id(account_id)
        events = self._handling.carry_out(stream, connections.evolve, decide, actor, writes)
        if events:
            self._follow(account_id)
            self._ring(stream)
        return events


def checked_reason(reason: str) -> str:
    """A reason a person gave, without outer blanks; InvalidInput if it says nothing or does not end."""
    said = reason.strip()
    if not 1 <= len(said) <= LONGEST_REASON or not said.isprintable():
        raise InvalidInput(Fault("/reason", f"a reason is 1 to {LONGEST_REASON} printable characters on one line"))
    return said


def _at(known: Connection, organisation_id: str) -> Connection:
    """The connection as if this organisation were chosen, to ask Xero about it before it is."""
    return Connection(account_id=known.account_id, grant_id=known.grant_id, organisation_id=organisation_id)


def _offered(accounts: Sequence[XeroAccount], wanted: str, use: Use, rule: LineAccounts) -> LedgerAccount:
    found = next((a for a in accounts if wanted in (a.account_id, a.code)), None)
    if found is None:
        codes = ", ".join(f"{a.code or a.account_id} {a.name}" for a in accounts if not a.against(use, rule))
        raise NotPossible(f"Xero has no ledger account {wanted}; offered are: {codes or 'none'}")
    if reasons := found.against(use, rule):
        why = " ".join(why_not_offered(code) for code in reasons)
        raise NotPossible(f"ledger account {found} cannot be used: {why}")
    return LedgerAccount(account_id=found.account_id, code=found.code)


def why_not_offered(code: str) -> str:
    """Why a ledger account is not offered, in the catalogue's words; Xero's own accounts are no cause of ours."""
    return words(Cause(code), account="It") if code in CATALOGUE else "Xero keeps it for itself."
