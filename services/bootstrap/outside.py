"""What the engine reaches the world by, as its settings say: Xero's doors, the broker, how much it may ask."""

from contextlib import ExitStack
from typing import Final

from dramatiq import Broker

from adapters.broker.brokers import in_process_broker, rabbitmq_broker
from adapters.vault.secret import Secret
from adapters.xero.client import XeroClient
from adapters.xero.oauth import OAuthApp, XeroOAuth
from adapters.xero.wire import Limits, new_http_client
from domain.budget import Budget
from services.settings import Settings

GUARD_BURST: Final = 3
"""Calls the guard bucket holds; its refill is the rest of the limit, so that both together never exceed it."""
READERS: Final = 4
"""Connections to Xero beside those of the threads that carry deliveries: for what is read as a routine or on demand."""


def oauth_of(settings: Settings, redirect_uri: str, opened: ExitStack) -> XeroOAuth:
    """Consent and tokens, for as long as `opened` is."""
    app = OAuthApp(
        client_id=settings.client_id or "",
        client_secret=settings.client_secret or Secret(""),
        redirect_uri=redirect_uri,
        scopes=settings.scopes,
        login_url=settings.login_url,
        identity_url=settings.identity_url,
        pkce=settings.pkce,
    )
    http = new_http_client(settings.identity_url, read_timeout=min(30.0, settings.read_timeout))
    opened.callback(http.close)
    return XeroOAuth(http, app)


def client_of(settings: Settings, opened: ExitStack) -> XeroClient:
    """The client of Xero's API, for as long as `opened` is."""
    connections = 2 * settings.worker_threads + READERS
    http = new_http_client(settings.api_url, read_timeout=settings.read_timeout, connections=connections)
    opened.callback(http.close)
    return XeroClient(http, settings.api_url, Limits(deadline=settings.read_timeout))


def broker_of(settings: Settings) -> Broker:
    """RabbitMQ if one is set, else this process's memory."""
    longest = settings.lease + 60
    if settings.broker_url is not None:
        return rabbitmq_broker(settings.broker_url.reveal(), longest)
    return in_process_broker(longest)


def budget_of(settings: Settings) -> Budget:
    """How much of Xero's limit one connection may use."""
    burst = max(1, min(GUARD_BURST, settings.calls_per_minute // 2))
    return Budget(
        burst=burst,
        per_minute=max(1, settings.calls_per_minute - burst),
        app_per_minute=settings.app_calls_per_minute,
        window=settings.limit_window,
    )
