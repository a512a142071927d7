"""The system account the server runs under.

PostgreSQL refuses to run as root. An ordinary user runs it as himself; root steps down to an unprivileged account that
exists already. Nothing is created on the system and no permission of an existing directory is changed.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from adapters.embedded_postgres.errors import PostgresUnavailable

CANDIDATES = ("kyrios-xero", "postgres", "nobody")
"""Accounts root may step down to, the most particular first: what runs as `nobody` is shared with strangers."""

PROBE_SECONDS = 30.0


class StepDown(TypedDict, total=False):
    """Arguments of subprocess.Popen that make a child run under the account; empty if it does anyway."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """Who owns the data and runs the server; `steps_down` if that is somebody else than we are."""

    uid: int
    gid: int
    name: str
    steps_down: bool

    def popen(self) -> StepDown:
        """How to start a child under this account."""
        if not self.steps_down:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, directory: Path) -> bool:
        """Whether the account can reach the directory; asked of the system itself, so that ACLs count as well."""
        return not self.steps_down or self._succeeds(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(directory)])

    def can_run(self, program: Path) -> bool:
        """Whether the account can execute the program (`--version`), its libraries included."""
        return self._succeeds([str(program), "--version"])

    def own(self, path: Path) -> None:
        """Give a directory of ours to the account."""
        if self.steps_down:
            os.chown(path, self.uid, self.gid)

    def _succeeds(self, command: list[str]) -> bool:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                cwd="/",
                env={},
                timeout=PROBE_SECONDS,
                **self.popen(),
            )
        except OSError:
            return False
        return done.returncode == 0


def account_for(data: Path) -> Account:
    """The account for this data directory: its owner if it exists, else ourselves or the one root steps down to."""
    me = os.geteuid()
    if data.exists():
        owner = data.stat().st_uid
        if owner != me and me != 0:
            raise PostgresUnavailable(
                f"The database in {data} belongs to the user {_name(owner) or owner}: run this as that user, "
                "or point KYRIOS_XERO_HOME to another directory."
            )
        return _account(owner, steps_down=owner != me)
    return _account(me, steps_down=False) if me != 0 else _unprivileged()


def _unprivileged() -> Account:
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return _account(entry.pw_uid, steps_down=True)
    raise PostgresUnavailable(
        f"PostgreSQL does not run as root and none of the accounts {', '.join(CANDIDATES)} exists: "
        "run this as an ordinary user, or set KYRIOS_XERO_DATABASE_URL."
    )


def _account(uid: int, *, steps_down: bool) -> Account:
    name = _name(uid)
    if uid == 0 or name is None:
        raise PostgresUnavailable(
            f"PostgreSQL needs a named account other than root, and the user id {uid} is none: "
            "run this as an ordinary user, or set KYRIOS_XERO_DATABASE_URL."
        )
    return Account(uid=uid, gid=pwd.getpwuid(uid).pw_gid, name=name, steps_down=steps_down)


def _name(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None
