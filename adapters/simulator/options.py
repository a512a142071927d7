"""How a simulator is started (``SimulatorOptions``) and how it behaves where Xero leaves room (``Behaviour``)."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

DEFAULT_SECRET = "simulator-secret"
Count = Annotated[int, msgspec.Meta(ge=0)]


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Named options, changeable while running. The XU options are Xero's open questions with our worst-case guess."""

    rate_limits: bool = True
    per_minute: Count = 60
    minute_seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 60.0
    """How long a minute of the limits lasts; less scales time down for measurements."""
    per_day: Count = 5000
    """XERO-UNVERIFIED XU-25: the day limit of our plan (1,000 on the starter plan)."""
    app_per_minute: Count = 10_000
    concurrent: Count = 5
    concurrent_retry_after: Count | None = None
    """XERO-UNVERIFIED XU-11: seconds of Retry-After on a concurrent 429; None sends none."""
    app_limit_problem: str = "appminute"
    """XERO-UNVERIFIED XU-11: X-Rate-Limit-Problem of the app limit."""
    summarised_400_saves_valid: bool = True
    """XERO-UNVERIFIED XU-01."""
    summarise_by_default: bool = True
    """XERO-UNVERIFIED XU-02."""
    unique_numbers: bool = True
    """False lets sales invoices share a number, to show that callers do not lean on Xero's own fence."""
    deleted_frees_number: bool = True
    """XERO-UNVERIFIED XU-03."""
    voided_frees_number: bool = False
    """XERO-UNVERIFIED XU-03."""
    replays_validation_400: bool = True
    """XERO-UNVERIFIED XU-06."""
    serialises_same_key: bool = True
    """XERO-UNVERIFIED XU-07: a concurrent repeat of a key waits and gets the first answer."""
    key_is_bound_to_tenant: bool = True
    """XERO-UNVERIFIED XU-08: the same key for another tenant is refused as another request."""
    key_life_seconds: Count = 360
    read_delay_seconds: float = 0.0
    """XERO-UNVERIFIED XU-09: how long a new invoice stays invisible to lists."""
    numbers_per_get: Count = 40
    """XERO-UNVERIFIED XU-10."""
    half_cents: Literal["away_from_zero", "to_even"] = "away_from_zero"
    """XERO-UNVERIFIED XU-12."""
    name_matches_contact: bool = True
    """XERO-UNVERIFIED XU-17."""
    archived_frees_name: bool = True
    """XERO-UNVERIFIED XU-15: the name of an archived contact may be given to another."""
    negative_totals: bool = False
    """XERO-UNVERIFIED XU-29: a sales invoice below zero is accepted (Xero's own form for it is the credit note)."""
    paid_edits_show_as_updated: bool = False
    """Whether the edits a part or fully paid invoice still allows move UpdatedDateUTC (Xero's page: they may not)."""
    approval_limit: Count | None = None
    """Sales invoices a small plan may approve per month (by invoice date) in each organisation; None: no limit."""
    lock_date_inclusive: bool = True
    """XERO-UNVERIFIED XU-18: a document dated on the lock date itself is refused."""
    disconnected_status: Literal[401, 403] = 403
    """XERO-UNVERIFIED XU-19."""
    missing_scope_status: Literal[401, 403] = 401
    """XERO-UNVERIFIED XU-19."""
    last_refresh_wins: bool = True
    """XERO-UNVERIFIED XU-20: a refresh with the previous token kills the tokens issued since."""
    accepts_pkce: bool = True
    """XERO-UNVERIFIED XU-21: a web app may send a code challenge."""
    revocation_hits_all_tenants: bool = True
    """XERO-UNVERIFIED XU-28."""
    tax_amount_tolerance_cents: Count = 1
    """XERO-UNVERIFIED XU-30: how far a line's own TaxAmount may be off before it is refused."""
    most_results: Count = 100_000
    """How many results one question may have, however it is paged; more are refused."""
    refusals: dict[str, str] = {}
    """What is said against an invoice (by its number), a contact (name) or a payment (reference), in these words: rules
    of Xero's this simulator does not know."""
    redirect_uris: tuple[str, ...] | None = None
    """Redirect URIs of the app instead of those given at the start."""

    def __post_init__(self) -> None:
        for uri in self.redirect_uris or ():
            require_redirect_uri(uri)

    def against(self, name: object) -> list[str]:
        """What is said against what bears this number, name or reference."""
        return [self.refusals[name]] if isinstance(name, str) and name in self.refusals else []


@dataclass(frozen=True)
class SimulatorOptions:
    """What is fixed from the start. Raises ValueError with one clear sentence when something cannot be."""

    ledger: Path
    port: int = 0
    control_port: int = 0
    seed: Path | None = None
    """Books of a new ledger; None takes the demo company. An existing ledger keeps its books."""
    client_id: str = "simulator-client"
    client_secret: str = field(default=DEFAULT_SECRET, repr=False)
    redirect_uris: tuple[str, ...] = ("http://localhost:8080/xero/callback",)
    provider_name: str = "Kyrios"
    """The app's name in every envelope."""
    behaviour: Behaviour = field(default_factory=Behaviour)

    def __post_init__(self) -> None:
        for uri in self.redirect_uris:
            require_redirect_uri(uri)


def require_redirect_uri(uri: str) -> None:
    """Xero registers https URIs and, for development, http://localhost; http://127.0.0.1 is refused by it too."""
    parts = urlsplit(uri)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname == "localhost":
        return
    raise ValueError(f"redirect URI {uri!r} must be https or http://localhost, as at Xero")
