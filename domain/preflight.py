"""Preflight: every cause that keeps an invoice of an open connection out of Xero. Pure; all causes, not the first."""

from collections.abc import Collection

from domain.account_settings import line_accounts_of, payments_are_recorded
from domain.amounts import amounts_in_xero
from domain.causes import Cause
from domain.connection import Connection
from domain.contact_matching import ContactStanding
from domain.document import InvoiceDocument, Line, Totals
from domain.invoice_state import Invoice
from domain.qualifying import against_account, against_mapping, against_organisation
from domain.references import NOTHING_READ, References
from domain.tax import TaxMapping, TaxSet


def causes_against(
    document: InvoiceDocument,
    connection: Connection,
    contact: ContactStanding,
    references: References = NOTHING_READ,
    *,
    waived: Collection[str] = (),
    in_xero: bool = False,
) -> list[Cause]:
    """What is in the way of sending `document` now; empty if nothing is.

    `references` is what Xero last said; `waived` are codes of causes a person released this invoice from. A contact
    that is yet to be created is named only if nothing else is in the way: none is created for an invoice that may
    never go. What is `in_xero` already is only changed there: it is past the start, and no payments follow.
    """
    start = [] if in_xero or "before_sync_start" in waived else _start(document, connection)
    others = _others(document, connection, references, in_xero)
    needless = contact.verdict == "wanted" and (start or others)
    return [*start, *(() if needless else contact.causes), *others]


def _others(document: InvoiceDocument, connection: Connection, references: References, in_xero: bool) -> list[Cause]:
    unmapped = _unmapped(document, connection)
    return [
        *against_organisation(references),
        *_currency(document, connection, references),
        *_period(document, references),
        *_accounts(document, connection, references),
        *(() if in_xero else _payments(document, connection)),
        *unmapped,
        *_rates(document, connection, references),
        *_totals(document, connection, comparable=not unmapped),
    ]


def _start(document: InvoiceDocument, connection: Connection) -> list[Cause]:
    start = connection.sync_from
    if start is None or document.date >= start:
        return []
    return [Cause("before_sync_start", facts={"sync_from": start.isoformat()})]


def _currency(document: InvoiceDocument, connection: Connection, references: References) -> list[Cause]:
    if document.currency == connection.base_currency or references.uses_currency(document.currency):
        return []
    return [Cause("currency_not_enabled", key=document.currency, facts={"currency": document.currency})]


def _period(document: InvoiceDocument, references: References) -> list[Cause]:
    locked = references.locked_until
    if locked is None or document.date > locked:
        return []
    return [Cause("period_locked", facts={"date": locked.isoformat()})]


def _accounts(document: InvoiceDocument, connection: Connection, references: References) -> list[Cause]:
    allowed = {a.account_id: a for a in (connection.default_line, *connection.also_allowed) if a is not None}
    rule, causes = line_accounts_of(connection.settings), list[Cause]()
    for account in dict.fromkeys(_account_of(line, connection) for line in document.lines):
        if account in allowed:
            causes += against_account(allowed[account], "line", references, rule)
        elif account:
            facts = {"account": references.name_of_account(account)}
            causes.append(Cause("account_not_selected", key=account, facts=facts))
    return causes


def _account_of(line: Line, connection: Connection) -> str:
    default = connection.default_line
    return line.ledger_account_id or (default.account_id if default else "")


def _payments(document: InvoiceDocument, connection: Connection) -> list[Cause]:
    wanted = document.payments and payments_are_recorded(connection.settings)
    return [Cause("payment_account_missing")] if wanted and connection.default_payment is None else []


def _unmapped(document: InvoiceDocument, connection: Connection) -> list[Cause]:
    return [
        Cause("tax_set_unmapped", key=key, facts={"tax_set": _name(tax_set, connection)})
        for key, tax_set in document.taxes().items()
        if key not in connection.mappings
    ]


def _name(tax_set: TaxSet, connection: Connection) -> str:
    name = connection.tax_set_name(tax_set)
    return tax_set.in_words if name == tax_set.key else name


def _rates(document: InvoiceDocument, connection: Connection, references: References) -> list[Cause]:
    causes = []
    for key, tax_set in document.taxes().items():
        if mapping := connection.mappings.get(key):
            found = against_mapping(connection.tax_set_name(tax_set), mapping, references)
            causes += found or _barred(document, connection, mapping, references)
    return causes


def _barred(
    document: InvoiceDocument, connection: Connection, mapping: TaxMapping, references: References
) -> list[Cause]:
    """The accounts of lines with this tax set on which Xero does not allow its rate."""
    rate, accounts = (references.tax_rates or {}).get(mapping.tax_type), references.accounts or {}
    used = dict.fromkeys(
        _account_of(line, connection) for line in document.lines if line.tax_set.key == mapping.tax_set.key
    )
    return [
        Cause("tax_not_allowed_on_account", key=mapping.tax_set.key, facts={"account": str(accounts[account])})
        for account in used
        if rate and account in accounts and accounts[account].account_class.upper() in rate.barred_from
    ]


def _totals(document: InvoiceDocument, connection: Connection, *, comparable: bool) -> list[Cause]:
    if document.totals.total < 0:
        return [Cause("negative_total")]
    reached = amounts_in_xero(document, connection).totals if comparable else document.totals
    if reached == document.totals:
        return []
    return [Cause("total_mismatch", facts=_difference(reached, document.totals))]


def _difference(computed: Totals, said: Totals) -> dict[str, str]:
    """Both totals; where they agree, with the part that does not."""
    parts = (("total_tax", "of tax"), ("sub_total", "before tax"))
    part = next((one for one in parts if getattr(computed, one[0]) != getattr(said, one[0])), None)

    def shown(totals: Totals) -> str:
        if part is None or computed.total != said.total:
            return str(totals.total)
        return f"{totals.total} with {getattr(totals, part[0])} {part[1]}"

    return {"xero_total": shown(computed), "kyrios_total": shown(said)}


def elsewhere(invoice: Invoice, connection: Connection) -> list[Cause]:
    """The cause that holds a change of an invoice in Xero back while the connection is to other books than those it
    is in: changes never follow it there.
    """
    if invoice.xero_invoice_id is None or invoice.synced_in == connection.organisation_id:
        return []
    return [Cause("organisation_changed")]
