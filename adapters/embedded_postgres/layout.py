"""Which file of a cluster lies where.

    HOME/postgresql-18/launch.lock    held while somebody starts or stops the server
    HOME/postgresql-18/users.lock     shared by every process that uses the cluster
    HOME/postgresql-18/server.lock    held by the server's own processes
    HOME/postgresql-18/server.log     what the server said
    HOME/postgresql-18/elsewhere      only if the server's account cannot enter HOME: where data and socket are instead
    ROOM/data, ROOM/socket            ROOM is HOME/postgresql-18, or the room named in `elsewhere`

The major version is part of every path: another PostgreSQL never meets data that are not its own.
"""

import contextlib
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.errors import PostgresUnavailable
from adapters.embedded_postgres.open_place import room_in

PORT = 5432
LONGEST_SOCKET_PATH = 106
"""Bytes; a Unix socket's address holds 108 with the closing zero, and PostgreSQL wants one less."""

TEMPORARY = Path("/tmp")


@dataclass(frozen=True)
class Layout:
    """The paths of one cluster. `base` is ours; `room` is where the server's account keeps data and socket."""

    base: Path
    room: Path

    @classmethod
    def of(cls, home: Path, major: int) -> Self:
        """The layout below `home` as far as it has been decided already."""
        base = home / f"postgresql-{major}"
        pointer = base / "elsewhere"
        return cls(base=base, room=Path(pointer.read_text().strip()) if pointer.exists() else base)

    @property
    def launch_lock(self) -> Path:
        """Held exclusively while somebody starts or stops the server."""
        return self.base / "launch.lock"

    @property
    def users_lock(self) -> Path:
        """Held shared by every user of the cluster."""
        return self.base / "users.lock"

    @property
    def server_lock(self) -> Path:
        """Held by the processes of the server, or of its creation, through an inherited descriptor."""
        return self.base / "server.lock"

    @property
    def log(self) -> Path:
        """What the server and initdb said."""
        return self.base / "server.log"

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.room / "data"

    @property
    def pid_file(self) -> Path:
        """PostgreSQL's own lock file, with the server's process id and state."""
        return self.data / "postmaster.pid"

    @property
    def socket(self) -> Path:
        """The directory of the socket: in the room, or a short one under /tmp if that path would be too long."""
        usual = self.room / "socket"
        if len(os.fsencode(usual / f".s.PGSQL.{PORT}.lock")) <= LONGEST_SOCKET_PATH:
            return usual
        return TEMPORARY / f"kyrios-xero-{hashlib.sha256(os.fsencode(self.room)).hexdigest()[:16]}"

    def settled(self, account: Account, open_place: Path) -> "Layout":
        """The layout with a room that the account can enter; chosen once and written down in `elsewhere`."""
        if account.can_enter(self.room):
            return self
        if self.room != self.base or self.data.exists():
            raise PostgresUnavailable(
                f"The account {account.name} can no longer enter {self.room}, where its database is: "
                "open the way to it, or point KYRIOS_XERO_HOME to another directory."
            )
        # A random name, not one made from the path: a home that is deleted and made again is a new, empty cluster.
        room = room_in(open_place, "clusters", secrets.token_hex(8))
        pointer = self.base / "elsewhere"
        pointer.with_suffix(".new").write_text(f"{room}\n")
        pointer.with_suffix(".new").rename(pointer)
        return Layout(base=self.base, room=room)

    def make_socket_directory(self, account: Account) -> None:
        """Have the socket's directory, open to the server's account (and root) alone; a stranger's is refused."""
        directory = self.socket
        with contextlib.suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        seen = directory.lstat()
        if stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.geteuid():
            account.own(directory)
            seen = directory.lstat()
        if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != account.uid or seen.st_mode & 0o077:
            raise PostgresUnavailable(
                f"{directory}, where the database's socket belongs, must be a directory that only {account.name} "
                "can enter, and it is not: remove it."
            )
