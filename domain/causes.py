"""The catalogue of causes: why an invoice is not in Xero, who must act, and the words that person reads.

Codes are stable for ever and never change meaning. No other words for these situations exist anywhere in the product.
"""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

Standing = Literal["gate", "blocked", "failed", "queued", "checking", "review"]
Who = Literal["owner", "backend", "support", "nobody"]


class Cause(msgspec.Struct, frozen=True, omit_defaults=True):
    """One cause as it stands in an event: its code, the key a fix is matched by, and the facts its words need.

    Facts are never personal: codes, ids, amounts, dates.
    """

    code: str
    key: str = ""
    facts: dict[str, str] = msgspec.field(default_factory=dict)

    def same_matter(self, other: "Cause") -> bool:
        """Whether both have the same code and key, whatever their facts."""
        return (self.code, self.key) == (other.code, other.key)


def heard_of(causes: Iterable[Cause], before: Iterable[Cause]) -> tuple[str, ...]:
    """The codes of causes that stood before, too, except where another thing of the same cause came to it."""
    causes, known = list(causes), {(cause.code, cause.key) for cause in before}
    news = {cause.code for cause in causes if (cause.code, cause.key) not in known}
    return tuple(dict.fromkeys(cause.code for cause in causes if cause.code not in news))


class CauseKind(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue says of a code.

    `retry`: sending again unchanged can succeed. `auto`: released without a click once the fix is made. `told` is said
    in place of `words` where support was told by us.
    """

    code: str
    standing: Standing
    who: tuple[Who, ...]
    retry: bool
    auto: bool
    words: str
    told: str = ""


def _kind(code: str, standing: Standing, who: str, retry: bool, auto: bool, words: str, told: str = "") -> CauseKind:
    people: dict[str, Who] = {"O": "owner", "K": "backend", "S": "support", "-": "nobody"}
    whose = tuple(people[w] for w in who)
    return CauseKind(code=code, standing=standing, who=whose, retry=retry, auto=auto, words=words, told=told)


RIGHT_AFTER: Final = "It goes right after."
"""What is true of an invoice only where nothing else is in its way, and said there alone."""

_ROWS: Final = (
    _kind("not_connected", "gate", "O", False, True, "Xero is not connected. Connect it in Settings."),
    _kind("setup_incomplete", "gate", "O", False, True, "Set-up is not finished. Still to do: {missing}."),
    _kind("authorisation_lost", "gate", "O", False, True, "Xero no longer accepts our permission. Reconnect Xero."),
    _kind("permission_missing", "gate", "O", False, True,
          "Xero did not grant a right we need: {missing}. Reconnect as somebody who has it, and allow all items."),
    _kind("right_not_asked", "gate", "OS", False, True,
          "Our app does not ask Xero for a right we need: {missing}. {remedy}."),
    _kind("removed_in_xero", "gate", "O", False, True, "Someone removed the connection inside Xero. Reconnect."),
    _kind("inactivity", "gate", "O", False, True,
          "Nothing was synced for {days} days, so we disconnected. Reconnect."),
    _kind("organisation_changed", "gate", "O", False, True,
          "A different Xero organisation was picked. Confirm it or go back."),
    _kind("organisation_in_use", "gate", "OS", False, True,
          "This organisation belongs to another Kyrios account. Pick another or ask support."),
    _kind("organisation_cannot_invoice", "blocked", "O", False, True,
          "Your Xero plan does not allow invoices. Change it in Xero."),
    _kind("tax_mapping_incomplete", "gate", "O", False, True,
          "A Kyrios tax set has no Xero rate yet. Map {tax_set}."),
    _kind("tax_set_unmapped", "blocked", "O", False, True,
          "This invoice uses {tax_set}, which has no Xero rate. Map it; what is not listed, Kyrios must offer first."),
    _kind("tax_rate_mismatch", "blocked", "O", False, True,
          "{tax_set} is {kyrios_rate}% here but {xero_rate}% in Xero, where it is {xero_name}. "
          "Correct one of them or map to another rate."),
    _kind("tax_rate_unavailable", "blocked", "O", False, True,
          "The Xero rate of {tax_set}, {xero_name}, was archived or deleted. Map it to an active one."),
    _kind("tax_not_allowed_on_account", "blocked", "O", False, True,
          "Xero does not allow this rate on {account}. Choose another rate or account."),
    _kind("account_not_selected", "blocked", "O", False, True,
          "A line asks for {account}, which is not among the chosen ones. Allow it or change the line."),
    _kind("account_not_payment_enabled", "blocked", "O", False, True,
          '{account} does not take payments. Tick "Enable payments to this account" in Xero, or choose another.'),
    _kind("account_archived", "blocked", "O", False, True,
          "{account} is archived or gone. Restore it or choose another."),
    _kind("account_is_bank", "blocked", "O", False, True,
          "{account} is a bank account, which cannot be used. Choose another."),
    _kind("payment_account_missing", "blocked", "O", False, True,
          "The invoice is paid, but no account for payments is chosen. Choose one."),
    _kind("contact_missing", "blocked", "O", False, True,
          "This customer is not in Xero. Add or link the contact."),
    _kind("contact_pending", "blocked", "-", False, True,
          f"The customer is being looked for, or created, in Xero. {RIGHT_AFTER}"),
    _kind("contact_archived", "blocked", "O", False, True,
          "The customer is archived in Xero. Restore it there or link another."),
    _kind("contact_name_taken", "blocked", "O", False, True,
          "Another Xero contact has this name. Say whether it is the same customer."),
    _kind("contact_ambiguous", "blocked", "O", False, True, "Several Xero contacts fit. Pick the right one."),
    _kind("currency_not_enabled", "blocked", "O", False, True,
          "Your Xero does not use {currency}. Add it in Xero."),
    _kind("period_locked", "blocked", "O", False, True,
          "Books are locked up to {date}. Move the lock date, or re-date the invoice."),
    _kind("total_mismatch", "blocked", "OS", False, True,
          "Xero would total {xero_total}, Kyrios says {kyrios_total}. Correct the lines or the rounding rule."),
    _kind("before_sync_start", "blocked", "O", False, False,
          "It is dated before {sync_from}. Release it by date range, or leave it out."),
    _kind("negative_total", "blocked", "O", False, True,
          "Refunds and totals below zero are credit notes in Xero, which we do not send yet. "
          "Enter it there and leave it out here, or correct it."),
    _kind("invoice_invalid", "failed", "K", False, False,
          "The invoice lacks or exceeds something Xero needs: {field}. Correct it in Kyrios."),
    _kind("duplicate_number_in_xero", "failed", "O", False, False,
          "Xero has another invoice {number}. Renumber one and retry, or leave this one out."),
    _kind("approval_limit_reached", "failed", "O", True, False,
          "Your Xero plan's invoice limit is used up. Upgrade or wait, then retry."),
    _kind("rejected_by_xero", "failed", "OS", False, False,
          'Xero refused it with: "{message}". Fix that, or ask support.'),
    _kind("edit_refused", "review", "O", False, False,
          "In Xero this invoice is {state}, so your change was not applied. Use a credit note, or a new invoice."),
    _kind("void_refused", "review", "O", False, False,
          "In Xero this invoice is {state}, so it cannot be voided. Remove payments and credits there, then retry."),
    _kind("payment_exceeds_due", "review", "O", False, False,
          "Xero shows less owing than was paid here. Check whether the payment is there already."),
    _kind("total_differs_in_xero", "review", "OS", False, False,
          "Xero's total differs from ours by {difference}. Compare both invoices."),
    _kind("rate_limited", "queued", "-", True, True, "Xero asks us to slow down. It goes within minutes."),
    _kind("rate_limited_daily", "queued", "-", True, True, "Today's Xero limit is used up. It goes at {time}."),
    _kind("xero_unavailable", "queued", "-", True, True, "Xero is not reachable just now. We keep trying."),
    _kind("retries_exhausted", "failed", "OS", True, False,
          "Xero stayed unreachable for {time}. Press Retry when it works again."),
    _kind("outcome_unknown", "checking", "-", False, True,
          "We do not know yet whether it arrived. We search Xero before sending again."),
    _kind("outcome_unresolved", "checking", "S", False, False,
          "The search gave no clear result. Please tell support the account, the invoice and outcome_unresolved.",
          told="The search gave no clear result. Support will decide with you."),
    _kind("internal_error", "failed", "S", True, False,
          "The fault is ours; nothing is lost. Please tell support the account, the invoice and internal_error.",
          told="The fault is ours. Support has been told; nothing is lost."),
)  # fmt: skip

OF_SEVERAL: Final[dict[str, str]] = {
    "tax_set_unmapped": "These invoices use {tax_set}, which has no Xero rate. Map it; what is not listed, Kyrios must "
    "offer first.",
    "account_not_selected": "Lines ask for {account}, which is not among the chosen ones. Allow it or change them.",
    "payment_account_missing": "The invoices are paid, but no account for payments is chosen. Choose one.",
    "period_locked": "Books are locked up to {date}. Move the lock date, or re-date the invoices.",
    "before_sync_start": "They are dated before {sync_from}. Release them by date range, or leave them out.",
    "negative_total": "Refunds and totals below zero are credit notes in Xero, which we do not send yet. "
    "Enter them there and leave them out here, or correct them.",
    "invoice_invalid": "The invoices lack or exceed something Xero needs: {field}. Correct them in Kyrios.",
    "edit_refused": "In Xero these invoices are {state}, so your changes were not applied. Use credit notes, or new "
    "invoices.",
    "void_refused": "In Xero these invoices are {state}, so they cannot be voided. Remove payments and credits there, "
    "then retry.",
}
"""What is said of several invoices at once, where the catalogue's words are of one."""

UNFOUND: Final = Cause("outcome_unresolved", facts={"search": "failed"})
"""No search has told whether it arrived: it may be in Xero, and is searched for again before it is ever sent again."""


def is_unfound(cause: Cause) -> bool:
    """Whether the cause says that no search has told whether it arrived."""
    return cause.code == UNFOUND.code and "search" in cause.facts


CATALOGUE: Final[dict[str, CauseKind]] = {row.code: row for row in _ROWS}
DISCONNECTIONS: Final = frozenset({"not_connected", "authorisation_lost", "removed_in_xero", "inactivity"})
"""The causes that reconnecting takes away; whoever is told of a disconnection was told of them."""
VOIDED: Final = Cause("voided")
"""Why the outbox lets go of what was to be sent of a voided invoice. It stands in no event, and nobody reads it."""
_TOLD: Final = "support"
_BY_MAIL: Final = "told"
"""The fact that says that support gets a mail of this very cause."""


UNSAID: Final = "…"
"""Stands for Xero's own message where a sentence is made without it: it is kept sealed, and shown with the invoice."""


class _Unknown(dict[str, str]):
    """Leaves a placeholder readable where its fact was not recorded."""

    def __missing__(self, key: str) -> str:
        return key.replace("_", " ")


def words(cause: Cause, **more_facts: str) -> str:
    """The sentence its reader gets; `more_facts` adds what an event may not hold, such as Xero's own message."""
    kind = CATALOGUE[cause.code]
    said = kind.told if kind.told and cause.facts.get(_TOLD) == _BY_MAIL else kind.words
    return said.format_map(_Unknown({"message": UNSAID} | cause.facts | more_facts))


def words_of_several(cause: Cause) -> str:
    """The sentence about several invoices that wait or failed for the same cause, with the same facts."""
    of_several = OF_SEVERAL.get(cause.code)
    return of_several.format_map(_Unknown(cause.facts)) if of_several else words(cause)


def told_to_support(cause: Cause) -> Cause:
    """The cause as it is raised where support gets a mail of it; most say nothing of that."""
    kind = CATALOGUE.get(cause.code)
    return msgspec.structs.replace(cause, facts=cause.facts | {_TOLD: _BY_MAIL}) if kind and kind.told else cause


def who_acts(causes: Iterable[Cause]) -> tuple[Who, ...]:
    """Everyone who must do something about these causes, in the order of the catalogue's mention."""
    seen: dict[Who, None] = {}
    for cause in causes:
        seen.update(dict.fromkeys(CATALOGUE[cause.code].who))
    return tuple(who for who in seen if who != "nobody")
