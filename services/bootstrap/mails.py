"""What tells people: who gets an account's mails, what they say, and the server they are given to."""

from functools import cached_property

from adapters.smtp.server import MailServer
from services.bootstrap.ground import Ground
from services.mailing.alert_recipients import AlertRecipients
from services.mailing.customers import Customers
from services.mailing.letter import Letters
from services.mailing.mailer import Mailer
from services.mailing.matters import Matters
from services.mailing.post_office import mail_server, sender_of
from services.mailing.sent_alerts import SentAlerts, TryMail
from services.mailing.still_open import StillOpen


class Mails(Ground):
    """Everything between the outbox and people's mailboxes."""

    @cached_property
    def alert_recipients(self) -> AlertRecipients:
        """Who gets an account's mails."""
        return AlertRecipients(self.store, self.account_keys, self.handling)

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
        return TryMail(self.store, self.alert_recipients, Letters(sender), self._mail_server, sender, new_id, home_page)

    @cached_property
    def customers(self) -> Customers:
        """What customers are called."""
        return Customers(self.store, self.account_keys)

    @cached_property
    def mailer(self) -> Mailer:
        """Sends mails."""
        sender = sender_of(self.settings)
        return self._parts.mailer(
            self.store,
            self.account_keys,
            Matters(self.store, self.read, self.answer_words, self.customers, self.settings.public_url),
            StillOpen(self.store, self.read),
            Letters(sender),
            self._mail_server,
            sender,
            self._parts.new_id,
            self.settings.sweep_interval,
            self._parts.chance,
            support=self.settings.support_mail,
        )

    def _mail_server(self) -> MailServer:
        return self.mail_server
