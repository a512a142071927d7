"""Preflight: every cause that keeps an invoice of an open connection out of Xero. Pure; all causes, not the first."""

from decimal import Decimal

from domain.causes import Cause
from domain.connection import Connection
from domain.contact_link import ContactLink
from domain.document import InvoiceDocument, Totals
from domain.tax import TaxSet
from domain.totals import totals_of


def causes_against(document: InvoiceDocument, connection: Connection, link: ContactLink | None) -> list[Cause]:
    """What is in the way of sending `document` now; empty if nothing is."""
    causes = [*_start(document, connection), *_contact(document, connection, link), *_currency(document, connection)]
    causes += _accounts(document, connection)
    unmapped = _unmapped(document, connection)
    causes += unmapped
    if document.totals.total < 0:
        causes.append(Cause("negative_total"))
    elif not unmapped:
        causes += _totals(document, connection)
    return causes


def _start(document: InvoiceDocument, connection: Connection) -> list[Cause]:
    start = connection.sync_from
    if start is None or document.date >= start:
        return []
    return [Cause("before_sync_start", facts={"sync_from": start.isoformat()})]


def _contact(document: InvoiceDocument, connection: Connection, link: ContactLink | None) -> list[Cause]:
    if link and link.xero_contact_id and link.organisation_id == connection.organisation_id:
        return []
    return [Cause("contact_missing", key=document.kyrios_contact_id)]


def _currency(document: InvoiceDocument, connection: Connection) -> list[Cause]:
    if document.currency == connection.base_currency:
        return []
    return [Cause("currency_not_enabled", key=document.currency, facts={"currency": document.currency})]


def _accounts(document: InvoiceDocument, connection: Connection) -> list[Cause]:
    allowed = {a.account_id for a in (connection.default_line, *connection.also_allowed) if a is not None}
    asked = dict.fromkeys(line.ledger_account_id for line in document.lines if line.ledger_account_id)
    return [
        Cause("account_not_selected", key=account, facts={"account": f"account {account}"})
        for account in asked
        if account not in allowed
    ]


def _unmapped(document: InvoiceDocument, connection: Connection) -> list[Cause]:
    used = {line.tax_set.key: line.tax_set for line in document.lines if line.tax_set.components}
    return [
        Cause("tax_set_unmapped", key=key, facts={"tax_set": connection.tax_set_name(tax_set)})
        for key, tax_set in used.items()
        if key not in connection.mappings
    ]


def _totals(document: InvoiceDocument, connection: Connection) -> list[Cause]:
    def rate_of(tax_set: TaxSet) -> Decimal:
        return connection.mappings[tax_set.key].effective_rate if tax_set.components else Decimal(0)

    computed = totals_of(document, rate_of)
    if computed == document.totals:
        return []
    return [Cause("total_mismatch", facts=_difference(computed, document.totals))]


def _difference(computed: Totals, said: Totals) -> dict[str, str]:
    fields = ("total", "total_tax", "sub_total")
    shown = next(field for field in fields if getattr(computed, field) != getattr(said, field))
    return {"xero_total": str(getattr(computed, shown)), "kyrios_total": str(getattr(said, shown))}
