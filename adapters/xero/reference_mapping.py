"""Xero's connections, organisation, chart of accounts and tax rates as plain values. Pure."""

from adapters.xero import fields
from adapters.xero.answers import Organisation, XeroAccount, XeroConnection
from adapters.xero.fields import Json
from domain.tax import XeroTaxComponent, XeroTaxRate


def read_connection(found: Json) -> XeroConnection:
    """One connection; its keys come in camel case, or not."""

    def text(key: str) -> str:
        value = fields.any_case(found, key)
        return value if isinstance(value, str) else ""

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
        name=fields.text(found, "Name"),
        base_currency=fields.text(found, "BaseCurrency"),
        country=fields.text(found, "CountryCode"),
        edition=fields.text(found, "Edition"),
        is_demo=fields.flag(found, "IsDemoCompany"),
        timezone=fields.text(found, "Timezone"),
        period_lock_date=fields.day(found, "PeriodLockDate"),
        end_of_year_lock_date=fields.day(found, "EndOfYearLockDate"),
    )


def read_account(found: Json) -> XeroAccount:
    """One ledger account with everything that keeps it from being offered.

    Offered are active accounts that take payments, other than bank and system accounts (Xero's page on accounts; the
    article: only payment-enabled accounts, banks excluded).
    """
    type_, status = fields.text(found, "Type"), fields.text(found, "Status")
    payments, system = fields.flag(found, "EnablePaymentsToAccount"), fields.text(found, "SystemAccount")
    reasons = {
        "account_archived": status.upper() != "ACTIVE",
        "account_is_bank": type_.upper() == "BANK",
        "system_account": bool(system),
        "account_not_payment_enabled": not payments,
    }
    return XeroAccount(
        account_id=fields.identifier(found, "AccountID"),
        code=fields.text(found, "Code"),
        name=fields.text(found, "Name"),
        type=type_,
        account_class=fields.text(found, "Class"),
        status=status,
        tax_type=fields.text(found, "TaxType"),
        payments_enabled=payments,
        system_account=system,
        not_offered=tuple(reason for reason, holds in reasons.items() if holds),
    )


def read_tax_rate(found: Json) -> XeroTaxRate | None:
    """One tax rate; None if it has no code to name it by, or no effective rate to compare.

    XERO-UNVERIFIED XU-13: how Xero computes the effective rate of compound rates; it is used as given.
    """
    tax_type, effective = fields.text(found, "TaxType"), fields.number(found.get("EffectiveRate"))
    if not tax_type or effective is None:
        return None
    components = [_component(component) for component in fields.objects(found.get("TaxComponents"))]
    return XeroTaxRate(
        tax_type=tax_type,
        name=fields.text(found, "Name"),
        status=fields.text(found, "Status"),
        effective_rate=effective,
        components=tuple(component for component in components if component is not None),
        applies_to_revenue=fields.flag(found, "CanApplyToRevenue", default=True),
    )


def _component(found: Json) -> XeroTaxComponent | None:
    rate = fields.number(found.get("Rate"))
    if rate is None:
        return None
    return XeroTaxComponent(name=fields.text(found, "Name"), rate=rate, compound=fields.flag(found, "IsCompound"))
