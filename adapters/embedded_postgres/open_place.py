"""The one system directory everybody may pass through, for what an account that stepped down must reach.

A checkout in a closed home (0700) cannot be entered by the account root steps down to. Then the programs are copied
here, once, and the data live here. The user's own directories are never opened.
"""

import os
import shutil
import stat
import tempfile
from pathlib import Path

from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.directory import make_directory
from adapters.embedded_postgres.errors import PostgresUnavailable
from adapters.embedded_postgres.runtime import INSTALLATION, PACKAGE, Runtime

OPEN_PLACE = Path("/var/lib/kyrios-xero")
"""Owned by root, 0755; only ever used by root."""


def room_in(place: Path, *names: str) -> Path:
    """A directory below the open place, made with every step owned by root and passable, or refused."""
    room = place
    _make_passable(room)
    for name in names:
        room = room / name
        _make_passable(room)
    return room


def reachable(runtime: Runtime, account: Account, place: Path) -> Runtime:
    """The runtime itself if the account can run it, else its copy in the open place (made if it is not there yet)."""
    if not account.steps_down or account.can_run(runtime.program("postgres")):
        return runtime
    if runtime.wheel_version is None:
        raise PostgresUnavailable(
            f"The account {account.name} cannot run the programs in {runtime.bin_dir} (KYRIOS_XERO_PG_BIN): "
            "name a directory that it can reach."
        )
    copy = _copied(runtime, place)
    if not account.can_run(copy.program("postgres")):
        raise PostgresUnavailable(f"The account {account.name} cannot run the copied programs in {copy.bin_dir}.")
    return copy


def _copied(runtime: Runtime, place: Path) -> Runtime:
    shelf = room_in(place, "runtime")
    home = shelf / f"{PACKAGE}-{runtime.wheel_version}-{runtime.major}"
    if not home.exists():
        unfinished = Path(tempfile.mkdtemp(prefix=".copy-", dir=shelf))
        try:
            _copy_both_folders(runtime.site, unfinished)
            unfinished.chmod(0o755)
            unfinished.rename(home)
        except FileExistsError:
            pass  # another process finished the same copy first
        except OSError:
            if not home.exists():
                raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    _refuse_if_others_could_write(home)
    return Runtime(home / PACKAGE / INSTALLATION / "bin", runtime.major, runtime.wheel_version)


def _copy_both_folders(site: Path, target: Path) -> None:
    # The programs find libpq by a path relative to themselves, so the two folders must stay side by side.
    without_headers = shutil.ignore_patterns("include", "__pycache__")
    shutil.copytree(
        site / PACKAGE / INSTALLATION, target / PACKAGE / INSTALLATION, symlinks=True, ignore=without_headers
    )
    shutil.copytree(site / f"{PACKAGE}.libs", target / f"{PACKAGE}.libs", symlinks=True)
    for folder, _, files in os.walk(target):
        Path(folder).chmod(0o755)
        for name in files:
            file = Path(folder, name)
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & stat.S_IXUSR else 0o644)


def _make_passable(directory: Path) -> None:
    make_directory(directory)
    _refuse_if_others_could_write(directory)


def _refuse_if_others_could_write(directory: Path) -> None:
    seen = directory.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid() or seen.st_mode & 0o023 != 0o001:
        raise PostgresUnavailable(
            f"{directory} must be a directory of root's that others can pass through and not write to, and it is not: "
            "correct or remove it, or set KYRIOS_XERO_DATABASE_URL."
        )
