"""The engine: every use case is built here, on what sends and what tells, when it is first asked for."""

from collections.abc import Sequence
from functools import cached_property
from uuid import UUID

from domain.event import Actor
from services.actions.leaving_out import LeaveOut
from services.actions.perform import Actions
from services.actions.retry import Retry
from services.actions.voiding import Void
from services.audit.export import Export
from services.audit.past import Past
from services.audit.sent import SentDeliveries
from services.bootstrap.mails import Mails
from services.bootstrap.sending import Sending
from services.completeness.books import Books
from services.contacts.candidates import ContactCandidates
from services.contacts.feed import ContactFeed
from services.contacts.links import ContactLinks
from services.erasure.erase_contact import EraseContact
from services.inactivity import InactivityWatch
from services.mailing.post_office import local_folder
from services.older_invoices import OlderInvoices
from services.preview import PreviewInvoice
from services.projector import Projector
from services.queue_invoices import QueueInvoices
from services.set_up import SetUp
from services.webhook_hints import WebhookHints


class Engine(Sending, Mails):
    """The engine: its store, its use cases, its dispatcher. Each part is built when it is first asked for."""

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
        return Past(self.store, self.read, self.answer_words)

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
            self.answer_words,
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
        return EraseContact(self.store, self.account_keys, self.handling, local_folder(self.settings))

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
    def projector(self) -> Projector:
        """Folds the log into the projections."""
        return Projector(self.store, self.read)

    @cached_property
    def inactivity(self) -> InactivityWatch:
        """Warns of quiet connections, and cuts them."""
        return self._parts.inactivity(self.store, self.read, self._parts.new_id)
