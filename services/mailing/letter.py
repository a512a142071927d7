"""How a mail reads: subject, text and HTML of a matter, and the exact bytes that are sent.

Everything that comes from outside is one line of plain text by then, and escaped in HTML; so nothing that somebody
wrote in Kyrios or Xero can become a header, a link or a tag.
"""

from collections.abc import Collection
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Final, Literal
from uuid import UUID, uuid5

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain.foreign_text import one_line
from services.mailing.matter import Listed, Matter

Reader = Literal["owner", "support"]
"""Who a mail is for: somebody the account tells, or whoever helps its owner."""

LONGEST_SUBJECT: Final = 180
_MESSAGE_IDS: Final = UUID("8d0a6c1e-6f3c-5b1f-9a53-0f6a3d0e7c06")
_BACKEND: Final = "whoever looks after the invoice in Kyrios"
_WHO: Final[dict[Reader, dict[str, str]]] = {
    "owner": {"owner": "you", "backend": _BACKEND, "support": "our support"},
    "support": {"owner": "the account's owner", "backend": _BACKEND, "support": "you"},
}
_WHY: Final[dict[Reader, str]] = {
    "owner": "this address is among those the account tells",
    "support": "this address is where this installation's support is told of what it must act on",
}
"""Why a reader gets a mail."""
_ONE_LINE_HEADERS: Final = SMTP.clone(max_line_length=LONGEST_SUBJECT + 20)
"""Folded, a long subject would begin with the blank of its second line."""
_SENDER_NAME: Final = "Kyrios"
_OF_ACCOUNT: Final = "of the Kyrios account "
"""What stands before the account at the end of each letter's text."""


class Letters:
    """Writes letters with the templates beside this file."""

    def __init__(self, sender: str) -> None:
        """`sender` is the address all mails come from."""
        self._sender = sender
        templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # Compiled here: letters are written inside a transaction, which may not stand still for long.
        self._text, self._html = templates.get_template("letter.txt"), templates.get_template("letter.html")

    def message_id(self, effect_key: str, issue: int) -> str:
        """The same for every try of one mail, and for no other mail."""
        return f"<{uuid5(_MESSAGE_IDS, f'{effect_key}/{issue}')}@{self._sender.rpartition('@')[2]}>"

    def write(
        self, matter: Matter, account_id: str, to: str, message_id: str, date: datetime, reader: Reader = "owner"
    ) -> bytes:
        """The bytes of a mail, as they go to the server. Support reads in the subject which account it is about."""
        said, subject = _plain(matter), one_line(matter.subject)
        if reader == "support":
            subject = f"{one_line(account_id)}: {subject}"
        message = EmailMessage(policy=_ONE_LINE_HEADERS)
        user, _, domain = self._sender.rpartition("@")
        message["From"] = Address(_SENDER_NAME, user, domain)
        message["To"] = to
        message["Subject"] = one_line(subject, LONGEST_SUBJECT)
        message["Date"] = date
        message["Message-ID"] = message_id
        message["Auto-Submitted"] = "auto-generated"
        facts: dict[str, object] = {
            "matter": said,
            "subject": subject,
            "account": one_line(account_id),
            "who": " or ".join(_WHO[reader][who] for who in said.who if who in _WHO[reader]),
            "why": _WHY[reader],
        }
        message.set_content(_spaced(self._text.render(facts)))
        message.add_alternative(self._html.render(facts), subtype="html")
        return message.as_bytes()


def names_invoice(mail: EmailMessage, account_id: str, numbers: Collection[str]) -> bool:
    """Whether a mail as we write it is about this account and lists an invoice of one of these numbers."""
    text = mail.get_body(("plain",))
    if text is None:
        return False
    lines = str(text.get_content()).splitlines()
    listed = tuple(f"  - {one_line(number)}, " for number in numbers)
    return any(line.endswith(f" {_OF_ACCOUNT}{one_line(account_id)}.") for line in lines) and any(
        line.startswith(listed) for line in lines
    )


def _plain(matter: Matter) -> Matter:
    """The matter with every text on one line; a link that is none of the web's leads nowhere."""
    listed = tuple(Listed(one_line(i.number), one_line(i.total), one_line(i.says)) for i in matter.invoices)
    link = one_line(matter.link, 2_000)
    return Matter(
        subject=one_line(matter.subject),
        opening=one_line(matter.opening),
        sentences=tuple(one_line(sentence) for sentence in matter.sentences),
        invoices=listed,
        more=matter.more,
        who=matter.who,
        then=one_line(matter.then),
        link=link if link.startswith(("https://", "http://")) else "",
        link_says=one_line(matter.link_says),
    )


def _spaced(text: str) -> str:
    """Paragraphs with one blank line between them."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).strip() + "\n"
