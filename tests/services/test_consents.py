"""Consents: links and answers that serve once, whatever comes back instead, and what is asked for and granted."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from adapters.simulator.server import Simulator
from adapters.vault.secret import Secret
from domain.causes import Cause
from services.set_up.connecting import WayToXero
from services.set_up.consent_results import Result
from services.views.organisation_status import organisation_of
from tests.services.connection_seen import events, gate, names
from tests.world import (
    ACCOUNT,
    OWNER,
    World,
    organisation_id,
    world_on,
)


def come_back(world: World, way: WayToXero, answer: Secret) -> Result:
    """Come back to where the link was opened."""
    return world.engine.set_up.come_back(answer, way.browser)


def test_consent_connects_the_account_and_lists_the_organisations_of_this_consent(fresh: World) -> None:
    assert fresh.consent() == "connected"
    (listed,) = fresh.engine.set_up.organisations(ACCOUNT)
    assert listed.organisation_id == organisation_id()
    assert names(fresh)[0] == "Connected"
    assert events(fresh)[0].actor == OWNER
    assert gate(fresh) in (None, "closed")


def test_a_link_and_an_answer_serve_once(fresh: World) -> None:
    set_up = fresh.engine.set_up
    invitation = set_up.invite(ACCOUNT, OWNER)
    way = set_up.open_link(invitation.ticket)
    assert isinstance(way, WayToXero)
    assert set_up.open_link(invitation.ticket) == "used"
    assert set_up.consent_result(invitation.consent_id) is None
    answer = fresh.answer_in_xero(way)
    assert come_back(fresh, way, answer) == "connected"
    before = names(fresh)
    assert come_back(fresh, way, answer) == "used"
    assert set_up.consent_result(invitation.consent_id) == "connected"
    assert names(fresh) == before


def test_one_answer_taken_eight_times_at_once_costs_one_call_and_connects_once(fresh: World) -> None:
    way = fresh.leave_for_xero()
    answer = fresh.answer_in_xero(way)
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: come_back(fresh, way, answer), range(8)))
    assert sorted(results) == ["connected"] + ["used"] * 7
    assert len(fresh.requests("POST", "/connect/token")) == 1
    assert names(fresh).count("Connected") == 1


def test_an_answer_from_another_browser_is_refused_and_stays_good_for_its_own(fresh: World) -> None:
    ours, theirs = fresh.leave_for_xero(), fresh.leave_for_xero("moa-press")
    answer = fresh.answer_in_xero(ours)
    assert fresh.engine.set_up.come_back(answer, None) == "other_browser"
    assert fresh.engine.set_up.come_back(answer, theirs.browser) == "other_browser"
    assert fresh.engine.store.head() == 0
    assert come_back(fresh, ours, answer) == "connected"


def test_links_and_answers_die_after_ten_minutes(fresh: World) -> None:
    set_up = fresh.engine.set_up
    invitation = set_up.invite("moa-press", OWNER)
    way = fresh.leave_for_xero()
    answer = fresh.answer_in_xero(way)
    with fresh.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.oauth_state SET expires_at = expires_at - %s", [dt.timedelta(minutes=10, seconds=1)])
    assert set_up.open_link(invitation.ticket) == "expired"
    assert set_up.consent_result(invitation.consent_id) == "expired"
    assert come_back(fresh, way, answer) == "expired"
    assert fresh.engine.store.head() == 0


@pytest.mark.parametrize(
    ("query", "result"),
    [
        ("", "malformed"),
        ("?code=c", "malformed"),
        ("?state=", "malformed"),
        ("?code=c&state=a&state=b", "malformed"),
        ("?code=c&code=d&state=a", "malformed"),
        ("?error=access_denied&error=x&state=a", "malformed"),
        ("?code=c&state=invented", "unknown"),
        ("?code=c#state=invented", "malformed"),
    ],
)
def test_an_answer_nobody_asked_for_is_refused(fresh: World, query: str, result: str) -> None:
    url = Secret("http://localhost:8080/xero/callback" + query)
    assert fresh.engine.set_up.come_back(url, Secret("browser")) == result
    assert fresh.engine.set_up.open_link(Secret("invented")) == "unknown"
    assert fresh.engine.store.head() == 0
    assert fresh.requests("POST", "/connect/token") == []


@pytest.mark.parametrize(
    ("error", "result"),
    [
        ("access_denied", "denied"),
        ("invalid_scope", "scope_refused"),
        ("server_error", "refused_by_xero"),
        ("<script>", "refused_by_xero"),
    ],
)
def test_what_xero_reports_instead_of_a_code_connects_nothing(fresh: World, error: str, result: str) -> None:
    way = fresh.leave_for_xero()
    denied = fresh.answer_in_xero(way, decision="deny").reveal()
    assert "error=access_denied" in denied
    assert come_back(fresh, way, Secret(denied.replace("access_denied", quote(error)))) == result
    assert fresh.engine.store.head() == 0


def test_a_consent_whose_code_is_missing_is_used_up_and_changes_nothing(fresh: World) -> None:
    way = fresh.leave_for_xero()
    answer = fresh.answer_in_xero(way).reveal()
    assert come_back(fresh, way, Secret(answer.replace("code=", "cod="))) == "malformed"
    assert come_back(fresh, way, Secret(answer)) == "used"
    assert fresh.engine.store.head() == 0


def test_xero_being_away_at_the_exchange_changes_nothing_and_a_new_link_works(fresh: World) -> None:
    fresh.fault("http_500_before", method="POST", path="/connect/token")
    assert fresh.consent() == "xero_unreachable"
    assert fresh.engine.store.head() == 0
    assert fresh.consent() == "connected"


def test_organisations_that_cannot_be_listed_now_are_chosen_later(fresh: World) -> None:
    fresh.fault("http_500_before", method="GET", path="/connections")
    assert fresh.consent() == "connected"
    fresh.engine.set_up.choose_organisation(ACCOUNT, organisation_id(), OWNER)


def test_without_pkce_consent_goes_by_state_browser_and_client_secret(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    with world_on(xero, database_url, tmp_path, KYRIOS_XERO_PKCE="off") as plain:
        way = plain.leave_for_xero()
        assert "code_challenge" not in way.url.reveal()
        assert come_back(plain, way, plain.answer_in_xero(way)) == "connected"


def test_a_consent_without_a_needed_right_says_which_and_holds_everything_back(
    xero: Simulator, database_url: str, tmp_path: Path
) -> None:
    scopes = "offline_access accounting.invoices accounting.contacts accounting.settings.read"
    with world_on(xero, database_url, tmp_path, KYRIOS_XERO_SCOPES=scopes) as poor:
        poor.connect()
        held = poor.engine.set_up.connection(ACCOUNT).held_by
        assert organisation_of(poor.engine.store, ACCOUNT).missing_rights == ("accounting.payments",)
        remedy = (
            "Set payments.record to off, or have whoever runs this add accounting.payments to KYRIOS_XERO_SCOPES "
            "and reconnect"
        )
        assert held[0] == Cause("right_not_asked", facts={"missing": "recording payments", "remedy": remedy})
        poor.consent()
        assert poor.engine.set_up.connection(ACCOUNT).held_by == held, "reconnecting is not what helps, nor is it said"
        poor.engine.set_up.change_setting(ACCOUNT, "payments.record", "off", OWNER)
        assert "right_not_asked" not in [cause.code for cause in poor.engine.set_up.connection(ACCOUNT).held_by]


@pytest.mark.parametrize(
    ("off", "left_out", "instead"),
    [
        ([], set(), set()),
        (["contact.create"], {"accounting.contacts"}, {"accounting.contacts.read"}),
        (["payments.record"], {"accounting.payments"}, set()),
        (["contact.create", "payments.record"], {"accounting.contacts", "accounting.payments"},
         {"accounting.contacts.read"}),
    ],
)  # fmt: skip
def test_consent_is_asked_for_what_the_settings_need_and_nothing_else(
    world: World, off: list[str], left_out: set[str], instead: set[str]
) -> None:
    for name in off:
        world.engine.set_up.change_setting(ACCOUNT, name, "off", OWNER)
    way = world.leave_for_xero()
    asked = set(parse_qs(urlsplit(way.url.reveal()).query)["scope"][0].split())
    assert asked == set(world.engine.settings.scopes) - left_out | instead
    assert world.engine.set_up.come_back(world.answer_in_xero(way), way.browser) == "resumed"
    assert world.engine.set_up.connection(ACCOUNT).gate_open
    assert world.engine.contact_reader.read(world.lane), "contacts are read all the same"
