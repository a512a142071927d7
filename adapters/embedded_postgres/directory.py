"""Directories of ours on the way to the data."""

import contextlib
import os
from pathlib import Path


def make_directory(directory: Path) -> None:
    """Make a directory and its missing parents, whatever the umask; those that exist stay as they are.

    Root's can be passed by everybody, since the server runs under another account; an ordinary user's are his alone.
    """
    mode = 0o755 if os.geteuid() == 0 else 0o700
    missing = [step for step in (directory, *directory.parents) if not step.exists()]
    for step in reversed(missing):
        with contextlib.suppress(FileExistsError):
            step.mkdir()
            step.chmod(mode)
