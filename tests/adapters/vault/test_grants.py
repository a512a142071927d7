"""Grants: tokens are sealed, refreshed by one at a time, and kept for Xero's grace after a refresh."""

from datetime import timedelta
from uuid import UUID

import pytest

from adapters.vault.errors import GrantMissing, NotOpened
from adapters.vault.grants import Grants, Tokens
from adapters.vault.keyring import Keyring
from adapters.vault.secret import Secret
from tests.adapters.vault.database import Database
from tests.adapters.vault.given_grants import destroy, store

GRANT, OTHER = UUID(int=1), UUID(int=2)
HALF_AN_HOUR = timedelta(minutes=30)
LEASE = timedelta(seconds=45)


def tokens(name: str) -> Tokens:
    return Tokens(Secret(f"access-{name}"), Secret(f"refresh-{name}"))


def revealed(pair: Tokens | None) -> tuple[str, str] | None:
    return (pair.access_token.reveal(), pair.refresh_token.reveal()) if pair else None


@pytest.fixture
def grants(database: Database, keyring: Keyring) -> Grants:
    grants = Grants(database.begin, keyring)
    database.advance(timedelta(0))
    store(
        grants, grant_id=GRANT, account_id="acme", xero_user_id="user-1", tokens=tokens("1"), access_life=HALF_AN_HOUR
    )
    return grants


def test_a_grant_is_read_as_it_was_stored(grants: Grants) -> None:
    grant = grants.read(GRANT)
    assert (grant.account_id, grant.xero_user_id, grant.token_version) == ("acme", "user-1", 1)
    assert revealed(grant.tokens) == ("access-1", "refresh-1")
    assert grant.previous is None
    assert grant.access_life == HALF_AN_HOUR


def test_the_life_of_an_access_token_runs_out(grants: Grants, database: Database) -> None:
    database.advance(timedelta(minutes=31))
    assert grants.read(GRANT).access_life == -timedelta(minutes=1)


def test_no_token_is_readable_in_the_table(grants: Grants, database: Database) -> None:
    stored = repr(database.rows("SELECT * FROM app.xero_grant"))
    assert "access-1" not in stored
    assert "refresh-1" not in stored


def test_tokens_do_not_show_themselves(grants: Grants) -> None:
    assert "access-1" not in repr(grants.read(GRANT))
    assert "refresh-1" not in repr(grants.read(GRANT))


def test_one_of_two_gets_the_lease(grants: Grants) -> None:
    assert grants.claim_refresh(GRANT, 1, LEASE) is not None
    assert grants.claim_refresh(GRANT, 1, LEASE) is None


def test_a_lease_that_ran_out_can_be_claimed_again(grants: Grants, database: Database) -> None:
    grants.claim_refresh(GRANT, 1, LEASE)
    database.advance(LEASE + timedelta(seconds=1))
    assert grants.claim_refresh(GRANT, 1, LEASE) is not None


def test_a_released_lease_can_be_claimed_again(grants: Grants) -> None:
    claimed = grants.claim_refresh(GRANT, 1, LEASE)
    assert claimed is not None
    grants.release(GRANT, claimed)
    assert grants.claim_refresh(GRANT, 1, LEASE) is not None


def test_only_the_holder_of_a_lease_can_release_it(grants: Grants, database: Database) -> None:
    first = grants.claim_refresh(GRANT, 1, LEASE)
    database.advance(LEASE + timedelta(seconds=1))
    grants.claim_refresh(GRANT, 1, LEASE)
    assert first is not None
    grants.release(GRANT, first)
    assert grants.claim_refresh(GRANT, 1, LEASE) is None


def test_a_version_that_is_gone_cannot_be_claimed(grants: Grants) -> None:
    grants.store_refreshed(grants.read(GRANT), tokens("2"), HALF_AN_HOUR)
    assert grants.claim_refresh(GRANT, 1, LEASE) is None


