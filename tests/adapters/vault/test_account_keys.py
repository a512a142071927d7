"""Each account has one key, made once, readable only under the keyring, and gone for good when it is destroyed."""

import hmac
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Barrier

import pytest

from adapters.vault.account_keys import AccountKeys, Erased, open_or_erased
from adapters.vault.errors import NotOpened, UnknownKey
from adapters.vault.keyring import Keyring
from tests.adapters.vault.database import Database


def test_an_account_gets_its_key_on_first_use_and_keeps_it(database: Database, keyring: Keyring) -> None:
    sealed = AccountKeys(database.begin, keyring).get("acme").seal("app.invoice_text", "inv-1", 1, b"consulting")
    after_restart = AccountKeys(database.begin, keyring).get("acme")
    assert after_restart.open("app.invoice_text", "inv-1", 1, sealed) == b"consulting"


def test_many_processes_asking_first_at_once_get_the_same_key(database: Database, keyring: Keyring) -> None:
    together = Barrier(8)

    def first_use(_: int) -> str:
        keys = AccountKeys(database.begin, keyring)
        together.wait(10)
        return keys.get("acme").hmac(b"text")

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(first_use, range(8)))) == 1
    assert database.rows("SELECT count(*) AS rows FROM app.account_key") == [{"rows": 1}]


def test_keys_of_many_accounts_come_together_and_differ(database: Database, keyring: Keyring) -> None:
    keys = AccountKeys(database.begin, keyring)
    known = keys.get("b")
    all_keys = keys.get_many(["c", "a", "b", "a"])
    assert sorted(all_keys) == ["a", "b", "c"]
    assert all_keys["b"] is known
    assert len({key.hmac(b"text") for key in all_keys.values()}) == 3


def test_one_accounts_text_does_not_open_under_anothers_key(database: Database, keyring: Keyring) -> None:
    keys = AccountKeys(database.begin, keyring).get_many(["acme", "other"])
    sealed = keys["acme"].seal("app.invoice_text", "inv-1", 1, b"consulting")
    with pytest.raises(NotOpened):
        keys["other"].open("app.invoice_text", "inv-1", 1, sealed)


def test_a_key_moved_to_another_accounts_row_does_not_open(database: Database, keyring: Keyring) -> None:
    AccountKeys(database.begin, keyring).get_many(["acme", "other"])
    with database.begin() as cursor:
        cursor.execute(
            "UPDATE app.account_key SET sealed_key = "
            "(SELECT sealed_key FROM app.account_key WHERE account_id = 'acme') "
            "WHERE account_id = 'other'"
        )
    with pytest.raises(NotOpened):
        AccountKeys(database.begin, keyring).get("other")


def test_a_hash_is_an_hmac_under_a_key_of_its_own(database: Database, keyring: Keyring) -> None:
    key = AccountKeys(database.begin, keyring).get("acme")
    assert key.hmac(b"text") == key.hmac(b"text")
    assert len(key.hmac(b"text")) == 64
    row = database.rows("SELECT sealed_key FROM app.account_key")[0]
    secret = keyring.open(bytes(row["sealed_key"]), AccountKeys._aad("acme"))
    assert key.hmac(b"text") != hmac.new(secret, b"text", sha256).hexdigest()


def test_a_destroyed_key_reads_as_erased(database: Database, keyring: Keyring) -> None:
    keys = AccountKeys(database.begin, keyring)
    sealed = keys.get("acme").seal("app.invoice_text", "inv-1", 1, b"consulting")
    keys.destroy("acme")
    assert keys.find("acme") is None
    found = open_or_erased(keys.find("acme"), "app.invoice_text", "inv-1", 1, sealed)
    assert found is Erased.ERASED
    assert str(found) == "[erased]"


def test_a_deleted_row_reads_as_erased_and_a_damaged_one_does_not(database: Database, keyring: Keyring) -> None:
    key = AccountKeys(database.begin, keyring).get("acme")
    assert open_or_erased(key, "app.invoice_text", "inv-1", 1, None) is Erased.ERASED
    with pytest.raises(NotOpened):
        open_or_erased(key, "app.invoice_text", "inv-1", 1, b"\x01\x02a1" + bytes(40))


def test_what_a_destroyed_key_sealed_never_opens_under_the_accounts_next_key(
    database: Database, keyring: Keyring
) -> None:
    keys = AccountKeys(database.begin, keyring)
    sealed = keys.get("acme").seal("app.invoice_text", "inv-1", 1, b"consulting")
    keys.destroy("acme")
    with pytest.raises(NotOpened):
        keys.get("acme").open("app.invoice_text", "inv-1", 1, sealed)


def test_an_account_key_sealed_under_a_missing_key_names_it(database: Database) -> None:
    AccountKeys(database.begin, Keyring({"old": bytes(32)})).get("acme")
    with pytest.raises(UnknownKey, match="'old'"):
        AccountKeys(database.begin, Keyring({"new": bytes(range(32))})).get("acme")


def test_nothing_readable_is_stored(database: Database, keyring: Keyring) -> None:
    key = AccountKeys(database.begin, keyring).get("acme")
    stored = bytes(database.rows("SELECT sealed_key FROM app.account_key")[0]["sealed_key"])
    assert len(stored) == 2 + len("k1") + 12 + 32 + 16
    assert repr(key) == "AccountKey(acme)"
