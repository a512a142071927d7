"""A PostgreSQL cluster of one's own, shared by whoever uses it at the same time.

Its life follows three locks, which the kernel gives back however a process ends:

    launch.lock   one process at a time creates, starts or stops
    users.lock    every user holds it shared; who can take it alone is the last one, and the last one out stops it all
    server.lock   the server's own processes hold it; free means that nothing of it lives

So it does not matter who started the server. If that process is killed, the server lives on for the others, and if
nobody is left, the next user attaches to it and, leaving as the last, stops it. If the server is killed, the next
`start` finds the lock free, clears what the dead one left, and PostgreSQL recovers every committed row.
"""

import secrets
import shutil
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from adapters.embedded_postgres.account import account_for
from adapters.embedded_postgres.directory import make_directory
from adapters.embedded_postgres.errors import PostgresUnavailable
from adapters.embedded_postgres.initdb import OWNER_ROLE, UNFINISHED, ensure_data
from adapters.embedded_postgres.layout import PORT, Layout
from adapters.embedded_postgres.lock import POLL_SECONDS, FileLock
from adapters.embedded_postgres.open_place import OPEN_PLACE, reachable
from adapters.embedded_postgres.postmaster import Postmaster
from adapters.embedded_postgres.runtime import find_runtime

DATABASE = "kyrios_xero"
LAUNCH_SECONDS = 180.0
CONNECT_SECONDS = 10
REFUSING_SECONDS = 5.0
"""How long a server that says it is ready may refuse us: until its own word catches up with its beginning to stop."""


class Cluster:
    """The cluster below `home`: created when it is missing, started when it does not run, stopped by its last user.

    `durable=False` (tests only) trades what survives a power cut for speed; it binds whoever starts the server.
    `bin_dir` names other programs than the wheel's. `open_place` is where root keeps what its stand-in must reach.
    One object is used by one thread at a time; every failure is a PostgresUnavailable with one sentence.
    """

    def __init__(
        self, home: Path, *, durable: bool = True, bin_dir: Path | None = None, open_place: Path = OPEN_PLACE
    ) -> None:
        self._home = home.expanduser().absolute()
        self._durable = durable
        self._bin_dir = bin_dir
        self._open_place = open_place
        self._layout: Layout | None = None
        self._postmaster: Postmaster | None = None
        self._use: FileLock | None = None
        self._launched = False

    @property
    def launched(self) -> bool:
        """Whether this object started the server (else it found one running)."""
        return self._launched

    def start(self) -> str:
        """Have the server running and our database in it; return the database's URL. Started already: the same URL."""
        if self._use is not None:
            return self.url()
        try:
            return self._start()
        except OSError as error:
            why = f"{error.strerror}: {error.filename}" if error.filename else str(error)
            raise PostgresUnavailable(f"PostgreSQL could not be set up below {self._home}: {why}.") from error

    def stop(self) -> None:
        """Leave the cluster; the last user stops the server and waits until it is down. Not started: nothing to do."""
        if self._use is None:
            return
        with self._launching():
            self._leave()

    def destroy(self) -> None:
        """Leave, and delete the cluster with all its data: for homes made for one demonstration or test.

        It need not have been started: a server that a killed process left behind is ended first. The data lose their
        name before they are deleted, so that a deletion that is killed half-way leaves nothing that looks like data.
        """
        self.stop()
        with self._launching():
            layout = self._layout or self._find_layout()
            self._end_if_nobody_uses_it(layout)
            if layout.data.exists():
                layout.data.rename(layout.data.with_name(f"{UNFINISHED}gone-{secrets.token_hex(4)}"))
            shutil.rmtree(layout.socket, ignore_errors=True)
            shutil.rmtree(layout.room, ignore_errors=True)
            shutil.rmtree(layout.base, ignore_errors=True)

    def url(self, database: str = DATABASE) -> str:
        """The libpq URL of one database of the started cluster: `postgresql://kyrios@/name?host=DIRECTORY&port=5432`."""
        if self._layout is None or self._use is None:
            raise PostgresUnavailable(f"The PostgreSQL below {self._home} has not been started.")
        host = quote(str(self._layout.socket), safe="/")
        return f"postgresql://{OWNER_ROLE}@/{quote(database, safe='')}?host={host}&port={PORT}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, empty or as a copy of one that nobody is connected to; return its URL."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template or "template0")
        )
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
            connection.execute(statement)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, disconnecting whoever uses it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
            connection.execute(statement)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _end_if_nobody_uses_it(self, layout: Layout) -> None:
        with FileLock(layout.users_lock) as alone:
            if not alone.try_take():
                raise PostgresUnavailable(f"The database in {layout.data} is in use by another process.")
            server = Postmaster(layout, find_runtime(self._bin_dir), account_for(layout.data))
            if server.lives():
                server.end()

    def _find_layout(self) -> Layout:
        return Layout.of(self._home, find_runtime(self._bin_dir).major)

    def _launching(self) -> FileLock:
        layout = self._layout or self._find_layout()
        make_directory(layout.base)
        lock = FileLock(layout.launch_lock)
        lock.take(
            timeout=LAUNCH_SECONDS,
            complaint=f"Another process has been starting or stopping PostgreSQL in {layout.base} "
            f"for {LAUNCH_SECONDS:.0f} seconds.",
        )
        return lock

    def _start(self) -> str:
        with self._launching():
            runtime = find_runtime(self._bin_dir)
            found = self._find_layout()
            account = account_for(found.data)
            self._layout = layout = found.settled(account, self._open_place)
            ensure_data(
                layout, runtime := reachable(runtime, account, self._open_place), account, durable=self._durable
            )
            self._postmaster = Postmaster(layout, runtime, account)
            self._use = FileLock(layout.users_lock, shared=True)
            try:
                self._use.take(timeout=LAUNCH_SECONDS, complaint=f"{layout.users_lock} is locked by a stranger.")
                self._launched = self._bring_up(self._postmaster)
            except psycopg.Error as error:
                self._leave()
                raise PostgresUnavailable(f"The embedded PostgreSQL does not answer as expected: {error}") from error
            except BaseException:
                self._leave()
                raise
        return self.url()

    def _bring_up(self, postmaster: Postmaster) -> bool:
        """Have the server running with our database; say whether it was started. One that is stopping is waited for."""
        end = time.monotonic() + REFUSING_SECONDS
        while True:
            launched = postmaster.ensure(durable=self._durable)
            try:
                self._ensure_database()
            except psycopg.OperationalError:
                if launched or time.monotonic() > end:
                    raise
                time.sleep(POLL_SECONDS)
            else:
                return launched

    def _leave(self) -> None:
        """Give up our use; stop the server if nobody else uses it. Under the launch lock."""
        use, self._use = self._use, None
        if use is None or self._layout is None or self._postmaster is None:
            return
        use.release()
        with FileLock(self._layout.users_lock) as alone:
            if alone.try_take():
                self._postmaster.end()
            else:
                self._postmaster.leave_running()

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if known is None:
            self.create_database(DATABASE)
