"""Webhooks, as an app's owner sets them up in Xero's pages, and as a test wants them: repeated, out of order."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from adapters.simulator.ledger.documents import Document
from adapters.simulator.world import World

MOST_TIMES = 20


def subscribe(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """``{"url", "key"}``: probe the address and tell it what changes from now on; https, or http on this machine."""
    given = body if isinstance(body, dict) else {}
    url, key = str(given.get("url", "")), str(given.get("key", ""))
    parts = urlsplit(url)
    if not key or not (parts.scheme == "https" or (parts.scheme, parts.hostname) in _LOCAL):
        raise ValueError('send {"url": an https address, or http on this machine, "key": the signing key}')
    world.webhooks.subscribe(url, key)
    return world.webhooks.standing()


def standing(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """How it goes; ``timeout`` waits so many seconds for everything that is due to be on its way no more."""
    return world.webhooks.standing(float(asked.get("timeout", "0")))


def replay(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """``{"times": n, "backwards": true}``: tell all of the last 31 days again."""
    given = body if isinstance(body, dict) else {}
    times = given.get("times", 1)
    if not isinstance(times, int) or isinstance(times, bool) or not 1 <= times <= MOST_TIMES:
        raise ValueError(f"times must be from 1 to {MOST_TIMES}")
    return {"events": world.webhooks.replay(times, backwards=given.get("backwards") is True)}


_LOCAL = (("http", "localhost"), ("http", "127.0.0.1"))
