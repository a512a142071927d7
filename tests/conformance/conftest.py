"""A simulator behind a recorder, and Xero's OpenAPI files to judge what was recorded."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.simulator.options import Behaviour, SimulatorOptions
from adapters.simulator.server import Simulator
from tests.adapters.simulator.visitor import Visitor
from tests.conformance.contract import ACCOUNTING, IDENTITY, Contract, require_files
from tests.conformance.recorder import Recorder, recording


@pytest.fixture(scope="session")
def contract() -> Contract:
    """Xero's OpenAPI files, loaded once; without them there is nothing to conform to, and in CI that is a failure."""
    require_files([ACCOUNTING, IDENTITY], in_ci=os.environ.get("CI") == "true")
    return Contract()


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """A simulated Xero without rate limits, in real time."""
    with Simulator(SimulatorOptions(tmp_path / "ledger.sqlite", behaviour=Behaviour(rate_limits=False))) as simulator:
        yield simulator


@pytest.fixture
def recorder(simulator: Simulator) -> Iterator[Recorder]:
    """Stands between any client and the simulator's API."""
    with recording(simulator.api_url) as recorder:
        yield recorder


@pytest.fixture
def visitor(simulator: Simulator, recorder: Recorder) -> Iterator[Visitor]:
    """An app that is connected, speaking through the recorder."""
    visitor = Visitor(recorder.url, simulator.control_url)
    visitor.connect()
    yield visitor
    assert visitor.rules_broken().count("simulator_defect") == 0
    visitor.close()
