"""The simulated Xero of a machine without one: where it runs, and settings that point at it.

Only an engine that is told nothing of Xero and of a database uses it; a client id in the settings means the real Xero.
"""

from pathlib import Path
from typing import Final

import msgspec

from adapters.vault.secret import Secret
from services.settings import Settings

CLIENT_ID: Final = "simulator-client"
CLIENT_SECRET: Final = "simulator-secret"
FILE_NAME: Final = "local-xero.json"

SHORT_READ_TIMEOUT: Final = 3.0
SHORT_LEASE: Final = 8.0
SHORT_QUIET: Final = 3.0
SHORT_SWEEP: Final = 0.5
"""Times that make a story short. They hold because the simulator commits at most one second late; Xero may not."""


class LocalXero(msgspec.Struct, frozen=True):
    """A running simulator: its API and, apart from it, its control surface."""

    api_url: str
    control_url: str


def announce(home: Path, local: LocalXero) -> None:
    """Let the other commands of this home find the simulator."""
    (home / FILE_NAME).write_bytes(msgspec.json.encode(local))


def withdraw(home: Path) -> None:
    """The simulator is gone."""
    (home / FILE_NAME).unlink(missing_ok=True)


def found(home: Path) -> LocalXero | None:
    """The simulator of this home, if one was announced."""
    try:
        return msgspec.json.decode((home / FILE_NAME).read_bytes(), type=LocalXero)
    except (OSError, msgspec.MsgspecError):
        return None


def is_wanted(settings: Settings) -> bool:
    """Whether these settings leave Xero to us."""
    return settings.embedded and settings.client_id is None


def pointed_at(settings: Settings, local: LocalXero) -> Settings:
    """The same settings with the simulator as Xero, and short times."""
    return msgspec.structs.replace(
        settings,
        api_url=local.api_url,
        identity_url=local.api_url,
        login_url=local.api_url,
        client_id=CLIENT_ID,
        client_secret=Secret(CLIENT_SECRET),
        read_timeout=SHORT_READ_TIMEOUT,
        lease=SHORT_LEASE,
        quiet=SHORT_QUIET,
        sweep_interval=SHORT_SWEEP,
    )
