"""The owner's letter box: the folder (Maildir) of the local mail server, read as mail programs do."""

import mailbox
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import takewhile
from pathlib import Path
from typing import Final, NamedTuple

FOOTER: Final = "--"
"""The line that parts a mail from what stands below every mail."""


class Letter(NamedTuple):
    """A mail as its reader sees it: to whom, the subject, and the lines of its text."""

    to: str
    subject: str
    lines: tuple[str, ...]


class LetterBox:
    """Gives each mail once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: set[str] = set()

    def new(self) -> list[Letter]:
        """The mails that have come since the last time, by their subjects."""
        return sorted(self._unread(), key=lambda letter: letter.subject)

    def _unread(self) -> Iterator[Letter]:
        if not self._folder.exists():
            return
        box = mailbox.Maildir(self._folder, create=False)
        for key in sorted(set(box.keys()) - self._read):
            self._read.add(key)
            yield _opened(box.get_bytes(key))


def _opened(raw: bytes) -> Letter:
    mail = message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage), "the policy makes mails of this kind"
    body = mail.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    lines = [line.rstrip() for line in text.splitlines()]
    above = takewhile(lambda line: line != FOOTER, lines)
    return Letter(to=str(mail["To"]), subject=str(mail["Subject"]).strip(), lines=tuple(filter(None, above)))
