"""What every part of the engine stands on: the store, the vault, the doors to Xero, the database of the projections."""

import threading
from contextlib import ExitStack
from functools import cached_property
from uuid import UUID

import msgspec
from sqlalchemy import Engine as SqlEngine
from sqlalchemy import create_engine

from adapters.event_store import sealed_texts
from adapters.event_store.store import EventStore
from adapters.vault.account_keys import AccountKeys, Erased, open_or_erased
from adapters.vault.grants import Grants
from adapters.vault.secret import Secret
from adapters.xero.client import XeroClient
from adapters.xero.oauth import XeroOAuth
from adapters.xero.session import XeroSession
from adapters.xero.token_in_hand import TokenInHand
from adapters.xero.tokens import TokenSource
from domain.budget import Budget
from domain.connection import Connection
from services.audit.export_form import SEALED
from services.bootstrap.outside import budget_of, client_of, oauth_of
from services.bootstrap.parts import REAL_PARTS, Parts
from services.clock import clocked
from services.database import sqlalchemy_url
from services.handling import Handling
from services.lost_connection import LostConnection
from services.set_up import CALLBACK_PATH
from services.settings import Settings
from services.vault import Vault


class Ground:
    """Store, vault, Xero's doors and what use cases are carried out with; each is built when it is first asked for."""

    def __init__(self, settings: Settings, database_url: str, parts: Parts = REAL_PARTS) -> None:
        """Connects lazily; the schema must be at head. `database_url` is where the settings, or the cluster, point."""
        self.settings, self.database_url, self._parts = settings, clocked(database_url, settings), parts
        self._open = ExitStack()
        self.stopping = threading.Event()
        """Set while this process ends what it has in hand: nothing new is begun, and no call goes out any more."""

    @cached_property
    def store(self) -> EventStore:
        """Events and outbox."""
        # Threads that answer the broker's rings and our own; a lane's first claim takes two connections for a moment.
        overflow = 2 * self.settings.worker_threads + 4
        store = EventStore(self.database_url, pool_size=2, overflow=overflow, recorder=self._parts.recorder)
        self._open.callback(store.close)
        return store

    @cached_property
    def read(self) -> SqlEngine:
        """The projections' engine."""
        engine = create_engine(sqlalchemy_url(self.database_url), pool_size=2, max_overflow=3, hide_parameters=True)
        self._open.callback(engine.dispose)
        return engine

    @cached_property
    def vault(self) -> Vault:
        """Everything sealed under the keyring."""
        return Vault(self.store.cursor, self.settings)

    @property
    def account_keys(self) -> AccountKeys:
        """One key per account."""
        return self.vault.account_keys

    @property
    def grants(self) -> Grants:
        """The tokens."""
        return self.vault.grants

    @cached_property
    def oauth(self) -> XeroOAuth:
        """Consent and tokens."""
        return oauth_of(self.settings, self.redirect_uri, self._open)

    @property
    def redirect_uri(self) -> str:
        """Where Xero sends the browser after consent."""
        return self.settings.browser_url + CALLBACK_PATH

    @cached_property
    def xero(self) -> XeroClient:
        """The client of Xero's API."""
        return client_of(self.settings, self._open)

    @cached_property
    def tokens(self) -> TokenSource:
        """Access tokens, refreshed by one caller at a time."""
        return TokenSource(self.grants, self.oauth, stopping=self.stopping)

    def session_of(self, connection: Connection) -> XeroSession:
        """The calls of one connection. Raises OnlyACopy."""
        self.store.must_be_the_original()
        assert connection.grant_id is not None, "a connection without a grant has no session"
        return self._parts.session(self.xero, self.tokens, connection.grant_id, connection.organisation_id or "")

    def session_with(self, access_token: Secret, grant_id: UUID) -> XeroSession:
        """The calls of a consent that is not recorded yet, with the token it came with."""
        return self._parts.session(self.xero, TokenInHand(access_token), grant_id)

    @property
    def budget(self) -> Budget:
        """How much of Xero's limit one connection may use."""
        return budget_of(self.settings)

    @property
    def lost_connection(self) -> LostConnection:
        """Finds out what became of a connection that Xero turned away."""
        return LostConnection(self.store, self.session_of, self._parts.new_id)

    @cached_property
    def handling(self) -> Handling:
        """How use cases are carried out."""
        return Handling(self.store, self._parts.new_id)

    def answer_words(self, answer_id: UUID, account_id: str) -> str:
        """Xero's own words, or a person's reason, kept under `answer_id`; `[erased]` if they are not kept any more.

        A copy never had them, and says `[sealed]`, as the file does that it was made from.
        """
        if self.store.is_copy:
            return SEALED
        with self.store.cursor() as cursor:
            sealed = sealed_texts.answer(cursor, answer_id)
        opened = open_or_erased(self.account_keys.find(account_id), "answer_text", str(answer_id), 1, sealed)
        return opened.value if isinstance(opened, Erased) else "; ".join(msgspec.json.decode(opened, type=list[str]))

    def close(self) -> None:
        """Stop answering rings and close every pool, in the reverse of the order things were opened."""
        self._open.close()
