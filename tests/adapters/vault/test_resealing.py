"""Rows move to the first key of the keyring one by one, and nothing that happens to them meanwhile is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.vault.account_keys import AccountKeys
from adapters.vault.errors import UnknownKey
from adapters.vault.grants import Grants, Tokens
from adapters.vault.keyring import Keyring
from adapters.vault.oauth_states import OAuthStates, PendingConsent
from adapters.vault.sealed_table import Resealed, SealedTable
from adapters.vault.secret import Secret
from domain.event import Actor
from tests.adapters.vault.database import Database
from tests.adapters.vault.given_grants import destroy, store

OLD, NEW = {"old": bytes(range(32))}, {"new": bytes(range(32, 64))}
BEFORE, ROTATING, AFTER = Keyring(OLD), Keyring({**NEW, **OLD}), Keyring(NEW)
HALF_AN_HOUR = timedelta(minutes=30)
GRANT = UUID(int=1)
BROWSER = Secret("browser")


def tokens(name: str) -> Tokens:
    return Tokens(Secret(f"access-{name}"), Secret(f"refresh-{name}"))


def put_grant(database: Database, number: int = 1, keyring: Keyring = BEFORE) -> None:
    store(
        Grants(database.begin, keyring),
        grant_id=UUID(int=number),
        account_id=f"account-{number}",
        xero_user_id="user",
        tokens=tokens(f"{number}/1"),
        access_life=HALF_AN_HOUR,
    )


def put_key(database: Database, number: int = 1, keyring: Keyring = BEFORE) -> None:
    AccountKeys(database.begin, keyring).get(f"account-{number}")


def put_state(database: Database, number: int = 1, keyring: Keyring = BEFORE) -> None:
    states, ticket = OAuthStates(database.begin, keyring), Secret(f"ticket-{number}")
    states.invite(ticket, consent_id=UUID(int=number), account_id="acme", begun_by=Actor("owner"))
    verifier, state = Secret("verifier"), Secret(f"state-{number}")
    states.depart(ticket, state=state, browser=BROWSER, verifier=verifier, redirect_uri="http://localhost")


def everything(table: SealedTable, limit: int = 2) -> list[Resealed]:
    """Reseal to the end, in small batches."""
    batches = [table.reseal(None, limit)]
    while batches[-1].last is not None:
        batches.append(table.reseal(batches[-1].last, limit))
    return batches


KINDS: list[tuple[Any, Callable[..., None]]] = [
    (AccountKeys, put_key),
    (Grants, put_grant),
    (OAuthStates, put_state),
]


@pytest.mark.parametrize(("kind", "put"), KINDS)
def test_rows_move_in_batches_and_only_once(kind: Any, put: Callable[..., None], database: Database) -> None:
    for number in range(1, 6):
        put(database, number)
    put(database, 6, ROTATING)
    table: SealedTable = kind(database.begin, ROTATING)
    assert table.count_by_key() == {"old": 5, "new": 1}
    assert [batch.done for batch in everything(table)] == [2, 2, 1]
    assert table.count_by_key() == {"new": 6}
    assert everything(table) == [Resealed()]


@pytest.mark.parametrize(("kind", "put"), KINDS)
def test_a_key_that_is_missing_is_named_and_nothing_changes(
    kind: Any, put: Callable[..., None], database: Database
) -> None:
    put(database)
    with pytest.raises(UnknownKey, match="'old'"):
        kind(database.begin, AFTER).reseal(None, 2)
    assert kind(database.begin, AFTER).count_by_key() == {"old": 1}


def test_what_was_resealed_opens_with_the_new_key_alone(database: Database) -> None:
    put_grant(database)
    put_key(database)
    put_state(database)
    account_key = AccountKeys(database.begin, BEFORE).get("account-1")
    sealed = account_key.seal("t", "r", 1, b"text")
    for kind, _ in KINDS:
        everything(kind(database.begin, ROTATING))
    assert Grants(database.begin, AFTER).read(GRANT).tokens.refresh_token.reveal() == "refresh-1/1"
    assert AccountKeys(database.begin, AFTER).get("account-1").open("t", "r", 1, sealed) == b"text"
    pending = OAuthStates(database.begin, AFTER).take(Secret("state-1"), BROWSER)
    assert isinstance(pending, PendingConsent)
    assert pending.verifier is not None
    assert pending.verifier.reveal() == "verifier"


def test_tokens_in_their_grace_move_along_and_are_dropped_after_it(database: Database) -> None:
    database.advance(timedelta(0))
    for number in (1, 2):
        put_grant(database, number)
        old = Grants(database.begin, BEFORE)
        assert old.store_refreshed(old.read(UUID(int=number)), tokens(f"{number}/2"), HALF_AN_HOUR)
        if number == 1:
            everything(Grants(database.begin, ROTATING))
            previous = Grants(database.begin, AFTER).read(GRANT).previous
            assert previous is not None
            assert previous.refresh_token.reveal() == "refresh-1/1"
    database.advance(timedelta(minutes=31))
    assert Grants(database.begin, ROTATING).count_by_key() == {"new": 1, "old": 1}
    everything(Grants(database.begin, ROTATING))
    assert Grants(database.begin, AFTER).read(UUID(int=2)).previous is None
    (row,) = database.rows(
        "SELECT previous_sealed_tokens FROM app.xero_grant WHERE sealed_tokens IS NOT NULL LIMIT 1 OFFSET 1"
    )
    assert row["previous_sealed_tokens"] is None


def test_a_grant_whose_previous_tokens_alone_are_under_the_old_key_moves_too(database: Database) -> None:
    put_grant(database)
    rotating = Grants(database.begin, ROTATING)
    assert rotating.store_refreshed(rotating.read(GRANT), tokens("1/2"), HALF_AN_HOUR)
    assert rotating.count_by_key() == {"new": 1, "old": 1}
    assert everything(rotating)[0].done == 1
    assert rotating.count_by_key() == {"new": 1}


def test_neither_version_nor_lease_moves_so_a_refresh_under_way_is_stored(database: Database) -> None:
    put_grant(database)
    rotating = Grants(database.begin, ROTATING)
    read, claimed = rotating.read(GRANT), rotating.claim_refresh(GRANT, 1, timedelta(seconds=45))
    everything(rotating)
    assert rotating.claim_refresh(GRANT, 1, timedelta(seconds=45)) is None
    assert claimed is not None
    assert rotating.store_refreshed(read, tokens("1/2"), HALF_AN_HOUR)
    assert Grants(database.begin, AFTER).read(GRANT).tokens.refresh_token.reveal() == "refresh-1/2"


def test_destroyed_tokens_stay_destroyed(database: Database) -> None:
    put_grant(database)
    destroy(Grants(database.begin, BEFORE), GRANT)
    assert everything(Grants(database.begin, ROTATING)) == [Resealed()]
    assert Grants(database.begin, ROTATING).count_by_key() == {}


def test_a_row_that_does_not_open_stays_as_it_is_and_holds_nobody_up(database: Database) -> None:
    for number in (1, 2, 3):
        put_key(database, number)
    with database.begin() as cursor:
        cursor.execute(
            "UPDATE app.account_key SET sealed_key = (SELECT sealed_key FROM app.account_key "
            "WHERE account_id = 'account-1') WHERE account_id = 'account-2'"
        )
    batches = everything(AccountKeys(database.begin, ROTATING))
    assert [(batch.done, batch.unreadable) for batch in batches] == [(1, 1), (1, 0)]
    assert AccountKeys(database.begin, ROTATING).count_by_key() == {"new": 2, "old": 1}


def test_rows_that_hold_no_sealed_value_are_counted_under_no_key(database: Database) -> None:
    put_key(database)
    with database.begin() as cursor:
        cursor.execute("UPDATE app.account_key SET sealed_key = '\\x00'::bytea")
    assert AccountKeys(database.begin, ROTATING).count_by_key() == {"": 1}
