"""Histories of a connection that several tests begin with, from the first consent to the open gate."""

from typing import Any, Final

from domain.causes import Cause
from domain.connection import (
    AccountsSelected,
    Connected,
    Disconnected,
    DisconnectReason,
    GateClosed,
    GateOpened,
    OrganisationSelected,
    TaxMapped,
    TaxRatesDeclared,
)
from domain.event import Event
from domain.gate import NAME_TAXES
from domain.tax import DeclaredTaxSet, TaxSet, XeroTaxRate
from tests.examples import DECLARED_GST, GRANT, GST, ORGANISATION, OUTPUT2, SALES, SCOPES, XERO_CONNECTION, XERO_USER
from tests.given import fact

CONSENT: Final[dict[str, Any]] = {"grant_id": GRANT, "scopes": SCOPES, "xero_user_id": XERO_USER}
CHOICE: Final[dict[str, Any]] = {"xero_connection_id": XERO_CONNECTION, "base_currency": "NZD", "country": "NZ"}

CONNECTED: Final = fact(Connected, organisation_id=None, **CONSENT)
CHOSEN: Final = fact(OrganisationSelected, **CHOICE)
ACCOUNTS: Final = fact(AccountsSelected, default_line=SALES)
NO_TAXES: Final = fact(TaxRatesDeclared, tax_sets=())


def to_do(*steps: str, organisation_id: str | None = ORGANISATION, during_setup: bool = True) -> GateClosed:
    """The gate, closed until `steps` of the set-up are done."""
    cause = Cause("setup_incomplete", facts={"missing": ", ".join(steps)})
    return fact(GateClosed, organisation_id=organisation_id, causes=(cause,), during_setup=during_setup)


NOTHING_CHOSEN: Final = to_do(
    "choose the organisation", "choose accounts", "Kyrios has to name its taxes", organisation_id=None
)
ORGANISATION_CHOSEN: Final = to_do("choose accounts", NAME_TAXES)
OPENED: Final = fact(GateOpened, during_setup=True)
OPEN_AGAIN: Final = fact(GateOpened)

READY_BUT_TAXES: Final = (CONNECTED, CHOSEN, ACCOUNTS, to_do(NAME_TAXES))


def declared(*tax_sets: DeclaredTaxSet, needs_mapping: tuple[str, ...] = ()) -> Event:
    """These tax sets were declared; those that came new and unmapped after set-up are named."""
    return fact(TaxRatesDeclared, tax_sets=tax_sets, needs_mapping=needs_mapping)


def mapped(tax_set: TaxSet, rate: XeroTaxRate, version: int) -> Event:
    """The tax set was mapped to the rate."""
    return fact(
        TaxMapped,
        tax_set=tax_set,
        tax_type=rate.tax_type,
        effective_rate=rate.effective_rate,
        components=rate.components,
        version=version,
    )


def to_map(*tax_sets: DeclaredTaxSet, during_setup: bool = True) -> GateClosed:
    """The gate, closed until these tax sets are mapped."""
    causes = tuple(Cause("tax_mapping_incomplete", key=d.tax_set.key, facts={"tax_set": d.name}) for d in tax_sets)
    return fact(GateClosed, causes=causes, during_setup=during_setup)


ALL_MAPPED: Final = (*READY_BUT_TAXES, declared(DECLARED_GST), to_map(DECLARED_GST), mapped(GST, OUTPUT2, 1), OPENED)

EVIDENCE: Final = {"last_activity_at": "2026-08-02T12:00:00Z"}
TO_CONFIRM: Final = to_do("choose the organisation", during_setup=False)
QUIET: Final = Cause("inactivity", facts={"days": "60"})


def ended(reason: DisconnectReason) -> Event:
    """It ended for this reason."""
    return fact(Disconnected, reason=reason, evidence=EVIDENCE, grant_id=GRANT, xero_connection_id=XERO_CONNECTION)


def held(*causes: Cause) -> Event:
    """The gate closed for these causes."""
    return fact(GateClosed, causes=causes)
