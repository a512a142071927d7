"""What carries entries to Xero and keeps what is known of it fresh: rings, kinds, dispatcher, readers."""

from collections.abc import Callable
from functools import cached_property
from typing import Any
from uuid import UUID

from dramatiq import Broker

from adapters.broker.doorbell import Doorbell
from services.bootstrap.ground import Ground
from services.bootstrap.outside import broker_of
from services.bootstrap.parts import REAL_PARTS, Parts
from services.connection_probe import ConnectionProbe
from services.contacts.reader import ContactReader
from services.dispatch.alarms import Alarms
from services.dispatch.all_lanes import AllLanes
from services.dispatch.create_contact import CreateContact
from services.dispatch.create_invoice import CreateInvoice
from services.dispatch.create_payment import CreatePayment
from services.dispatch.dispatcher import Dispatcher
from services.dispatch.ending import Ending
from services.dispatch.kind import DeliveryKind
from services.dispatch.lane_work import Timing
from services.dispatch.recovery import Recovery
from services.dispatch.remove_connection import RemoveConnection
from services.dispatch.update_invoice import UpdateInvoice
from services.dispatch.void_invoice import VoidInvoice
from services.dispatch.what_leaves import WhatLeaves
from services.overdue_removals import OverdueRemovals
from services.reads import Reads
from services.references import ReferenceWatch
from services.releaser import Releaser
from services.settings import Settings
from services.sweeper import Sweeper


class Sending(Ground):
    """Everything between the outbox and Xero."""

    def __init__(self, settings: Settings, database_url: str, parts: Parts = REAL_PARTS) -> None:
        """As the ground; whoever runs no broker of its own may put another bell in place of `ring`."""
        super().__init__(settings, database_url, parts)
        self.timing = Timing(call=settings.read_timeout, lease=settings.lease, quiet=settings.quiet)
        self._thread_shares = parts.shares(settings.worker_threads)
        self.ring: Callable[[UUID], None] = lambda connection_id: self.doorbell.ring(connection_id)

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
        """Do the next piece of work of a connection, by what Xero said of its organisation not too long ago.

        Not while it has its share of this process's threads; then it is rung for again once it gives one back.
        """
        if not self._thread_shares.take(connection_id):
            return False
        try:
            self.references.freshen(connection_id)
            return self.dispatcher.look_at(connection_id)
        finally:
            if self._thread_shares.give_back(connection_id):
                self.ring(connection_id)

    @cached_property
    def kinds(self) -> dict[str, DeliveryKind[Any]]:
        """What is sent to Xero, by the kind of entry."""
        made: tuple[DeliveryKind[Any], ...] = (
            CreateInvoice(self.account_keys),
            CreateContact(self.account_keys),
            CreatePayment(),
            UpdateInvoice(self.account_keys),
            VoidInvoice(),
            RemoveConnection(self.grants, self.oauth, WhatLeaves(self.store, self.grants, self.vault.oauth_states)),
        )
        return {kind.name: kind for kind in made}

    @cached_property
    def dispatcher(self) -> Dispatcher:
        """Carries entries to Xero."""
        kinds, parts, told = self.kinds, self._parts, self.settings.support_mail is not None
        ending = Ending(kinds, support_told=told)
        return Dispatcher(
            Recovery(self.store, kinds, ending, self.timing.quiet, parts.new_id),
            parts.claim(
                self.store,
                self.account_keys,
                kinds,
                self.timing,
                self.budget,
                self._look_again,
                ending,
                parts.new_id,
                parts.chance,
            ),
            parts.record(self.store, self.account_keys, parts.new_id, parts.chance, support_told=told),
            self.lost_connection,
            self.session_of,
            self.ring,
            self.all_lanes,
            self.timing,
            self.budget,
            parts.new_id,
            self.stopping,
        )

    @cached_property
    def all_lanes(self) -> AllLanes:
        """What calls of one lane mean for all."""
        return AllLanes(self.store, self.budget, self._parts.chance, self._look_again)

    @cached_property
    def alarms(self) -> Alarms:
        """Rings for lanes whose next call may start at a known moment."""
        return Alarms(self._ring_now)

    def _look_again(self, connection_id: UUID, seconds: float) -> None:
        self.alarms.set(connection_id, seconds)

    def _ring_now(self, connection_id: UUID) -> None:
        self.ring(connection_id)

    @cached_property
    def reads(self) -> Reads:
        """Calls that only read, out of the lanes' budgets."""
        return Reads(self.store, self.budget, self.all_lanes, self.settings.lease, self._parts.new_id, self._ring_now)

    @cached_property
    def contact_reader(self) -> ContactReader:
        """Keeps the contact directory."""
        return self._parts.contact_reader(
            self.store,
            self.read,
            self.account_keys,
            self.session_of,
            self.lost_connection,
            self.reads,
            self._parts.new_id,
            self.releaser.look_again,
        )

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
            self.lost_connection,
            self.session_of,
            self.ring,
            self.reads,
        )

    @cached_property
    def connection_probe(self) -> ConnectionProbe:
        """Notices that a silent connection was removed in Xero."""
        return ConnectionProbe(self.store, self.lost_connection, self.session_of, self.reads)

    @cached_property
    def overdue_removals(self) -> OverdueRemovals:
        """Ends removals that Xero never answered."""
        return OverdueRemovals(self.store, self._parts.new_id)

    @cached_property
    def sweeper(self) -> Sweeper:
        """Rings for the forgotten."""
        return self._sweeper(self.ring)

    @cached_property
    def worker_sweeper(self) -> Sweeper:
        """A worker's own: beside a broker it looks at the forgotten itself, so that all goes on while that is away."""
        return self._sweeper(self.ring if self.settings.broker_url is None else self.doorbell.ring_here)

    def _sweeper(self, ring: Callable[[UUID], None]) -> Sweeper:
        hold = max(self.timing.lease, self.timing.quiet)
        interval, window = self.settings.sweep_interval, self.budget.window
        return Sweeper(self.store, lambda lane: self.dispatcher.recover(lane), ring, interval, hold, window)
