"""Choose ledger accounts: what Xero offers, what it does not and why, and the choice."""

from collections.abc import Sequence

from domain import connection as connections
from domain.account_offer import Offer, both_roles, exclusions, offers
from domain.account_settings import line_accounts_of
from domain.connection import LedgerAccount
from domain.event import Actor
from domain.ledger_account import LineAccounts, Use, XeroAccount
from domain.refusals import NotPossible
from services.set_up.ground import Ground


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
        """Choose ledger accounts by code or id; each must be one that is offered. Returns a warning, if one is due."""
        accounts = self.listed(account_id)
        rule = line_accounts_of(self._ground.connection(account_id).settings)
        default_line = _offered(accounts, line, "line", rule)
        default_payment = _offered(accounts, payment, "payment", rule) if payment else None
        also_allowed = [_offered(accounts, one, "line", rule) for one in also]
        self._ground.change(
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
        return both_roles(default_line, default_payment, accounts)


def _offered(accounts: Sequence[XeroAccount], wanted: str, use: Use, rule: LineAccounts) -> LedgerAccount:
    found = next((a for a in accounts if wanted in (a.account_id, a.code)), None)
    if found is None:
        codes = ", ".join(f"{a.code or a.account_id} {a.name}" for a in accounts if not a.against(use, rule))
        raise NotPossible(f"Xero has no ledger account {wanted}; offered are: {codes or 'none'}")
    if reasons := exclusions(found, use, rule):
        raise NotPossible(f"ledger account {found} cannot be used: {' '.join(f'{r.reason} {r.fix}' for r in reasons)}")
    return LedgerAccount(account_id=found.account_id, code=found.code)
