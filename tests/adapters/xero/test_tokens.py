"""Access tokens are refreshed ahead of time, by one at a time, and survive lost answers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier, Event
from uuid import UUID

import httpx
import msgspec
import pytest

from adapters.vault.grants import Grant, Grants, Tokens
from adapters.vault.secret import Secret
from adapters.xero.errors import AuthorisationLost, NoToken
from adapters.xero.oauth import OAuthApp, XeroOAuth
from adapters.xero.tokens import TokenSource
from tests.adapters.vault.database import Database
from tests.adapters.vault.given_grants import destroy
from tests.adapters.xero.simulated import CALLBACK, World
from tests.examples import SCOPES

Pause = Callable[[float], None]


def refreshes(world: World) -> int:
    return len(world.control.requests("/connect/token")) - 1  # less the exchange of the code


LEASE = timedelta(seconds=60)
"""Of a refresh whose answer is lost; it does not run out while a busy machine goes through a test."""
PATIENCE = 60.0


def source(world: World, wait: Pause) -> TokenSource:
    return TokenSource(world.grants, world.oauth, lease=LEASE, patience=PATIENCE, wait=wait)


def nobody_waits(_: float) -> None:
    pytest.fail("nobody has to wait here")


@pytest.fixture
def connected(world: World, database: Database) -> World:
    database.advance(timedelta(0))
    world.connect()
    return world


def test_a_fresh_token_is_used_without_asking_anybody(connected: World) -> None:
    token = connected.tokens.access_token(connected.grant_id)
    assert token.version == 1
    assert refreshes(connected) == 0


def test_a_token_about_to_expire_is_refreshed_a_minute_ahead(connected: World, database: Database) -> None:
    database.advance(timedelta(minutes=29, seconds=1))
    token = source(connected, nobody_waits).access_token(connected.grant_id)
    assert token.version == 2
    assert refreshes(connected) == 1
    assert connected.grants.read(connected.grant_id).access_life == timedelta(minutes=30)


@pytest.mark.complaint(4)
def test_eight_callers_with_an_expired_token_refresh_it_once(connected: World, database: Database) -> None:
    database.advance(timedelta(hours=1))
    together = Barrier(8)

    def call(_: int) -> str:
        together.wait(PATIENCE)
        tokens = TokenSource(connected.grants, connected.oauth, patience=PATIENCE)
        return tokens.access_token(connected.grant_id).secret.reveal()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(call, range(8)))) == 1
    assert refreshes(connected) == 1


def test_eight_callers_whose_token_was_refused_refresh_it_once(connected: World) -> None:
    together = Barrier(8)

    def call(_: int) -> int:
        together.wait(PATIENCE)
        tokens = TokenSource(connected.grants, connected.oauth, patience=PATIENCE)
        return tokens.force_refresh(connected.grant_id, 1).version

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(call, range(8))) == {2}
    assert refreshes(connected) == 1


def test_a_refused_token_that_was_replaced_meanwhile_is_not_refreshed_again(connected: World) -> None:
    connected.tokens.force_refresh(connected.grant_id, 1)
    assert connected.tokens.force_refresh(connected.grant_id, 1).version == 2
    assert refreshes(connected) == 1


@pytest.mark.complaint(4)
def test_after_a_lost_refresh_answer_the_same_token_is_tried_again_when_the_lease_is_over(
    connected: World, database: Database
) -> None:
    connected.control.fault("answer_lost", method="POST", path="/connect/token")
    database.advance(timedelta(hours=1))
    with pytest.raises(NoToken, match="refresh_unclear"):
        source(connected, nobody_waits).access_token(connected.grant_id)
    database.advance(LEASE + timedelta(seconds=1))
    token = source(connected, nobody_waits).access_token(connected.grant_id)
    assert token.version == 2
    assert connected.session().organisation().base_currency == "NZD"
    assert refreshes(connected) == 2


def test_nobody_refreshes_while_a_lost_answers_lease_runs(connected: World, database: Database) -> None:
    connected.control.fault("answer_lost", method="POST", path="/connect/token")
    database.advance(timedelta(hours=1))
    with pytest.raises(NoToken):
        source(connected, nobody_waits).access_token(connected.grant_id)
    waits: list[float] = []

    def wait_until_the_lease_is_over(seconds: float) -> None:
        waits.append(seconds)
        assert refreshes(connected) == 1
        if len(waits) == 3:
            database.advance(LEASE + timedelta(seconds=1))

    assert source(connected, wait_until_the_lease_is_over).access_token(connected.grant_id).version == 2
    assert len(waits) == 3


def test_a_token_that_still_lives_serves_while_another_refreshes(connected: World, database: Database) -> None:
    database.advance(timedelta(minutes=29, seconds=30))
    assert connected.grants.claim_refresh(connected.grant_id, 1, timedelta(seconds=45))
    assert source(connected, nobody_waits).access_token(connected.grant_id).version == 1


def test_another_that_refreshes_for_long_is_waited_for_two_seconds_and_not_for_its_lease(
    connected: World, database: Database
) -> None:
    database.advance(timedelta(hours=1))
    assert connected.grants.claim_refresh(connected.grant_id, 1, timedelta(hours=1))
    passed, waits = [0.0], list[float]()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        passed[0] += seconds

    tokens = TokenSource(connected.grants, connected.oauth, wait=wait, monotonic=lambda: passed[0])
    with pytest.raises(NoToken, match="refresh_elsewhere"):
        tokens.access_token(connected.grant_id)
    assert 2.0 <= sum(waits) < 2.2
    assert refreshes(connected) == 0


@pytest.mark.parametrize("kind", ["http_500_before", "http_503", "reset"])
def test_a_failing_identity_server_is_no_token_now_and_no_lost_authorisation(
    connected: World, database: Database, kind: str
) -> None:
    connected.control.fault(kind, method="POST", path="/connect/token")
    database.advance(timedelta(hours=1))
    with pytest.raises(NoToken):
        connected.tokens.access_token(connected.grant_id)
    database.advance(timedelta(seconds=6))
    assert connected.tokens.access_token(connected.grant_id).version == 2


def test_a_refresh_that_never_went_out_gives_its_lease_back(
    connected: World, grants: Grants, database: Database
) -> None:
    database.advance(timedelta(hours=1))
    app = OAuthApp(
        client_id="id",
        client_secret=Secret("s"),
        redirect_uri=CALLBACK,
        scopes=SCOPES,
        identity_url="http://127.0.0.1:9",
    )
    unreachable = TokenSource(grants, XeroOAuth(connected.http, app), wait=nobody_waits)
    with pytest.raises(NoToken, match="identity_unreachable"):
        unreachable.access_token(connected.grant_id)
    assert source(connected, nobody_waits).access_token(connected.grant_id).version == 2


def test_a_limited_identity_server_is_no_token_now_with_the_time_to_wait(
    connected: World, grants: Grants, database: Database
) -> None:
    database.advance(timedelta(hours=1))
    limited = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(429, headers={"Retry-After": "30"})))
    app = OAuthApp(client_id="id", client_secret=Secret("s"), redirect_uri=CALLBACK, scopes=SCOPES)
    with pytest.raises(NoToken) as refusal:
        TokenSource(grants, XeroOAuth(limited, app), wait=nobody_waits).access_token(connected.grant_id)
    assert refusal.value.retry_after == 30
    assert source(connected, nobody_waits).access_token(connected.grant_id).version == 2


def test_revoked_tokens_mean_the_authorisation_is_lost(connected: World, database: Database) -> None:
    connected.oauth.revoke(connected.grants.read(connected.grant_id).tokens.refresh_token)
    database.advance(timedelta(hours=1))
    with pytest.raises(AuthorisationLost, match="invalid_grant"):
        connected.tokens.access_token(connected.grant_id)


def test_of_many_who_need_tokens_that_are_dead_one_asks_and_all_are_told(connected: World, database: Database) -> None:
    seen = connected.grants.read(connected.grant_id)
    connected.oauth.revoke(seen.tokens.refresh_token)
    database.advance(timedelta(hours=1))
    for _ in range(10):
        with pytest.raises(AuthorisationLost, match="invalid_grant"):
            connected.tokens.access_token(connected.grant_id)
    with pytest.raises(AuthorisationLost, match="invalid_grant"):
        source(connected, lambda _: None)._refreshed(seen, still_good=None)
    assert refreshes(connected) == 1


def test_destroyed_tokens_mean_the_authorisation_is_lost(connected: World) -> None:
    destroy(connected.grants, connected.grant_id)
    with pytest.raises(AuthorisationLost, match="no_tokens_kept"):
        connected.tokens.access_token(connected.grant_id)


class ForgetsTheVersion(Grants):
    """A control: whoever gets the lease may refresh, whatever has happened since the grant was read."""

    def claim_refresh(self, grant_id: UUID, token_version: int, lease: timedelta) -> datetime | None:
        """Claim for whatever version there is now."""
        return super().claim_refresh(grant_id, self.read(grant_id).token_version, lease)

    def store_refreshed(self, grant: Grant, tokens: Tokens, access_life: timedelta) -> bool:
        """Store over whatever version there is now."""
        now = msgspec.structs.replace(grant, token_version=self.read(grant.grant_id).token_version)
        return super().store_refreshed(now, tokens, access_life)


@pytest.mark.parametrize(("kept_by", "asked"), [(Grants, 1), (ForgetsTheVersion, 2)])
def test_without_the_version_one_who_comes_late_refreshes_again_with_a_token_that_was_used(
    connected: World, database: Database, kept_by: type[Grants], asked: int
) -> None:
    """Both have seen the same expired token; the late one looks again when the other has refreshed already."""
    database.advance(timedelta(hours=1))
    grants = kept_by(database.begin, connected.grants._keyring)
    late = grants.read(connected.grant_id)
    tokens = TokenSource(grants, connected.oauth, lease=LEASE, patience=PATIENCE, wait=lambda _: None)
    first = tokens.access_token(connected.grant_id)
    second = tokens._refreshed(late, still_good=None)
    assert refreshes(connected) == asked
    assert (first.secret.reveal() == second.secret.reveal()) is (asked == 1)


def test_nobody_waits_for_anothers_refresh_in_a_process_that_ends(connected: World, database: Database) -> None:
    database.advance(timedelta(hours=1))
    assert connected.grants.claim_refresh(connected.grant_id, 1, timedelta(hours=1))
    stopping = Event()
    stopping.set()
    with pytest.raises(NoToken):
        TokenSource(connected.grants, connected.oauth, stopping=stopping).access_token(connected.grant_id)
    assert refreshes(connected) == 0


def test_tokens_that_another_process_overtook_are_not_used(connected: World, database: Database) -> None:
    """Frozen past its lease, a process answers late: what counts is what was stored."""
    database.advance(timedelta(hours=1))
    slow, stored = connected.grants.read(connected.grant_id), connected.tokens.access_token(connected.grant_id)
    late = connected.tokens._refresh(slow, database.rows("SELECT app.now() AS now")[0]["now"])
    assert late.version == 2
    assert late.secret.reveal() == stored.secret.reveal()


def test_a_dead_refresh_token_is_replaced_by_the_one_before_while_xero_accepts_it(
    connected: World, database: Database
) -> None:
    grant = connected.grants.read(connected.grant_id)
    dead = connected.tokens.force_refresh(connected.grant_id, 1)
    # A second refresh of the same token, whose answer nobody kept: with Xero's last word winning, ours is dead.
    connected.oauth.refresh(grant.tokens.refresh_token)
    token = connected.tokens.force_refresh(connected.grant_id, dead.version)
    assert token.version == 3
    assert connected.session().organisation().country == "NZ"
