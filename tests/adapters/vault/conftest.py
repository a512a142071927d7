"""What tests of the vault ask for: a migrated database and a keyring."""

from collections.abc import Iterator

import pytest

from adapters.vault.keyring import Keyring
from tests.adapters.vault.database import Database, opened


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url) as database:
        yield database


@pytest.fixture
def keyring() -> Keyring:
    return Keyring({"k1": bytes(range(32))})