def test_refreshed_tokens_replace_the_old_ones_and_end_the_lease(grants: Grants) -> None:
    grants.claim_refresh(GRANT, 1, LEASE)
    assert grants.store_refreshed(grants.read(GRANT), tokens("2"), HALF_AN_HOUR)
    grant = grants.read(GRANT)
    assert (revealed(grant.tokens), grant.token_version) == (("access-2", "refresh-2"), 2)
    assert grants.claim_refresh(GRANT, 2, LEASE) is not None


def test_of_two_refreshes_of_one_version_only_the_first_is_stored(grants: Grants) -> None:
    read = grants.read(GRANT)
    assert grants.store_refreshed(read, tokens("2"), HALF_AN_HOUR)
    assert not grants.store_refreshed(read, tokens("late"), HALF_AN_HOUR)
    assert revealed(grants.read(GRANT).tokens) == ("access-2", "refresh-2")


def test_the_previous_tokens_stay_for_thirty_minutes(grants: Grants, database: Database) -> None:
    grants.store_refreshed(grants.read(GRANT), tokens("2"), HALF_AN_HOUR)
    assert revealed(grants.read(GRANT).previous) == ("access-1", "refresh-1")
    database.advance(timedelta(minutes=30))
    assert grants.read(GRANT).previous is None


def test_tokens_moved_to_another_grant_do_not_open(grants: Grants, database: Database) -> None:
    store(
        grants, grant_id=OTHER, account_id="acme", xero_user_id="user-2", tokens=tokens("x"), access_life=HALF_AN_HOUR
    )
    with database.begin() as cursor:
        cursor.execute(
            "UPDATE app.xero_grant SET sealed_tokens = (SELECT sealed_tokens FROM app.xero_grant WHERE grant_id = %s) "
            "WHERE grant_id = %s",
            [OTHER, GRANT],
        )
    with pytest.raises(NotOpened):
        grants.read(GRANT)


def test_tokens_put_back_from_an_older_version_do_not_open(grants: Grants, database: Database) -> None:
    grants.store_refreshed(grants.read(GRANT), tokens("2"), HALF_AN_HOUR)
    with database.begin() as cursor:
        cursor.execute("UPDATE app.xero_grant SET sealed_tokens = previous_sealed_tokens")
    with pytest.raises(NotOpened):
        grants.read(GRANT)


def test_destroyed_tokens_are_gone_and_the_row_says_whose_they_were(grants: Grants, database: Database) -> None:
    grants.store_refreshed(grants.read(GRANT), tokens("2"), HALF_AN_HOUR)
    assert destroy(grants, GRANT)
    assert not destroy(grants, GRANT)
    with pytest.raises(GrantMissing, match=str(GRANT)):
        grants.read(GRANT)
    row = database.rows("SELECT xero_user_id, sealed_tokens, previous_sealed_tokens FROM app.xero_grant")[0]
    assert row == {"xero_user_id": "user-1", "sealed_tokens": None, "previous_sealed_tokens": None}


def test_a_refresh_under_way_does_not_bring_destroyed_tokens_back(grants: Grants) -> None:
    read = grants.read(GRANT)
    destroy(grants, GRANT)
    assert not grants.store_refreshed(read, tokens("2"), HALF_AN_HOUR)


def test_an_unknown_grant_is_named(grants: Grants) -> None:
    with pytest.raises(GrantMissing, match=str(OTHER)):
        grants.read(OTHER)


def test_a_users_other_live_grant_is_seen(grants: Grants) -> None:
    assert not grants.user_has_other_grant(GRANT)
    store(
        grants, grant_id=OTHER, account_id="other", xero_user_id="user-1", tokens=tokens("x"), access_life=HALF_AN_HOUR
    )
    assert grants.user_has_other_grant(GRANT)
    destroy(grants, OTHER)
    assert not grants.user_has_other_grant(GRANT)
