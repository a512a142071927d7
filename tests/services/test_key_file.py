"""The key file of an engine with the embedded database."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.key_file import keyring_of
from services.settings import Settings, SettingsError, load_settings

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def embedded(home: Path, **more: str) -> Settings:
    return load_settings(
        {"KYRIOS_XERO_HOME": str(home), **{f"KYRIOS_XERO_{name}": text for name, text in more.items()}}
    )


def test_the_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    settings = embedded(tmp_path / "home")
    (key,) = keyring_of(settings)
    assert keyring_of(settings)[0].key_bytes() == key.key_bytes()
    assert len(key.key_bytes()) == 32
    assert stat.S_IMODE((tmp_path / "home" / "secret-keys").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret-keys"]


def test_whoever_comes_at_once_gets_the_same_key(tmp_path: Path) -> None:
    settings = embedded(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: keyring_of(settings)[0].key_bytes(), range(8)))
    assert len(set(keys)) == 1


def test_given_keys_need_no_file(tmp_path: Path) -> None:
    assert keyring_of(embedded(tmp_path, SECRET_KEYS=f"mine:{KEY}"))[0].key_id == "mine"
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_ones_own_needs_keys_of_ones_own(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="KYRIOS_XERO_SECRET_KEYS must be given together"):
        keyring_of(embedded(tmp_path, DATABASE_URL="postgresql://db/kyrios"))


def test_a_key_file_others_can_read_is_refused(tmp_path: Path) -> None:
    settings = embedded(tmp_path)
    keyring_of(settings)
    (tmp_path / "secret-keys").chmod(0o644)
    with pytest.raises(SettingsError, match="can be read by others"):
        keyring_of(settings)


def test_a_spoilt_key_file_is_refused_without_repeating_it(tmp_path: Path) -> None:
    (tmp_path / "secret-keys").write_text("no keyring")
    (tmp_path / "secret-keys").chmod(0o600)
    with pytest.raises(SettingsError) as refused:
        keyring_of(embedded(tmp_path))
    assert "no keyring" not in str(refused.value)
