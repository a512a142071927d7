"""Xero's connections, organisation, what it allows, its accounts, rates and currencies as plain values. Pure."""

from typing import Final

from adapters.xero import fields
from adapters.xero.answers import Organisation, XeroConnection
from adapters.xero.fields import Json
from domain.foreign_text import one_line
from domain.ledger_account import XeroAccount
from domain.tax import XeroTaxComponent, XeroTaxRate

_CLASSES: Final = {
    "ASSET": "CanApplyToAssets",
    "EQUITY": "CanApplyToEquity",
    "EXPENSE": "CanApplyToExpenses",
    "LIABILITY": "CanApplyToLiabilities",
    "REVENUE": "CanApplyToRevenue",
}
_NOT_ALLOWED: Final = "NOT-ALLOWED"


def read_connection(found: Json) -> XeroConnection:
    """One connection; its keys come in camel case, or not."""

    def text(key: str) -> str:
        value = fields.any_case(found, key)
        return one_line(value) if isinstance(value, str) else ""

    return XeroConnection(
        connection_id=text("id"),
        organisation_id=text("tenantId").lower(),
        organisation_type=text("tenantType"),
        name=text("tenantName"),
        auth_event_id=text("authEventId"),
    )


def read_organisation(found: Json) -> Organisation:
    """The organisation; lock dates are there only if they are set."""
    return Organisation(
        organisation_id=fields.identifier(found, "OrganisationID"),
        name=fields.line(found, "Name"),
        base_currency=fields.line(found, "BaseCurrency"),
        country=fields.line(found, "CountryCode"),
        edition=fields.line(found, "Edition"),
        is_demo=fields.flag(found, "IsDemoCompany"),
        timezone=fields.line(found, "Timezone"),
        period_lock_date=fields.day(found, "PeriodLockDate"),
        end_of_year_lock_date=fields.day(found, "EndOfYearLockDate"),
    )


def read_account(found: Json) -> XeroAccount:
    """One ledger account."""
    return XeroAccount(
        account_id=fields.identifier(found, "AccountID"),
        code=fields.line(found, "Code"),
        name=fields.line(found, "Name"),
        type=fields.line(found, "Type"),
        account_class=fields.line(found, "Class"),
        status=fields.line(found, "Status"),
        tax_type=fields.line(found, "TaxType"),
        payments_enabled=fields.flag(found, "EnablePaymentsToAccount"),
        system_account=fields.line(found, "SystemAccount"),
    )


def read_tax_rate(found: Json) -> XeroTaxRate | None:
    """One tax rate; None if it has no code to name it by, or no effective rate to compare.

    XERO-UNVERIFIED XU-13: how Xero computes the effective rate of compound rates; it is used as given.
    """
    tax_type, effective = fields.line(found, "TaxType"), fields.number(found.get("EffectiveRate"))
    if not tax_type or effective is None:
        return None
    components = [_component(component) for component in fields.objects(found.get("TaxComponents"))]
    return XeroTaxRate(
        tax_type=tax_type,
        name=fields.line(found, "Name"),
        status=fields.line(found, "Status"),
        effective_rate=effective,
        components=tuple(component for component in components if component is not None),
        barred_from=tuple(kind for kind, key in _CLASSES.items() if not fields.flag(found, key, default=True)),
    )


def read_currency(found: Json) -> str:
    """The code of one currency the organisation uses, "" if it has none."""
    return fields.line(found, "Code").upper()


def denied_action(found: Json) -> str:
    """The name of an action that is not allowed; "" for one that is, or whose status says anything else."""
    return fields.line(found, "Name") if fields.line(found, "Status").upper() == _NOT_ALLOWED else ""


def _component(found: Json) -> XeroTaxComponent | None:
    rate = fields.number(found.get("Rate"))
    if rate is None:
        return None
    return XeroTaxComponent(name=fields.line(found, "Name"), rate=rate, compound=fields.flag(found, "IsCompound"))
