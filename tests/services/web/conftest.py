"""What tests of the web server share: a world whose engine serves browsers on a port of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.web.server import web_serving
from tests.ports import own_port
from tests.services.web.browser import Browser
from tests.world import World, simulated_xero, world_on


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[World]:
    """An engine that was never connected, and its server; the port is registered at Xero."""
    address = f"http://localhost:{own_port()}"
    with (
        simulated_xero(tmp_path, redirect_uris=(f"{address}/xero/callback",)) as xero,
        world_on(xero, database_url, tmp_path, KYRIOS_XERO_PUBLIC_URL=address) as world,
        web_serving(world.engine) as serving,
    ):
        assert serving == address
        yield world


@pytest.fixture
def browser(served: World) -> Iterator[Browser]:
    """The owner's browser."""
    browser = Browser(served)
    yield browser
    browser.close()
