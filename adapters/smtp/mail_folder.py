"""The folder (Maildir) our own mail server keeps mails in: removing those that nobody may read any more."""

import email
import mailbox
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from pathlib import Path


def remove_mails(folder: Path, unwanted: Callable[[EmailMessage], bool]) -> int:
    """Remove the mails that are unwanted; returns how many. A folder that is not there holds none."""
    if not (folder / "new").is_dir():
        return 0
    kept = mailbox.Maildir(folder, create=False)
    found = [key for key in kept.iterkeys() if unwanted(_message(kept, key))]
    for key in found:
        kept.discard(key)
    return len(found)


def _message(kept: mailbox.Maildir, key: str) -> EmailMessage:
    """A mail as it is read; an empty one if somebody removed it meanwhile."""
    try:
        return email.message_from_bytes(kept.get_bytes(key), policy=default)
    except KeyError:
        return EmailMessage()
