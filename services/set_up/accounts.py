"""Choose ledger accounts: what Xero offers, what it does not and why, and the choice."""

from collections.abc import Sequence

import msgspec

from domain import connection as connections
from domain.account_offer import Offer, both_roles, exclusions, offers
from domain.account_settings import line_accounts_of
from domain.connection import Connection, LedgerAccount
from domain.event import Actor, Event, Moment
from domain.ledger_account import LineAccounts, Use, XeroAccount
from domain.refusals import NotPossible
from services.set_up.ground import Ground


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Ledger accounts as a person names them, by code or id; `no_payment` and `no_also` drop what was chosen before.

    Those of `also` are allowed beside the ones allowed before, or in their place with `no_also`.
    """

    line: str | None = None
    payment: str | None = None
    also: tuple[str, ...] = ()
    no_payment: bool = False
    no_also: bool = False


class ChooseAccounts:
    """Lists ledger accounts and takes the choice among them."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def listed(self, account_id: str) -> tuple[XeroAccount, ...]:
        """All ledger accounts as Xero has them now."""
        known, organisation_id = self._ground.chosen(account_id)
        accounts = self._ground.ask(known, "ledger_accounts", lambda session: session.ledger_accounts())
        self._ground.keep(account_id, organisation_id, "ledger_accounts", accounts)
        self._ground.follow(account_id)
        return accounts

    def offered(self, account_id: str) -> list[Offer]:
        """All ledger accounts as Xero has them now, those on offer first; of the others, each reason and its fix."""
        accounts = self.listed(account_id)
        return offers(accounts, line_accounts_of(self._ground.connection(account_id).settings))

    def choose(
        self, account_id: str, *, line: str, payment: str | None, also: Sequence[str], actor: Actor
    ) -> str | None:
        """Choose these ledger accounts and no others, as `change` does."""
        named = Named(line=line, payment=payment, also=tuple(also), no_payment=payment is None, no_also=True)
        return self.change(account_id, named, actor)

    def change(self, account_id: str, named: Named, actor: Actor) -> str | None:
        """Choose the accounts that are named; each must be one that is offered. Returns a warning, if one is due.

        What is not named stays as it is, unless it is dropped; whether that still qualifies, drift says.
        """
        accounts = self.listed(account_id)
        rule = line_accounts_of(self._ground.connection(account_id).settings)
        found = _Found(
            line=_offered(accounts, named.line, "line", rule) if named.line is not None else None,
            payment=_offered(accounts, named.payment, "payment", rule) if named.payment is not None else None,
            also=tuple(_offered(accounts, one, "line", rule) for one in named.also),
        )
        self._ground.change(account_id, lambda state, at: _select(state, named, found, at), actor)
        now = self._ground.connection(account_id)
        return both_roles(now.default_line, now.default_payment, accounts)


class _Found(msgspec.Struct, frozen=True):
    line: LedgerAccount | None
    payment: LedgerAccount | None
    also: tuple[LedgerAccount, ...]


def _select(state: Connection | None, named: Named, found: _Found, at: Moment) -> list[Event]:
    line = found.line or (state.default_line if state else None)
    if line is None:
        raise NotPossible("no account for lines is chosen yet; name it as well")
    kept_payment = state.default_payment if state and not named.no_payment else None
    kept_also = state.also_allowed if state and not named.no_also else ()
    allowed = {one.account_id: one for one in (*found.also, *kept_also)}
    order = dict.fromkeys(one.account_id for one in (*kept_also, *found.also))
    return connections.select_accounts(
        state,
        default_line=line,
        default_payment=found.payment or kept_payment,
        also_allowed=[allowed[one] for one in order],
        at=at,
    )


def _offered(accounts: Sequence[XeroAccount], wanted: str, use: Use, rule: LineAccounts) -> LedgerAccount:
    if not wanted.strip():
        raise NotPossible("a ledger account is named by its code, or by its id in Xero; this name is empty")
    found = next((a for a in accounts if wanted in (a.account_id, a.code)), None)
    if found is None:
        codes = ", ".join(f"{a.code or a.account_id} {a.name}" for a in accounts if not a.against(use, rule))
        raise NotPossible(f"Xero has no ledger account {wanted}; offered are: {codes or 'none'}")
    if reasons := exclusions(found, use, rule):
        raise NotPossible(f"ledger account {found} cannot be used: {' '.join(f'{r.reason} {r.fix}' for r in reasons)}")
    return LedgerAccount(account_id=found.account_id, code=found.code)
