"""A simulator per test, with an app that is already connected."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.simulator.options import Behaviour, SimulatorOptions
from adapters.simulator.server import Simulator
from tests.adapters.simulator.visitor import Visitor


@pytest.fixture
def xero(tmp_path: Path) -> Iterator[Visitor]:
    """A visitor without tokens at a new simulator without rate limits, on 22 November 2026."""
    with Simulator(SimulatorOptions(tmp_path / "ledger.sqlite", behaviour=Behaviour(rate_limits=False))) as simulator:
        visitor = Visitor(simulator.api_url, simulator.control_url)
        visitor.steer("POST", "/clock", {"now": "2026-11-22T00:00:00Z"})
        yield visitor
        assert "simulator_defect" not in visitor.rules_broken()
        visitor.close()


@pytest.fixture
def connected(xero: Visitor) -> Visitor:
    """The same visitor, connected to the demo company."""
    xero.connect()
    return xero


@pytest.fixture
def second_tenant(xero: Visitor) -> str:
    """A second, empty organisation in the same Xero."""
    tenant_id = "5ec0d000-0000-4000-8000-000000000002"
    organisation = {"Name": "Second Company", "BaseCurrency": "AUD", "CountryCode": "AU"}
    xero.steer("POST", f"/organisations/{tenant_id}/organisation", organisation)
    return tenant_id
