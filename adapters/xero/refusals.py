"""What one element of Xero's answer means for its invoice. Pure.

Only messages whose meaning is certain get a cause of their own; all others are `rejected_by_xero` with Xero's words.
"""

import datetime as dt
import re
from typing import Final, Literal

import msgspec

from adapters.xero.answers import XeroInvoice
from domain.causes import Cause

# XERO-UNVERIFIED XU-04: the text for a number that is taken; matched loosely, for a search harms nobody.
_NUMBER_TAKEN: Final = re.compile(r"invoice\s*(#|no\.?|number)?.*\bmust be unique", re.IGNORECASE | re.DOTALL)
_LIMIT_USED_UP: Final = re.compile(r"reached the limit of invoices you can approve", re.IGNORECASE)
# XERO-UNVERIFIED XU-18: the texts about lock dates, as others report them. The status text is the one Xero gives for an
# invoice that is paid, voided or deleted; the other stands on its page on invoices, for one that is paid in part.
_NOT_MODIFIABLE: Final = re.compile(r"not of valid status for modification", re.IGNORECASE)
_HAS_PAYMENTS: Final = re.compile(r"payment or credit note allocated", re.IGNORECASE)
_LOCKED: Final = re.compile(r"cannot be before the (?:period|end of year) lock date", re.IGNORECASE)


_LOCKED_UNTIL: Final = re.compile(_LOCKED.pattern + r", currently set at (\d{1,2})-([a-z]{3})-(\d{4})", re.IGNORECASE)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# XERO-UNVERIFIED XU-15: the text for an archived contact. That for a currency is reported, too; the one for a rate that
# does not go with an account stands on Xero's page on tax rates.
_ARCHIVED: Final = re.compile(r"unable to assign an archived contact", re.IGNORECASE)
_NO_CURRENCY: Final = re.compile(r"not subscribed to currency ([A-Z]{3})\b")
_WRONG_ACCOUNT: Final = re.compile(
    r"the taxtype code '[^']*' cannot be used with account code '([A-Za-z0-9 ._-]{1,10})'", re.IGNORECASE
)
# XERO-UNVERIFIED XU-29: the texts about an invoice that lacks or exceeds something, as others report them.
_INVALID: Final = (
    (re.compile(r"one or more line items must be specified", re.IGNORECASE), "a line"),
    (re.compile(r"discount must not be greater than the line total", re.IGNORECASE), "a discount within its line"),
)


PAID_IN_PART: Final = "paid or credited in part"
FINAL_STATES: Final = {"PAID": "paid in full", "VOIDED": "voided", "DELETED": "deleted"}
"""The states in which Xero lets an invoice be changed no more, as people say it."""


class Judgement(msgspec.Struct, frozen=True):
    """Saved; or to be looked up before anything else; or refused for `cause`. `words` are Xero's, to be sealed."""

    kind: Literal["saved", "look_up", "refused"]
    cause: Cause | None = None
    words: tuple[str, ...] = ()


def judge(element: XeroInvoice) -> Judgement:
    """Judge one element of a complete answer. One that is neither refused nor bears an id is looked up."""
    if not element.has_errors:
        return Judgement("saved" if element.invoice_id else "look_up", words=element.warnings)
    if any(_NUMBER_TAKEN.search(message) for message in element.messages):
        return Judgement("look_up", words=element.messages)
    return Judgement("refused", _cause_of(element.messages), element.messages)


def judge_update(element: XeroInvoice, number: str) -> Judgement:
    """Judge one element of the answer to an update; `number` is the number sent.

    A number that is taken is another invoice's: ours was named by its id. One whose status Xero does not let change is
    looked up: paid, voided or deleted, Xero does not say which.
    """
    if not element.has_errors:
        return Judgement("saved" if element.invoice_id else "look_up", words=element.warnings)
    if any(_NUMBER_TAKEN.search(message) for message in element.messages):
        return Judgement("refused", Cause("duplicate_number_in_xero", number, {"number": number}), element.messages)
    for pattern, state in ((_HAS_PAYMENTS, PAID_IN_PART), (_LOCKED, "in a locked period")):
        if any(pattern.search(message) for message in element.messages):
            return Judgement("refused", Cause("edit_refused", facts={"state": state}), element.messages)
    if any(_NOT_MODIFIABLE.search(message) for message in element.messages):
        return Judgement("look_up", words=element.messages)
    return Judgement("refused", Cause("rejected_by_xero"), element.messages)


def judge_void(element: XeroInvoice) -> Judgement:
    """Judge one element of the answer to a void. One that may be voided already, or may be paid, is looked up."""
    if not element.has_errors:
        voided = element.invoice_id and element.status.upper() == "VOIDED"
        return Judgement("saved" if voided else "look_up", words=element.warnings)
    if any(_HAS_PAYMENTS.search(message) for message in element.messages):
        return Judgement("refused", Cause("void_refused", facts={"state": PAID_IN_PART}), element.messages)
    if any(_NOT_MODIFIABLE.search(message) for message in element.messages):
        return Judgement("look_up", words=element.messages)
    return Judgement("refused", Cause("rejected_by_xero"), element.messages)


def _cause_of(messages: tuple[str, ...]) -> Cause:
    """The cause all messages agree on; what is not understood in full is left to Xero's own words."""
    causes = [_meant_by(message) for message in messages]
    return causes[0] if causes and all(cause == causes[0] for cause in causes) else Cause("rejected_by_xero")


def _meant_by(message: str) -> Cause:
    if _LIMIT_USED_UP.search(message):
        return Cause("approval_limit_reached")
    if _ARCHIVED.search(message):
        return Cause("contact_archived")
    if found := _NO_CURRENCY.search(message):
        return Cause("currency_not_enabled", key=found[1], facts={"currency": found[1]})
    if found := _WRONG_ACCOUNT.search(message):
        return Cause("tax_not_allowed_on_account", facts={"account": f"account {found[1]}"})
    if (found := _LOCKED_UNTIL.search(message)) and (day := _day(found)):
        return Cause("period_locked", facts={"date": day})
    return _invalid(message)


def _day(found: re.Match[str]) -> str | None:
    """The day a message names, such as 31-Jul-2026; None if there is no such day."""
    day, month, year = found.groups()
    try:
        return dt.date(int(year), 1 + _MONTHS.index(month.title()), int(day)).isoformat()
    except ValueError:
        return None


def _invalid(message: str) -> Cause:
    field = next((field for pattern, field in _INVALID if pattern.search(message)), None)
    return Cause("invoice_invalid", key=field, facts={"field": field}) if field else Cause("rejected_by_xero")
