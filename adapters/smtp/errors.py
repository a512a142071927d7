"""What may become of a mail that was not clearly taken. Codes are the server's; its words are not kept.

MailTrouble
├── ServerAway          nothing was taken: no connection, or the server is busy; all mails may rest a little
├── SenderRefused       nothing was taken: our name, password, certificate or sender is refused; a person must look
├── RecipientRefused    nothing was taken: the server says for good that it has no such recipient
├── RelayRefused        nothing was taken: the server passes no mail of ours on to this recipient; the address is right
├── TakenLater          nothing was taken: the server asks to try this mail again later
├── MessageRefused      nothing was taken: the server refuses this very mail for good
├── TooLate             nothing was sent: our lease on the mail is nearly over
└── OutcomeUnclear      the connection broke after the mail was under way: it may have been taken (RFC 1047)
"""


class MailTrouble(Exception):
    """A mail was not clearly taken; `word` says why in one word, or is the server's code: 550, or 550 5.1.1."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class ServerAway(MailTrouble):
    """No mail can be given to the server just now."""


class SenderRefused(MailTrouble):
    """The server takes no mail from us, and will not until somebody changes something."""


class RecipientRefused(MailTrouble):
    """There is no such recipient."""


class RelayRefused(MailTrouble):
    """The server passes no mail on to this recipient, for our sake or its own: our name or sender, or its rules."""


class TakenLater(MailTrouble):
    """This mail is to be tried again later."""


class MessageRefused(MailTrouble):
    """This mail is refused for good."""


class TooLate(MailTrouble):
    """Nothing was sent, as another worker may soon own the mail."""


class OutcomeUnclear(MailTrouble):
    """The mail may have been taken."""
