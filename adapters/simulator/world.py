"""Everything one simulated Xero consists of, put together in one place."""

import threading
from dataclasses import dataclass

from adapters.simulator.clock import VirtualClock
from adapters.simulator.faults.script import FaultScript
from adapters.simulator.gatekeeping.idempotency import IdempotencyKeys
from adapters.simulator.gatekeeping.limits import Limits
from adapters.simulator.identity.connections import Connections
from adapters.simulator.identity.consent import Consent
from adapters.simulator.identity.endpoints import Identity
from adapters.simulator.identity.tokens import TokenOffice
from adapters.simulator.ledger.books import Books
from adapters.simulator.ledger.contact_origins import ContactOrigins
from adapters.simulator.ledger.database import Ledger
from adapters.simulator.ledger.invoices import InvoiceShelf
from adapters.simulator.ledger.journal import Journal
from adapters.simulator.ledger.payments import PaymentShelf
from adapters.simulator.options import Behaviour, SimulatorOptions
from adapters.simulator.seeding import load_seed, sow
from adapters.simulator.webhooks.sender import WebhookSender


@dataclass
class World:
    """The parts; only ``behaviour`` is ever replaced."""

    options: SimulatorOptions
    behaviour: Behaviour
    ledger: Ledger
    clock: VirtualClock
    books: Books
    invoices: InvoiceShelf
    payments: PaymentShelf
    contact_origins: ContactOrigins
    journal: Journal
    identity: Identity
    limits: Limits
    keys: IdempotencyKeys
    faults: FaultScript
    webhooks: WebhookSender
    stopping: threading.Event

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        """The app's registered redirect URIs."""
        return self.behaviour.redirect_uris if self.behaviour.redirect_uris is not None else self.options.redirect_uris


def build_world(options: SimulatorOptions) -> World:
    """Open the ledger and seed it when it is new; raises ValueError with one clear sentence."""
    ledger = Ledger(options.ledger)
    try:
        clock = VirtualClock(ledger.setting("clock"))
        stopping = threading.Event()
        webhooks = WebhookSender(clock, stopping)
        books = Books(ledger, webhooks.note)
        invoices = InvoiceShelf(ledger, webhooks.note)
        if not books.tenants():
            sow(load_seed(options.seed), ledger, books, invoices, clock, options.behaviour)
        journal = Journal(ledger, clock)
        tokens = TokenOffice(ledger, clock, options.client_id)
        connections = Connections(ledger, clock, books)
        consent = Consent(options.client_id, books, tokens, connections)
        return World(
            options=options,
            behaviour=options.behaviour,
            ledger=ledger,
            clock=clock,
            books=books,
            invoices=invoices,
            payments=PaymentShelf(ledger),
            contact_origins=ContactOrigins(ledger),
            journal=journal,
            identity=Identity(options.client_id, options.client_secret, consent, tokens, connections),
            limits=Limits(clock, journal),
            keys=IdempotencyKeys(ledger, clock),
            faults=FaultScript(),
            webhooks=webhooks,
            stopping=stopping,
        )
    except BaseException:
        ledger.close()
        raise
