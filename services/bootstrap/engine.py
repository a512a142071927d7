"""The engine: every part of it is built here, from the parts before it, when it is first asked for."""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from dramatiq import Broker
from sqlalchemy import Engine as SqlEngine
from sqlalchemy import create_engine

from adapters.broker.doorbell import Doorbell
from adapters.event_store import sealed_texts
from adapters.event_store.store import EventStore
from adapters.smtp.server import MailServer
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
from domain.event import Actor
from services.actions.leaving_out import LeaveOut
from services.actions.perform import Actions
from services.actions.retry import Retry
from services.actions.voiding import Void
from services.audit.export import Export
from services.audit.past import Past
from services.audit.sent import SentDeliveries
from services.bootstrap.outside import broker_of, budget_of, client_of, oauth_of
from services.bootstrap.parts import REAL_PARTS, Parts
from services.clock import clocked
from services.completeness.books import Books
from services.connection_probe import ConnectionProbe
from services.contact_candidates import ContactCandidates
from services.contact_feed import ContactFeed
from services.contact_links import ContactLinks
from services.contact_reader import ContactReader
from services.database import sqlalchemy_url
from services.dispatch.alarms import Alarms
from services.dispatch.all_lanes import AllLanes
from services.dispatch.create_contact import CreateContact
from services.dispatch.create_invoice import CreateInvoice
from services.dispatch.create_payment import CreatePayment
from services.dispatch.dispatcher import Dispatcher
from services.dispatch.kind import DeliveryKind
from services.dispatch.lane_work import Timing
from services.dispatch.remove_connection import RemoveConnection
from services.dispatch.update_invoice import UpdateInvoice
from services.dispatch.void_invoice import VoidInvoice
from services.erasure.erase_contact import EraseContact
from services.handling import Handling
from services.inactivity import InactivityWatch
from services.lost_connection import LostConnection
from services.mailing.alert_recipients import AlertRecipients
from services.mailing.letter import Letters
from services.mailing.mailer import Mailer
from services.mailing.matters import Matters
from services.mailing.post_office import mail_server, sender_of
from services.mailing.sent_alerts import SentAlerts, TryMail
from services.older_invoices import OlderInvoices
from services.overdue_removals import OverdueRemovals
from services.preview import PreviewInvoice
from services.projector import Projector
from services.queue_invoices import QueueInvoices
from services.reads import Reads
from services.references import ReferenceWatch
from services.releaser import Releaser
from services.set_up import CALLBACK_PATH, SetUp
from services.settings import Settings
from services.sweeper import Sweeper
from services.vault import Vault
from services.webhook_hints import WebhookHints


