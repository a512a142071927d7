"""The creation of a data directory, all or nothing.

initdb works under a temporary name that is renamed when it is complete: whatever is called `data` can be started, and
an initdb that was killed half-way leaves a directory that the next one removes.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.errors import PostgresUnavailable
from adapters.embedded_postgres.layout import Layout
from adapters.embedded_postgres.lock import FileLock
from adapters.embedded_postgres.runtime import Runtime

OWNER_ROLE = "kyrios"
UNFINISHED = "data.new-"
INITDB_SECONDS = 300.0
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""All that initdb and the server see: a stray PGDATA, PGOPTIONS or LD_LIBRARY_PATH of the caller means nothing here."""


def ensure_data(layout: Layout, runtime: Runtime, account: Account, *, durable: bool) -> None:
    """Create the data directory if there is none; refuse one of another major version. Under the launch lock."""
    if layout.data.exists():
        _check_version(layout.data, runtime.major)
        return
    with FileLock(layout.server_lock) as lock:
        # initdb inherits the lock: one that outlived its killed starter is waited for, not raced against.
        lock.take(timeout=INITDB_SECONDS, complaint=f"An earlier creation of {layout.data} is still at work.")
        for leftover in layout.room.glob(f"{UNFINISHED}*"):
            shutil.rmtree(leftover)
        _create(layout, runtime, account, lock, durable=durable)


def _create(layout: Layout, runtime: Runtime, account: Account, lock: FileLock, *, durable: bool) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=layout.room))
    try:
        account.own(unfinished)
        _run(_command(unfinished, runtime, durable=durable), layout.log, account, lock)
        unfinished.rename(layout.data)
        if durable:
            _sync(layout.room)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _check_version(data: Path, major: int) -> None:
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        found = "no version"
    if found != str(major):
        raise PostgresUnavailable(
            f"{data} holds a database of PostgreSQL {found}, and the programs here are PostgreSQL {major}: "
            "point KYRIOS_XERO_HOME to another directory, or KYRIOS_XERO_PG_BIN to the programs it was made with."
        )


def _command(data: Path, runtime: Runtime, *, durable: bool) -> list[str]:
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if runtime.major >= 17 else []
    command = [str(runtime.program("initdb")), "-D", str(data), "-U", OWNER_ROLE, "--auth=trust", "--encoding=UTF8"]
    command += ["--no-locale", *locale, "--data-checksums", "--no-instructions"]
    return command if durable else [*command, "--no-sync"]


def _run(command: list[str], log: Path, account: Account, lock: FileLock) -> None:
    with log.open("ab") as said:
        start = said.tell()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
            pass_fds=(lock.descriptor,),
            **account.popen(),
        )
        try:
            status = process.wait(INITDB_SECONDS)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):  # it may have ended while we were told to stop
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if status != 0:
        raise PostgresUnavailable(
            f"PostgreSQL could not create its database: {last_words(log, start)} (all of it in {log})"
        )


def last_words(log: Path, start: int) -> str:
    """The first complaint in the log after byte `start`, else its last line; for the one sentence a person reads."""
    with log.open("rb") as said:
        said.seek(start)
        lines = [line.strip() for line in said.read().decode(errors="replace").splitlines() if line.strip()]
    complaints = [line for line in lines if "FATAL" in line or "error:" in line or "PANIC" in line]
    return (complaints or lines or ["it said nothing"])[0 if complaints else -1]


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
