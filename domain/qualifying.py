"""Whether what was chosen still qualifies in Xero: a mapped rate, a chosen account, the organisation. Pure.

Preflight asks it for one invoice, drift for the whole connection.
"""

from domain.causes import CATALOGUE, Cause
from domain.connection_events import LedgerAccount
from domain.ledger_account import LineAccounts, Use
from domain.permissions import APPROVING
from domain.references import References
from domain.tax import TaxMapping, XeroTaxRate, plain, same_components, to_four_decimals


def against_organisation(references: References) -> list[Cause]:
    """What keeps the organisation from invoicing at all."""
    return [] if references.may_invoice else [Cause("organisation_cannot_invoice")]


def against_role(references: References) -> list[Cause]:
    """What keeps the user who connected from approving any invoice."""
    return [] if references.may_approve else [Cause("permission_missing", facts={"missing": APPROVING})]


def against_mapping(name: str, mapping: TaxMapping, references: References) -> list[Cause]:
    """What is wrong with the Xero rate of a tax set, which people know as `name`, since it was chosen."""
    if references.tax_rates is None:
        return []
    rate, key = references.tax_rates.get(mapping.tax_type), mapping.tax_set.key
    facts = {"tax_set": name, "xero_name": str(rate or mapping.tax_type)}
    if rate is None or rate.status.upper() != "ACTIVE":
        return [Cause("tax_rate_unavailable", key=key, facts=facts | {"xero_rate": mapping.tax_type})]
    if not _changed(mapping, rate):
        return []
    was, now = _in_figures(mapping, rate)
    return [Cause("tax_rate_mismatch", key=key, facts=facts | {"kyrios_rate": was, "xero_rate": now})]


def against_account(
    chosen: LedgerAccount, use: Use, references: References, line_accounts: LineAccounts
) -> list[Cause]:
    """What keeps a chosen account from being used; one that Xero does not list any more counts as archived."""
    if references.accounts is None:
        return []
    account = references.accounts.get(chosen.account_id)
    codes = account.against(use, line_accounts) if account else ("account_archived",)
    facts = {"account": references.name_of_account(chosen.account_id, chosen.code)}
    return [Cause(code, key=chosen.account_id, facts=facts) for code in codes if code in CATALOGUE]


def _changed(mapping: TaxMapping, rate: XeroTaxRate) -> bool:
    same_rate = to_four_decimals(rate.effective_rate) == to_four_decimals(mapping.effective_rate)
    return not same_rate or not same_components(rate.components, mapping.components)


def _in_figures(mapping: TaxMapping, rate: XeroTaxRate) -> tuple[str, str]:
    """What was mapped and what it is now, in percent; by their components where they charge the same in all."""
    was, now = plain(to_four_decimals(mapping.effective_rate)), plain(to_four_decimals(rate.effective_rate))
    return (was, now) if was != now else (_parts(mapping), _parts(rate))


def _parts(taxes: TaxMapping | XeroTaxRate) -> str:
    """The rates of its components, for a percent sign behind: `5% + compound 9.975`."""
    return "% + ".join(f"{'compound ' if c.compound else ''}{plain(c.rate)}" for c in taxes.components) or "0"