class Engine:
    """The engine: its store, its use cases, its dispatcher. Each part is built when it is first asked for."""

    def __init__(self, settings: Settings, database_url: str, parts: Parts = REAL_PARTS) -> None:
        """Connects lazily; the schema must be at head. `database_url` is where the settings, or the cluster, point."""
        self.settings, self.database_url, self._parts = settings, clocked(database_url, settings), parts
        self._open = ExitStack()
        self.timing = Timing(call=settings.read_timeout, lease=settings.lease, quiet=settings.quiet)
        self.stopping = threading.Event()
        """Set while this process ends what it has in hand: nothing new is begun, and no call goes out any more."""
        self.ring: Callable[[UUID], None] = lambda connection_id: self.doorbell.ring(connection_id)

    @cached_property
    def store(self) -> EventStore:
        """Events and outbox."""
        overflow = self.settings.worker_threads + 6
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
        """The calls of one connection."""
        assert connection.grant_id is not None, "a connection without a grant has no session"
        return self._parts.session(self.xero, self.tokens, connection.grant_id, connection.organisation_id or "")

    def session_with(self, access_token: Secret, grant_id: UUID) -> XeroSession:
        """The calls of a consent that is not recorded yet, with the token it came with."""
        return self._parts.session(self.xero, TokenInHand(access_token), grant_id)

    @cached_property
    def handling(self) -> Handling:
        """How use cases are carried out."""
        return Handling(self.store, self._parts.new_id)

    @cached_property
    def broker(self) -> Broker:
        """RabbitMQ if one is set, else this process's memory."""
        return broker_of(self.settings)

    @cached_property
    def doorbell(self) -> Doorbell:
        """Rings, and in worker processes answers."""
        doorbell = Doorbell(self.broker, self.look_at)
        self._open.callback(doorbell.stop)
        return doorbell

    def look_at(self, connection_id: UUID) -> bool:
        """Do the next piece of work of a connection, by what Xero said of its organisation not too long ago."""
        self.references.freshen(connection_id)
        return self.dispatcher.look_at(connection_id)

    @cached_property
    def kinds(self) -> dict[str, DeliveryKind[Any]]:
        """What is sent to Xero, by the kind of entry."""
        made: tuple[DeliveryKind[Any], ...] = (
            CreateInvoice(self.account_keys),
            CreateContact(self.account_keys),
            CreatePayment(),
            UpdateInvoice(self.account_keys),
            VoidInvoice(),
            RemoveConnection(self.store, self.grants, self.vault.oauth_states, self.oauth),
        )
        return {kind.name: kind for kind in made}

    @cached_property
    def dispatcher(self) -> Dispatcher:
        """Carries entries to Xero."""
        kinds, parts = self.kinds, self._parts
        return Dispatcher(
            self.store,
            kinds,
            parts.claim(self.store, self.account_keys, kinds, self.timing, self.budget, self._look_again, parts.new_id),
            parts.record(self.store, self.account_keys, parts.new_id, parts.chance),
            LostConnection(self.store, self.session_of, parts.new_id),
            self.session_of,
            self.ring,
            AllLanes(self.store, self.budget, parts.chance, self._look_again),
            self.timing,
            self.budget,
            parts.new_id,
            self.stopping,
        )

    @cached_property
    def alarms(self) -> Alarms:
        """Rings for lanes whose next call may start at a known moment."""
        return Alarms(self._ring_now)

    @cached_property
    def reads(self) -> Reads:
        """Calls that only read, out of the lanes' budgets."""
        return Reads(self.store, self.budget, self.settings.lease, self._parts.new_id, self._ring_now)

    def _look_again(self, connection_id: UUID, seconds: float) -> None:
        self.alarms.set(connection_id, seconds)

    def _ring_now(self, connection_id: UUID) -> None:
        self.ring(connection_id)

    @cached_property
    def queue_invoices(self) -> QueueInvoices:
        """Take on issued invoices."""
        return QueueInvoices(self.store, self.account_keys, self.ring, self._parts.new_id)

    @cached_property
    def revise_invoices(self) -> QueueInvoices:
        """Take on revisions of invoices that were taken on before."""
        return QueueInvoices(self.store, self.account_keys, self.ring, self._parts.new_id, only_known=True)

    @cached_property
    def actions(self) -> Actions:
        """What people do with invoices."""
        return Actions(self.store, self.read, self.account_keys, self.handling, self._ring_now, self._parts.new_id)

    def void_invoice(self, account_id: str, kyrios_invoice_id: str, actor: Actor) -> bool:
        """Void an invoice; False if it was voided already."""
        return self.actions.one(account_id, kyrios_invoice_id, Void(), actor)

    def retry_invoice(self, account_id: str, kyrios_invoice_id: str, actor: Actor) -> bool:
        """Another try of an invoice; False if it was queued already, NotPossible if there is nothing to retry."""
        return self.actions.one(account_id, kyrios_invoice_id, Retry(), actor)

    def dismiss_invoices(self, account_id: str, streams: Sequence[UUID], reason: str, actor: Actor) -> int:
        """Leave the invoices with these streams out; how many are left out now that were not before."""
        return self.actions.on_streams(account_id, streams, LeaveOut(reason), actor).how_many("done")

    @cached_property
    def books(self) -> Books:
        """Whether everything is in Xero."""
        return Books(self.store, self.read, self.session_of, self.reads)

    @cached_property
    def export(self) -> Export:
        """An account's events as a file."""
        return Export(self.store, self.read)

    @cached_property
    def sent(self) -> SentDeliveries:
        """What was sent, and what Xero answered."""
        return SentDeliveries(self.store, self.account_keys)

    @cached_property
    def past(self) -> Past:
        """Any past state."""
        return Past(self.store, self.read)

    @cached_property
    def preview_invoice(self) -> PreviewInvoice:
        """What would be sent for an invoice."""
        return PreviewInvoice(self.store, self.account_keys, self.kinds, self.queue_invoices)

    @cached_property
    def older_invoices(self) -> OlderInvoices:
        """Invoices from before the start of syncing."""
        return OlderInvoices(self.store, self.read, self.handling, self.actions, self.ring, self.budget)

    @cached_property
    def set_up(self) -> SetUp:
        """Connect and set up."""
        return SetUp(
            self.store,
            self.account_keys,
            self.handling,
            self.oauth,
            self.vault.oauth_states,
            self.grants,
            self.session_of,
            self.session_with,
            self.ring,
            self.references.follow,
            self.reads,
            self._parts.new_id,
            self.settings.browser_url,
        )

    @cached_property
    def contact_links(self) -> ContactLinks:
        """Link contacts."""
        return ContactLinks(self.store, self.handling)

    @cached_property
    def erase_contact(self) -> EraseContact:
        """Erase a Kyrios contact."""
        return EraseContact(self.store, self.account_keys, self.handling)

    @cached_property
    def contact_candidates(self) -> ContactCandidates:
        """Whom a customer might be in Xero."""
        return ContactCandidates(self.store, self.account_keys)

    @cached_property
    def contact_feed(self) -> ContactFeed:
        """What Kyrios reads of Xero's contacts."""
        return ContactFeed(self.store, self.account_keys)

    @cached_property
    def webhook_hints(self) -> WebhookHints:
        """What Xero tells by itself."""
        return WebhookHints(self.store, self.read, self.settings.webhook_key or ())

    @cached_property
    def contact_reader(self) -> ContactReader:
        """Keeps the contact directory."""
        return self._parts.contact_reader(
            self.store,
            self.read,
            self.account_keys,
            self.session_of,
            LostConnection(self.store, self.session_of, self._parts.new_id),
            self.reads,
            self._parts.new_id,
        )

    @cached_property
    def projector(self) -> Projector:
        """Folds the log into the projections."""
        return Projector(self.store, self.read)

    @cached_property
    def releaser(self) -> Releaser:
        """Releases what fixes set free."""
        return Releaser(self.store, self.read, self.account_keys, self.handling, self._ring_now)

    @cached_property
    def references(self) -> ReferenceWatch:
        """Keeps fresh what Xero says of organisations."""
        return ReferenceWatch(
            self.store,
            self.read,
            self.handling,
            self.releaser,
            LostConnection(self.store, self.session_of, self._parts.new_id),
            self.session_of,
            self.ring,
            self.reads,
        )

    @cached_property
    def connection_probe(self) -> ConnectionProbe:
        """Notices that a silent connection was removed in Xero."""
        lost = LostConnection(self.store, self.session_of, self._parts.new_id)
        return ConnectionProbe(self.store, lost, self.session_of, self.reads)

    @cached_property
    def inactivity(self) -> InactivityWatch:
        """Warns of quiet connections, and cuts them."""
        return self._parts.inactivity(self.store, self.read, self._parts.new_id)

    @cached_property
    def overdue_removals(self) -> OverdueRemovals:
        """Ends removals that Xero never answered."""
        return OverdueRemovals(self.store, self._parts.new_id)

    @cached_property
    def alert_recipients(self) -> AlertRecipients:
        """Who gets an account's mails."""
        return AlertRecipients(self.store, self.account_keys, self.handling, self._parts.new_id)

    @cached_property
    def mail_server(self) -> MailServer:
        """Where mails are given to; a server of our own is started when this is first asked for."""
        return mail_server(self.settings, self._open)

    @cached_property
    def sent_alerts(self) -> SentAlerts:
        """Which mails an account got."""
        return SentAlerts(self.store, self.alert_recipients)

    @cached_property
    def try_mail(self) -> TryMail:
        """Sends a mail to try whether mails arrive."""
        sender, home_page, new_id = sender_of(self.settings), self.settings.public_url, self._parts.new_id
        server = lambda: self.mail_server  # noqa: E731
        return TryMail(self.store, self.alert_recipients, Letters(sender), server, sender, new_id, home_page)

    @cached_property
    def mailer(self) -> Mailer:
        """Sends mails."""
        sender = sender_of(self.settings)
        return self._parts.mailer(
            self.store,
            self.account_keys,
            Matters(self.store, self.read, self.answer_words, self.settings.public_url),
            Letters(sender),
            lambda: self.mail_server,
            sender,
            self._parts.new_id,
            self.settings.sweep_interval,
            self._parts.chance,
        )

    @property
    def budget(self) -> Budget:
        """How much of Xero's limit one connection may use."""
        return budget_of(self.settings)

    @cached_property
    def sweeper(self) -> Sweeper:
        """Rings for the forgotten."""
        return self._sweeper(self.ring)

    @cached_property
    def worker_sweeper(self) -> Sweeper:
        """A worker's own: beside a broker it looks at the forgotten itself, so that all goes on while that is away."""
        return self._sweeper(self.ring if self.settings.broker_url is None else self.doorbell.ring_here)

    def _sweeper(self, ring: Callable[[UUID], None]) -> Sweeper:
        return Sweeper(self.store, lambda lane: self.dispatcher.recover(lane), ring, self.settings.sweep_interval)

    def answer_words(self, answer_id: UUID, account_id: str) -> str:
        """Xero's own words, or a person's reason, kept under `answer_id`; `[erased]` if they are not kept any more."""
        with self.store.cursor() as cursor:
            sealed = sealed_texts.answer(cursor, answer_id)
        opened = open_or_erased(self.account_keys.find(account_id), "answer_text", str(answer_id), 1, sealed)
        return opened.value if isinstance(opened, Erased) else "; ".join(msgspec.json.decode(opened, type=list[str]))

    def close(self) -> None:
        """Stop answering rings and close every pool, in the reverse of the order things were opened."""
        self._open.close()
