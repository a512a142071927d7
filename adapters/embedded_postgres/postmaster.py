"""The server process: launched, recognised, awaited, ended.

Whether a server of this cluster lives is not read from process ids, which lie after kill -9 (a zombie, or a stranger
who got the same number): every process of the server holds `server.lock` through a descriptor it inherited, and the
kernel gives the lock back when the last of them is gone.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.errors import PostgresUnavailable
from adapters.embedded_postgres.initdb import ENVIRONMENT, last_words
from adapters.embedded_postgres.layout import PORT, Layout
from adapters.embedded_postgres.lock import POLL_SECONDS, FileLock
from adapters.embedded_postgres.runtime import Runtime

READY_SECONDS = 120.0
FAST_SECONDS = 30.0
IMMEDIATE_SECONDS = 30.0
LONGEST_LOG = 10_000_000
"""Bytes after which the log of earlier starts is put aside, once."""

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # What was refused is logged without the statement and without the values in its detail: they may be personal.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "jit": "off",
}
FORGETFUL = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class Postmaster:
    """The server of one cluster. Every method is called under the launch lock of that cluster."""

    def __init__(self, layout: Layout, runtime: Runtime, account: Account) -> None:
        self._layout = layout
        self._runtime = runtime
        self._account = account
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def lives(self) -> bool:
        """Whether any process of this cluster's server is left."""
        lock = FileLock(self._layout.server_lock)
        taken = lock.try_take()
        lock.release()
        return not taken

    def ensure(self, *, durable: bool) -> bool:
        """Return when the server takes connections; say whether it had to be started.

        Raises PostgresUnavailable when it gave up or needs too long. A server that is just dying is waited for.
        """
        end = time.monotonic() + READY_SECONDS
        launched = self._launch(durable=durable)
        while not self._is_ready():
            if not launched:
                launched = self._launch(durable=durable)
            elif not self.lives():
                words = last_words(self._layout.log, self._log_start)
                raise PostgresUnavailable(f"PostgreSQL did not start: {words} (all of it in {self._layout.log})")
            if time.monotonic() > end:
                raise PostgresUnavailable(
                    f"PostgreSQL in {self._layout.data} does not answer after {READY_SECONDS:.0f} seconds "
                    f"(see {self._layout.log})."
                )
            time.sleep(POLL_SECONDS)
        return launched

    def end(self) -> None:
        """Stop the server and wait until all of it is gone: fast first, at once if that does not help."""
        for order, patience in ((signal.SIGINT, FAST_SECONDS), (signal.SIGQUIT, IMMEDIATE_SECONDS)):
            pid = self._pid()
            if pid is not None and self.lives():
                _send(pid, order)
            if self._gone_within(patience):
                return
        raise PostgresUnavailable(f"PostgreSQL in {self._layout.data} could not be stopped (see {self._layout.log}).")

    def leave_running(self) -> None:
        """Let the server live on for others; if it is our child, its exit status is still collected when it ends."""
        if self._process is not None:
            threading.Thread(target=self._process.wait, name="postgres-exit", daemon=True).start()
            self._process = None

    def _launch(self, *, durable: bool) -> bool:
        """Start the server unless one lives; say whether one was started. It does not answer yet."""
        lock = FileLock(self._layout.server_lock)
        if not lock.try_take():
            return False
        try:
            self._clear_what_a_dead_server_left()
            self._layout.make_socket_directory(self._account)
            self._put_aside_a_long_log()
            with self._layout.log.open("ab") as said:
                self._log_start = said.tell()
                self._process = subprocess.Popen(
                    self._command(durable=durable),
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    cwd="/",
                    env=ENVIRONMENT,
                    # Its own session: Ctrl-C reaches whoever uses the server, and they end it after their work.
                    start_new_session=True,
                    pass_fds=(lock.descriptor,),
                    **self._account.popen(),
                )
        finally:
            lock.release()
        return True

    def _gone_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self.lives():
            if time.monotonic() > end:
                return False
            time.sleep(POLL_SECONDS)
        if self._process is not None:
            self._process.wait(FAST_SECONDS)
        return True

    def _pid(self) -> int | None:
        if self._process is not None and self._process.poll() is None:
            return self._process.pid
        recorded = _pid_in(self._layout.pid_file)
        return recorded if recorded is not None and _is_postgres(recorded) else None

    def _is_ready(self) -> bool:
        try:
            lines = self._layout.pid_file.read_text().splitlines()
        except FileNotFoundError:
            return False
        # The file's eighth line is the server's own word on its state.
        return len(lines) >= 8 and lines[7].strip() == "ready" and self._pid() == int(lines[0])

    def _clear_what_a_dead_server_left(self) -> None:
        """Remove lock files that would keep a new server from starting; no process of this cluster lives."""
        pid = _pid_in(self._layout.pid_file)
        if pid is not None and Path(f"/proc/{pid}").exists():
            if _is_postgres(pid) and str(self._layout.data) in _command_line(pid):
                raise PostgresUnavailable(
                    f"A PostgreSQL that was started by other means (process {pid}) runs on {self._layout.data}: "
                    "stop it first."
                )
            self._layout.pid_file.unlink()
        # A dead number is left to PostgreSQL itself, which also looks for shared memory still in use.
        if self._layout.socket.is_dir() and not self._layout.socket.is_symlink():
            for leftover in self._layout.socket.glob(f".s.PGSQL.{PORT}*"):
                leftover.unlink()

    def _put_aside_a_long_log(self) -> None:
        log = self._layout.log
        if log.exists() and log.stat().st_size > LONGEST_LOG:
            log.rename(log.with_suffix(".log.1"))

    def _command(self, *, durable: bool) -> list[str]:
        command = [str(self._runtime.program("postgres")), "-D", str(self._layout.data)]
        command += ["-k", str(self._layout.socket), "-p", str(PORT)]
        for name, value in (SETTINGS if durable else SETTINGS | FORGETFUL).items():
            command += ["-c", f"{name}={value}"]
        return command


def _pid_in(pid_file: Path) -> int | None:
    try:
        return abs(int(pid_file.read_text().split("\n", 1)[0]))
    except (FileNotFoundError, ValueError):
        return None


def _is_postgres(pid: int) -> bool:
    """Whether a live process of that number runs PostgreSQL; a zombie does not live."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return name == "postgres" and after_name[0] not in "ZX"


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _send(pid: int, order: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, order)
