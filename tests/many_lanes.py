"""Several accounts on one engine, each with an organisation of its own: who must not get in whose way."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec

from adapters.simulator.options import Behaviour, SimulatorOptions
from adapters.simulator.server import Simulator
from domain.streams import connection_id
from services.bootstrap import Parts
from services.intake import IssuedInvoice
from services.set_up.consent_results import CONSENTED
from tests.world import (
    BACKEND,
    EXAMPLES,
    OWNER,
    REAL_PARTS,
    World,
    contact_links,
    declared_taxes,
    example_invoices,
    world_on,
)


class ManyLanes:
    """Accounts lane-0, lane-1, … whose gates are open."""

    def __init__(self, world: World, tenants: list[str]) -> None:
        self.world, self.tenants = world, tenants
        self.accounts = [f"lane-{number}" for number in range(len(tenants))]
        self.lanes = [connection_id(account) for account in self.accounts]

    def set_up(self) -> None:
        """Connect and set up every account."""
        set_up = self.world.engine.set_up
        for account, tenant in zip(self.accounts, self.tenants, strict=True):
            assert self.world.consent(tenant, account=account) in CONSENTED
            set_up.choose_organisation(account, tenant, OWNER)
            set_up.change_setting(account, "sync_from", "2026-01-01", OWNER)
            set_up.choose_accounts(account, line="200", payment=None, also=["260"], actor=OWNER)
            declared = declared_taxes()
            set_up.declare_taxes(account, [one for one, _ in declared], BACKEND)
            for one, tax_type in declared:
                set_up.map_tax(account, one.tax_set, tax_type, OWNER)
            self.world.engine.contact_links.link(account, contact_links(), BACKEND)

    def queue(self, lane: int, count: int, start: int = 0) -> None:
        """Queue plain invoices for one account."""
        assert set(self.world.queue(self.invoices(lane, count, start))) == {"accepted"}

    def invoices(self, lane: int, count: int, start: int = 0) -> list[IssuedInvoice]:
        """Plain invoices of one account."""
        account = self.accounts[lane]
        return [msgspec.structs.replace(one, account_id=account) for one in example_invoices(count, start)]

    def calls(self, method: str = "PUT") -> list[int]:
        """The lanes of all requests to create (or, by another method, to find) invoices, in the order of arrival."""
        return [self.tenants.index(r["tenant_id"]) for r in self.world.requests(method, "/Invoices")]

    def rows(self) -> list[dict[str, Any]]:
        """The lanes' rows, in order."""
        with self.world.engine.store.cursor() as cursor:
            found = {row["connection_id"]: row for row in cursor.execute("SELECT * FROM app.lane").fetchall()}
        return [found[lane] for lane in self.lanes]


@contextmanager
def many_lanes(
    count: int, database_url: str, home: Path, parts: Parts = REAL_PARTS, **settings: str
) -> Iterator[ManyLanes]:
    """So many accounts, set up, on one engine and one simulator without limits; nothing runs by itself."""
    seed = home / "many.json"
    tenants = write_seed(seed, count)
    options = SimulatorOptions(ledger=home / "many.sqlite", seed=seed, behaviour=Behaviour(rate_limits=False))
    with Simulator(options) as xero, world_on(xero, database_url, home, parts, **settings) as world:
        many = ManyLanes(world, tenants)
        many.set_up()
        yield many


def write_seed(file: Path, count: int) -> list[str]:
    """Write books of so many organisations, each like the example's one; returns their ids."""
    books = json.loads((EXAMPLES / "xero-organisation.json").read_bytes())
    first = books["organisations"][0]
    tenants = [str(uuid5(UUID(first["tenant_id"]), str(number))) for number in range(count)]
    books["organisations"] = [_renamed(first, tenant, number) for number, tenant in enumerate(tenants)]
    file.write_text(json.dumps(books))
    return tenants


def _renamed(organisation: dict[str, Any], tenant: str, number: int) -> dict[str, Any]:
    about = organisation["Organisation"] | {"OrganisationID": tenant, "Name": f"Organisation {number}"}
    return organisation | {"tenant_id": tenant, "Organisation": about}
