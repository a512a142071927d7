"""Where mails go: the mail server of the settings, or a folder on this machine where none is set."""

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from adapters.embedded_postgres.directory import make_directory
from adapters.smtp.address import server_address
from adapters.smtp.local_server import local_mail_server
from adapters.smtp.server import MailServer
from services.settings import Settings

LOG: Final = logging.getLogger(__name__)
LOCAL_SENDER: Final = "kyrios-xero@localhost"


def local_folder(settings: Settings) -> Path:
    """The folder (Maildir) mails are kept in while no mail server is set."""
    return settings.home / "mail"


def folder_of(settings: Settings) -> Path | None:
    """The folder (Maildir) mails are kept in; None if a mail server is set."""
    return local_folder(settings) if settings.smtp_url is None else None


def sender_of(settings: Settings) -> str:
    """The address all mails come from."""
    return settings.mail_from or LOCAL_SENDER


def mail_server(settings: Settings, until: ExitStack) -> MailServer:
    """The mail server; one of our own is started for as long as `until`."""
    if settings.smtp_url is not None:
        return MailServer(server_address(settings.smtp_url.reveal()))
    folder = local_folder(settings)
    make_directory(settings.home)
    LOG.warning("no mail server is set; mails are kept in %s", folder)
    return MailServer(until.enter_context(local_mail_server(folder)))
