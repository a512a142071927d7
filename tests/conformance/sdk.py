"""Xero's own Python SDK, set to work against a local server."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token

from tests.adapters.simulator.visitor import CLIENT, Json


@contextmanager
def sdk_client(tokens: Json, hidden_retries: bool = False) -> Iterator[Any]:
    """The SDK's client with these tokens. Its HTTP library retries by itself unless that is switched off."""
    kept = {"token": tokens | {"expires_at": time.time() + 1800, "scope": tokens["scope"].split()}}
    credentials = OAuth2Token(client_id=CLIENT[0], client_secret=CLIENT[1])
    client = ApiClient(Configuration(oauth2_token=credentials), pool_threads=1)
    client.configuration.oauth2_token = credentials  # the configuration is a singleton
    if not hidden_retries:
        client.rest_client.pool_manager.connection_pool_kw["retries"] = False
    client.oauth2_token_getter(lambda: kept["token"])
    client.oauth2_token_saver(lambda token: kept.update(token=token))
    try:
        yield client
    finally:
        client.rest_client.pool_manager.clear()
