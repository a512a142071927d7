"""The lines of an invoice: what each comes to, and which account and tax rate it may use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from adapters.simulator.accounting.amounts import CENT, HUNDRED, LARGEST, ZERO, Rounding, line_amounts
from adapters.simulator.ledger.documents import Document

CAN_APPLY = {
    "ASSET": "CanApplyToAssets",
    "EQUITY": "CanApplyToEquity",
    "EXPENSE": "CanApplyToExpenses",
    "LIABILITY": "CanApplyToLiabilities",
    "REVENUE": "CanApplyToRevenue",
}
NO_TAX: Document = {"TaxType": "NONE", "EffectiveRate": Decimal(0), "Status": "ACTIVE"}

ACCOUNT_TEXT = "Account must be valid."  # XERO-UNVERIFIED XU-16: also for bank and system accounts
TAX_TEXT = "Tax rate must be valid."
TOTAL_TEXT = "The invoice total does not equal the sum of the lines."  # XERO-UNVERIFIED XU-14: also for one line
DISCOUNT_TEXT = "The discount rate '{}' is invalid. Discount must not be greater than the line total."


@dataclass(frozen=True, slots=True)
class Chart:
    """An organisation's accounts and tax rates, indexed once per call."""

    accounts_by_id: Mapping[str, Document]
    accounts_by_code: Mapping[str, Document]
    tax_rates: Mapping[str, Document]


@dataclass(frozen=True, slots=True)
class Terms:
    """What of the invoice matters to its lines."""

    amount_type: str
    finished: bool
    unit_step: Decimal
    rounding: Rounding
    tax_tolerance: Decimal


@dataclass(slots=True)
class Line:
    """A judged line: what will be kept, its amounts, and the messages against it."""

    document: Document
    amounts: tuple[Decimal, Decimal, Decimal] = (ZERO, ZERO, ZERO)
    """Amount, tax, discount."""
    messages: list[str] = field(default_factory=list)


def judge_line(given: Document, chart: Chart, terms: Terms, line_id: str) -> Line:
    """Check and compute one line."""
    line = Line({"LineItemID": line_id, "Tracking": given.get("Tracking", [])})
    _check_texts(given, terms, line)
    if not given.keys() & {"Quantity", "UnitAmount", "LineAmount", "AccountCode", "AccountID", "TaxType", "TaxAmount"}:
        line.document |= {"LineAmount": ZERO, "TaxAmount": ZERO}  # a description may stand alone
        return line
    account = _account(given, chart, terms, line)
    rate = _tax_rate(given, account, chart, terms, line)
    _compute(given, rate, terms, line)
    return line


def _check_texts(given: Document, terms: Terms, line: Line) -> None:
    # XERO-UNVERIFIED XU-29: the texts for lengths, tracking and items.
    description = given.get("Description", "")
    if description:
        line.document["Description"] = description
    elif terms.finished:
        line.messages.append("Description is required for each line item.")
    if len(description) > 4000:
        line.messages.append("Description must not be longer than 4000 characters.")
    if len(given.get("Tracking", [])) > 2:
        line.messages.append("A line item can have at most 2 tracking categories.")
    if "ItemCode" in given:
        line.messages.append(f"Item code '{given['ItemCode']}' is not valid.")


def _account(given: Document, chart: Chart, terms: Terms, line: Line) -> Document | None:
    code, account_id = given.get("AccountCode"), given.get("AccountID")
    if not code and not account_id:
        if terms.finished:
            line.messages.append(ACCOUNT_TEXT)
        return None
    account = chart.accounts_by_id.get(account_id) if account_id else chart.accounts_by_code.get(str(code))
    unfit = (
        account is None or account["Status"] != "ACTIVE" or account["Type"] == "BANK" or account.get("SystemAccount")
    )
    if account is None or unfit or (code and account.get("Code") != code):
        line.messages.append(ACCOUNT_TEXT)
        return None
    if account.get("Code"):
        line.document["AccountCode"] = account["Code"]
    line.document["AccountID"] = account["AccountID"]
    return account


def _tax_rate(given: Document, account: Document | None, chart: Chart, terms: Terms, line: Line) -> Document:
    if terms.amount_type == "NoTax":
        return NO_TAX
    tax_type = given.get("TaxType") or (account or {}).get("TaxType")
    if tax_type is None:
        return NO_TAX
    rate = chart.tax_rates.get(tax_type)
    if rate is None or rate["Status"] != "ACTIVE":
        line.messages.append(TAX_TEXT)
        return NO_TAX
    if account is not None and not rate.get(CAN_APPLY[account["Class"]]):
        name = account.get("Code") or account["AccountID"]
        line.messages.append(f"The TaxType code '{tax_type}' cannot be used with account code '{name}'.")
    return rate


def _compute(given: Document, rate: Document, terms: Terms, line: Line) -> None:
    quantity = given.get("Quantity", Decimal(1))
    discount_rate, discount = given.get("DiscountRate"), given.get("DiscountAmount")
    if discount_rate is not None and discount is not None:
        # XERO-UNVERIFIED XU-29: the text when both are sent.
        line.messages.append("Only one of DiscountRate and DiscountAmount can be specified.")
    unit = given.get("UnitAmount")
    if unit is None:
        unit = given.get("LineAmount", ZERO) / quantity if quantity else ZERO
    percent = Decimal(rate["EffectiveRate"])
    found = line_amounts(
        quantity, unit, discount_rate, discount, percent, terms.amount_type, terms.unit_step, terms.rounding
    )
    if discount_rate is not None and not 0 <= discount_rate <= HUNDRED:
        line.messages.append(DISCOUNT_TEXT.format(discount_rate))
    if discount is not None and not 0 <= discount <= max(found.line_amount + found.discount, ZERO):
        line.messages.append(DISCOUNT_TEXT.format(discount))
    if abs(found.line_amount) > LARGEST:
        line.messages.append("The line amount is too large.")
    # Only a sent LineAmount of a line with its own unit price can disagree.
    if "LineAmount" in given and terms.rounding.to(CENT, given["LineAmount"]) != found.line_amount:
        line.messages.append(TOTAL_TEXT)
    tax = _tax(given, found.tax_amount, percent, terms, line)
    line.amounts = (found.line_amount, tax, found.discount)
    line.document |= {
        "Quantity": found.quantity,
        "UnitAmount": found.unit_amount,
        "LineAmount": found.line_amount,
        "TaxType": rate["TaxType"],
        "TaxAmount": tax,
    }
    for name in ("DiscountRate", "DiscountAmount"):
        if name in given:
            line.document[name] = terms.rounding.to(CENT, given[name])


def _tax(given: Document, own: Decimal, percent: Decimal, terms: Terms, line: Line) -> Decimal:
    """XERO-UNVERIFIED XU-30: a sent TaxAmount is kept when it is at most a cent off on a taxed line."""
    if "TaxAmount" not in given or terms.amount_type == "NoTax":
        return own
    sent = terms.rounding.to(CENT, given["TaxAmount"])
    if abs(sent - own) > (terms.tax_tolerance if percent else ZERO):
        line.messages.append(TOTAL_TEXT)
        return own
    return sent
