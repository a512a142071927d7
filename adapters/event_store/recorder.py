"""The recorder: the library's PostgreSQL recorder with our outbox written in the same transaction.

The hook runs before the events are inserted, in lock order lane, outbox rows, events table; raising rolls all back.
"""

from collections.abc import Sequence
from typing import Any, Final

from eventsourcing.persistence import InterfaceError, OperationalError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from eventsourcing.utils import retry
from psycopg import Cursor
from psycopg import Error as PsycopgError
from psycopg.pq import TransactionStatus

from adapters.event_store import (
    commands,
    deliveries,
    identities,
    lane_calls,
    lanes,
    linked_contacts,
    log,
    mail_requests,
    mails,
    organisation_bindings,
    outbox,
    recipients,
    removals,
    sealed_texts,
)
from adapters.event_store.writes import Writes
from adapters.vault import grants
from domain.streams import connection_id

Row = dict[str, Any]


class OutboxRecorder(PostgresApplicationRecorder):
    """Writes events and all that belongs to them, or nothing."""

    supports_outbox: Final = True

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Write in a transaction of its own, one round trip long; returns the new positions of the log.

        The commit goes out with the rest, and what the database refuses is raised by leaving the pipeline; the commit
        behind it is then skipped. Not by the pipeline's own sync: once the socket's buffer is full it waits for an
        answer to a request that is only half sent, for ever, and with the log locked (psycopg #685, mended for leaving
        a pipeline, not for its sync). The library's own method lets what is raised after the hook out of the
        transaction only once that has ended, which commits the hook's rows without their events.
        """
        with self.datastore.get_connection() as conn, conn.cursor() as curs:
            try:
                with conn.pipeline(), conn.transaction(), conn.cursor() as others:
                    self._insert_events(others, stored_events, **kwargs)
                    if stored_events:
                        self._insert_stored_events(curs, stored_events)
                    _write_mails(others, kwargs.get("writes"))
            except PsycopgError:
                # The library's transaction has ended, the database's may still wait for its rollback.
                if conn.info.transaction_status == TransactionStatus.INERROR:
                    conn.rollback()
                raise
            return self._fetch_ids_after_insert_events(curs, stored_events) if stored_events else []

    def insert_within(self, curs: Cursor[Row], stored_events: Sequence[StoredEvent], writes: Writes) -> None:
        """Write in the caller's own transaction, as `insert_events` does in one of its own."""
        self._insert_events(curs, stored_events, writes=writes)
        if stored_events:
            self._insert_stored_events(curs, stored_events)
        _write_mails(curs, writes)

    def _insert_stored_events(self, curs: Cursor[Row], stored_events: Sequence[StoredEvent], **_: Any) -> None:
        """The library's lock and notification, and the rows as binary arrays, which cost both sides a tenth."""
        self._lock_table(curs)
        self._notify_channel(curs)
        log.insert(curs, stored_events)

    def _insert_events(
        self,
        curs: Cursor[Row],
        stored_events: Sequence[StoredEvent],
        *,
        writes: Writes | None = None,
        tracking: None = None,
        **unknown: Any,
    ) -> None:
        if unknown or tracking is not None:
            raise TypeError(f"the recorder does not know {', '.join(unknown) or 'tracking'}")
        if writes is not None:
            _write_lanes(curs, writes)
            _write_entries(curs, writes)
            _write_beside(curs, writes)
        super()._insert_events(curs, stored_events)


def _write_mails(curs: Cursor[Row], writes: Writes | None) -> None:
    """Mails come last: many writers ask for the same one, and behind the log's lock they take turns."""
    if writes is None:
        return
    if writes.chosen_recipients:
        mail_requests.hand_on(curs, writes.chosen_recipients)
    if writes.alerts:
        mail_requests.insert(curs, writes.alerts)
    if writes.sent_mail:
        mails.done(curs, writes.sent_mail)


def _write_lanes(curs: Cursor[Row], writes: Writes) -> None:
    if writes.accounts:
        lanes.ensure(curs, writes.accounts)
    if writes.gates:
        lanes.set_gates(curs, writes.gates)
    if writes.leaving:
        organisation_bindings.leave(curs, writes.leaving)
    if writes.organisations:
        lanes.set_organisations(
            curs, {connection_id(a): organisation for a, organisation in writes.organisations.items()}
        )
        organisation_bindings.bind(curs, writes.organisations)
    if writes.heard:
        lane_calls.heard(curs, writes.heard)
    if writes.activity_of:
        lanes.touch_activity(curs, writes.activity_of)


def _write_entries(curs: Cursor[Row], writes: Writes) -> None:
    if writes.closed:
        outbox.close(curs, writes.closed)
        outbox.wake_waiting(curs, [c.entry_id for c in writes.closed])
    if writes.reopened:
        outbox.reopen(curs, writes.reopened)
    if writes.entries:
        outbox.insert(curs, writes.entries)
    if writes.finished_delivery:
        deliveries.finish(curs, writes.finished_delivery)


def _write_beside(curs: Cursor[Row], writes: Writes) -> None:
    if writes.new_grant:
        grants.insert_within(curs, writes.new_grant)
    if writes.ended_grants:
        removals.end(curs, writes.ended_grants)
        grants.destroy_within(curs, list(writes.ended_grants))
    if writes.ended_removals:
        removals.end(curs, writes.ended_removals)
    if writes.texts:
        sealed_texts.insert_invoice_texts(curs, writes.texts)
    if writes.answers:
        sealed_texts.insert_answers(curs, writes.answers)
    if writes.contacts:
        sealed_texts.upsert_contacts(curs, writes.contacts)
    if writes.commands:
        commands.insert(curs, writes.commands)
    if writes.identities:
        identities.insert(curs, writes.identities)
    if writes.links:
        linked_contacts.follow(curs, writes.links)
    if writes.addresses:
        recipients.insert(curs, writes.addresses)
    if writes.chosen_recipients:
        recipients.keep_only(curs, writes.chosen_recipients)
