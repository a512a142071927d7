"""The keyring of an engine that runs with the embedded database: a file of its own below the home.

With a database of one's own the keys are given as KYRIOS_XERO_SECRET_KEYS; a file that happens to lie on one of several
machines would be lost with it, and everything sealed along with it.
"""

import base64
import os
import secrets
import stat
from pathlib import Path

from adapters.embedded_postgres.directory import make_directory
from services.setting_readers import KEY_BYTES, NamedKey, named_keys
from services.settings import Settings, SettingsError

FILE_NAME = "secret-keys"
FIRST_KEY_ID = "local-1"


def keyring_of(settings: Settings) -> tuple[NamedKey, ...]:
    """The keys of these settings, the sealing one first; embedded and none given: the key file, made if missing."""
    if settings.secret_keys is not None:
        return settings.secret_keys
    if not settings.embedded:
        raise SettingsError(["KYRIOS_XERO_SECRET_KEYS must be given together with KYRIOS_XERO_DATABASE_URL."])
    return _read(_ensure(settings.home / FILE_NAME))


def _ensure(path: Path) -> Path:
    """Have the key file; whoever comes first makes it, whole or not at all."""
    if path.exists():
        return path
    make_directory(path.parent)
    encoded = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    unfinished = path.with_name(f".{FILE_NAME}-{secrets.token_hex(8)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:  # the link, unlike a rename, never replaces a key that another process has begun to seal with
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{FIRST_KEY_ID}:{encoded}\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
    return path


def _read(path: Path) -> tuple[NamedKey, ...]:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SettingsError([f"The key file {path} can be read by others: make it readable by its owner alone (0600)."])
    try:
        return named_keys(path.read_text().strip())
    except ValueError as fault:
        raise SettingsError([f"The key file {path} {fault}."]) from fault
