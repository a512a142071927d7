"""A browser for tests: follows links over real HTTP, keeps cookies, and decides on Xero's page as it is told."""

from typing import Any

import httpx

from tests.world import World, organisation_id


class Browser:
    """One browser; `world` tells it where Xero's consent page is decided."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.http = httpx.Client(timeout=20)

    def open(self, link: str) -> httpx.Response:
        """Open an address and follow nothing."""
        return self.http.get(link)

    def decide(self, xero_url: str, decision: str = "allow", **more: Any) -> str:
        """Decide on Xero's page; the address Xero sends this browser to."""
        asked = {"authorize_url": xero_url, "decision": decision, "tenant_ids": [organisation_id()]} | more
        answer = self._world.control.post("/consent", json=asked)
        answer.raise_for_status()
        return str(answer.json()["redirect"])

    def agree(self, link: str, **more: Any) -> httpx.Response:
        """The whole way from our link to the answer that Xero sends the browser back with; our reply to that."""
        return self.open(self.decide(self.open(link).headers["location"], **more))

    def close(self) -> None:
        """Close the window."""
        self.http.close()
