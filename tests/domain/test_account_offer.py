"""Ledger accounts on offer: every one left out says why and what would help; the empty list explains itself."""

import msgspec
import pytest

from domain.account_offer import both_roles, exclusions, nothing_offered, offers
from domain.connection import LedgerAccount
from domain.ledger_account import LineAccounts, XeroAccount

SALES = XeroAccount(
    account_id="sales",
    code="200",
    name="Sales",
    type="REVENUE",
    account_class="REVENUE",
    status="ACTIVE",
    tax_type="OUTPUT2",
    payments_enabled=True,
    system_account="",
)
DEPOSITS = msgspec.structs.replace(
    SALES, account_id="deposits", code="850", name="Deposits", type="CURRLIAB", account_class="LIABILITY"
)


@pytest.mark.article("R11")
@pytest.mark.parametrize(
    ("changes", "code", "words", "helps"),
    [
        ({"type": "BANK", "account_class": "ASSET"}, "account_is_bank", "bank account", "never offered"),
        ({"status": "ARCHIVED"}, "account_archived", "archived", "Restore it"),
        ({"system_account": "DEBTORS"}, "system_account", "keeps it for itself", "another one"),
        ({"payments_enabled": False}, "account_not_payment_enabled", "does not take payments", "Enable payments"),
    ],
)
def test_an_account_left_out_says_why_and_what_would_help(
    changes: dict[str, object], code: str, words: str, helps: str
) -> None:
    (offer,) = offers([msgspec.structs.replace(SALES, **changes)], "payment_enabled")
    assert not offer.offered
    for excluded in (offer.not_for_lines, offer.not_for_payments):
        (reason,) = excluded
        assert (reason.code, words in reason.reason, helps in reason.fix) == (code, True, True)


def test_an_account_has_all_its_reasons() -> None:
    both = msgspec.structs.replace(SALES, type="BANK", payments_enabled=False)
    assert [e.code for e in exclusions(both, "line", "payment_enabled")] == [
        "account_is_bank",
        "account_not_payment_enabled",
    ]


@pytest.mark.article("R11")
@pytest.mark.parametrize(
    ("account_class", "rule", "lines", "payments"),
    [
        ("REVENUE", "payment_enabled", False, False),
        ("REVENUE", "revenue", True, False),
        ("EXPENSE", "revenue", False, False),
    ],
)
def test_an_account_that_takes_no_payments_is_offered_for_lines_only_if_those_may_be_revenue_accounts(
    account_class: str, rule: LineAccounts, lines: bool, payments: bool
) -> None:
    account = msgspec.structs.replace(SALES, payments_enabled=False, account_class=account_class)
    (offer,) = offers([account], rule)
    assert (offer.for_lines, offer.for_payments) == (lines, payments)


def test_where_lines_may_be_revenue_accounts_another_class_is_named_as_the_reason() -> None:
    expense = msgspec.structs.replace(SALES, payments_enabled=False, account_class="EXPENSE")
    assert [e.code for e in exclusions(expense, "line", "revenue")] == ["wrong_class"]
    assert [e.code for e in exclusions(expense, "payment", "revenue")] == ["account_not_payment_enabled"]


def test_those_on_offer_come_first_and_nobody_is_left_unmentioned() -> None:
    bank = msgspec.structs.replace(SALES, account_id="bank", code="090", type="BANK")
    listed = offers([DEPOSITS, bank, SALES], "payment_enabled")
    assert [offer.account.code for offer in listed] == ["200", "850", "090"]


@pytest.mark.article("R11")
def test_an_empty_list_says_what_to_do_in_xero() -> None:
    closed = msgspec.structs.replace(SALES, payments_enabled=False)
    said = nothing_offered(offers([closed, closed], "payment_enabled"))
    assert said is not None
    assert "2 ledger accounts" in said
    assert '"Enable payments to this account"' in said
    assert "check again" in said
    assert nothing_offered(offers([closed, SALES], "payment_enabled")) is None
    assert "no ledger account" in (nothing_offered([]) or "")
    assert "1 ledger account, but none that takes payments" in (
        nothing_offered(offers([closed], "payment_enabled")) or ""
    )


@pytest.mark.article("R12")
def test_one_income_account_in_both_roles_is_warned_of() -> None:
    sales, deposits = LedgerAccount(account_id="sales"), LedgerAccount(account_id="deposits")
    known = [SALES, DEPOSITS]
    assert "cancels the income until the bank line is coded" in (both_roles(sales, sales, known) or "")
    assert both_roles(sales, deposits, known) is None
    assert both_roles(deposits, deposits, known) is None
    assert both_roles(sales, None, known) is None
