"""Leaving Xero: the connection is removed there, the consent taken back where nobody else lives by it, and the tokens
are destroyed; an account that comes back meanwhile is not hurt."""

from typing import Any, Final

import pytest

from adapters.vault.errors import GrantMissing
from domain.connection import AccessRemoved, Connection, Disconnected, GateOpened
from domain.contact_link import ContactLinked, ContactUnlinked
from domain.streams import connection_id
from services.dispatch.remove_connection import RemoveConnection
from services.dispatch.what_leaves import WhatLeaves
from services.proof.verify import verify
from tests.crash.books import assert_in_xero_once, assert_invariants
from tests.services.dispatch.seen import lane
from tests.world import ACCOUNT, OWNER, World, example_invoices, organisation_id

ELSEWHERE: Final = "5c1a9d04-2f38-4f64-9a0e-7be0c1d2a313"
DAY: Final = 24 * 3600


def connection(world: World, account: str = ACCOUNT) -> Connection:
    return world.engine.set_up.connection(account)


def consent(world: World, account: str = ACCOUNT, user: str = "") -> None:
    """Consent anew at Xero, as one of its users, for the example's organisation."""
    world.consent(account=account, **({"user": user} if user else {}))


def removal(world: World) -> dict[str, Any]:
    """The newest removal in the outbox."""
    return [entry for entry in world.outbox() if entry["kind"] == "remove_connection"][-1]


def ends(world: World) -> list[tuple[str, bool]]:
    """How each grant of the account ended, and whether the consent was taken back."""
    events = world.engine.store.events_of(world.lane)
    return [(event.in_xero, event.revoked) for event in events if isinstance(event, AccessRemoved)]


def seen(world: World, method: str, path: str) -> list[int]:
    """The statuses of these requests at Xero."""
    return [request["processed_status"] for request in world.requests(method, path)]


def assert_destroyed(world: World, known: Connection) -> None:
    """The tokens of the grant this connection had are gone for good."""
    assert known.grant_id is not None
    with pytest.raises(GrantMissing):
        world.engine.grants.read(known.grant_id)


def assert_clean(world: World) -> None:
    world.engine.projector.catch_up()
    checked = verify(world.engine.read)
    assert checked.clean, checked.summary()


@pytest.mark.article("R16")
def test_a_disconnection_removes_the_connection_takes_the_consent_back_and_destroys_the_tokens(world: World) -> None:
    before, active = connection(world), lane(world)["last_activity_at"]
    world.queue(example_invoices(2))
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    assert world.engine.grants.read(before.grant_id) is not None  # type: ignore[arg-type]
    world.work()
    assert seen(world, "DELETE", f"/connections/{before.xero_connection_id}") == [204]
    assert ends(world) == [("removed", True)]
    assert (removal(world)["state"], removal(world)["attempts"]) == ("DONE", 1)
    assert_destroyed(world, before)
    assert world.control.get("/ledger/requests").json()["requests"][-1]["path"].endswith("/connect/revocation")
    # The queue stays as it is, nothing counts as activity, and every table says what the log says.
    assert [entry["state"] for entry in world.outbox() if entry["kind"] == "create_invoice"] == ["PENDING"] * 2
    assert lane(world)["last_activity_at"] == active
    assert (lane(world)["gate"], connection(world).departures) == ("closed", ())
    assert_clean(world)
    consent(world)
    world.work()
    assert_in_xero_once(world, 2)


def test_a_consent_that_another_account_lives_by_is_not_taken_back(world: World) -> None:
    books = {"Name": "Harbour & Vine Catering", "BaseCurrency": "AUD", "CountryCode": "AU"}
    world.control.post(f"/organisations/{ELSEWHERE}/organisation", json=books).raise_for_status()
    world.consent(ELSEWHERE, account="other-account")
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.work()
    assert ends(world) == [("removed", False)]
    assert seen(world, "POST", "/connect/revocation") == []
    other = connection(world, "other-account")
    assert other.grant_id is not None
    assert world.engine.tokens.force_refresh(other.grant_id, 1).version == 2


def test_a_connection_that_is_gone_already_is_no_trouble(world: World) -> None:
    before = connection(world)
    world.control.delete(f"/organisations/{organisation_id()}/connection").raise_for_status()
    world.queue(example_invoices(1))
    world.work()
    world.later(301)  # the lane rests after a refusal that may pass
    world.work()
    assert seen(world, "DELETE", "/connections/") == [404]
    assert ends(world) == [("gone", True)]
    assert_destroyed(world, before)
    (gone,) = (e for e in world.engine.store.events_of(world.lane) if isinstance(e, Disconnected))
    assert gone.reason == "removed_in_xero"


def test_without_authorisation_nothing_is_asked_of_xero_and_the_tokens_go_at_once(world: World) -> None:
    before = connection(world)
    assert before.grant_id is not None
    world.engine.oauth.revoke(world.engine.grants.read(before.grant_id).tokens.refresh_token)
    world.control.post("/expire_tokens").raise_for_status()
    world.queue(example_invoices(1))
    assert world.engine.dispatcher.look_at(world.lane)
    assert ends(world) == [("refused", False)]
    assert (removal(world)["state"], removal(world)["cause"], removal(world)["attempts"]) == ("DONE", "refused", 0)
    assert_destroyed(world, before)
    world.work()
    assert seen(world, "DELETE", "/connections/") == []
    assert_clean(world)


def test_leaving_before_an_organisation_was_chosen_takes_the_consent_back(world: World) -> None:
    consent(world, "fresh", user="somebody else")
    world.engine.set_up.disconnect("fresh", OWNER)
    known = connection(world, "fresh")
    lane_of = connection_id("fresh")
    world.engine.dispatcher.look_at(lane_of)
    events = [e for e in world.engine.store.events_of(lane_of) if isinstance(e, AccessRemoved)]
    assert [(e.in_xero, e.revoked) for e in events] == [("gone", True)]
    assert known.organisation_id is None


@pytest.mark.article("R17")
def test_an_account_that_came_back_to_the_same_organisation_keeps_its_connection(world: World) -> None:
    """Xero may give the connection the id it had; the same user's consent must not be taken back either."""
    before = connection(world)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    consent(world)
    after = connection(world)
    assert after.xero_connection_id == before.xero_connection_id, "the very id a careless removal would delete"
    world.queue(example_invoices(1))
    world.work()
    assert (seen(world, "DELETE", "/connections/"), seen(world, "POST", "/connect/revocation")) == ([], [])
    assert ends(world) == [("replaced", False)]
    assert_destroyed(world, before)
    assert after.gate_open
    assert_in_xero_once(world, 1)


def test_an_account_that_came_back_with_another_xero_user_has_the_former_consent_taken_back(world: World) -> None:
    before = connection(world)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    consent(world, user="the new bookkeeper")
    world.queue(example_invoices(1))
    world.work()
    assert ends(world) == [("replaced", True)]
    assert_destroyed(world, before)
    assert_in_xero_once(world, 1)


def test_a_removal_waits_while_somebody_is_consenting_anew(world: World) -> None:
    before = connection(world)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.engine.set_up.invite(ACCOUNT, OWNER)
    assert world.engine.dispatcher.look_at(world.lane)
    assert seen(world, "DELETE", "/connections/") == []
    assert (removal(world)["state"], removal(world)["cause"], removal(world)["attempts"]) == (
        "PENDING",
        "reconnecting",
        0,
    )
    with world.engine.store.cursor() as cursor:  # nobody came back within ten minutes
        cursor.execute("UPDATE app.oauth_state SET expires_at = app.now() - interval '1 second'")
    world.later(31)
    world.work()
    assert ends(world) == [("removed", True)]
    assert_destroyed(world, before)


def test_a_consent_given_while_the_request_is_prepared_holds_it_back(world: World) -> None:
    """The last look is right before the wire: after the claim, and after a token was refreshed for it."""
    before = connection(world)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    work = world.engine.dispatcher._claim.to_send(world.lane)
    assert work is not None
    consent(world)
    world.engine.dispatcher._carry_out(work)
    assert seen(world, "DELETE", "/connections/") == []
    assert ends(world) == [("replaced", False)]
    assert connection(world).xero_connection_id == before.xero_connection_id


def test_an_organisation_that_another_account_took_over_keeps_its_connection(world: World) -> None:
    """The same Xero user, and so the same connection in Xero, now stands for another Kyrios account."""
    before = connection(world)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    consent(world, "other-account")
    world.engine.set_up.choose_organisation("other-account", organisation_id(), OWNER)
    world.work()
    other = connection(world, "other-account")
    assert other.xero_connection_id == before.xero_connection_id
    assert (seen(world, "DELETE", "/connections/"), ends(world)) == ([], [("replaced", False)])
    assert_destroyed(world, before)
    assert world.engine.session_of(other).organisation().base_currency == "NZD"


class LooksNowhere(WhatLeaves):
    """Has all removed that ever left, whatever has happened since."""

    def must_wait(self, subject: Any) -> bool:
        return False

    def is_needed(self, subject: Any, one: Any) -> bool:
        return False


def test_a_removal_that_does_not_look_cuts_off_an_account_that_came_back(world: World) -> None:
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    consent(world)
    engine = world.engine
    leaves = LooksNowhere(engine.store, engine.grants, engine.vault.oauth_states)
    careless = RemoveConnection(engine.grants, engine.oauth, leaves)
    engine.kinds["remove_connection"] = careless
    world.queue(example_invoices(1))
    world.work()
    assert seen(world, "DELETE", "/connections/") == [204]
    assert world.in_xero() == []
    assert not connection(world).gate_open


@pytest.mark.parametrize("fault", ["answer_lost", "http_500_before", "http_500_after", "reset"])
def test_an_unknown_outcome_is_looked_up_and_ends_once(world: World, fault: str) -> None:
    before = connection(world)
    world.fault(fault, method="DELETE", path="/connections")
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.work()
    assert removal(world)["state"] == "AMBIGUOUS"
    world.later(10)
    world.work()
    world.later(10)
    world.work()
    ((how, revoked),) = ends(world)
    assert how == "removed"
    assert revoked
    assert removal(world)["state"] == "DONE"
    assert_destroyed(world, before)
    assert_invariants(world)


def test_a_revocation_without_an_answer_is_repeated_and_harms_nobody(world: World) -> None:
    before = connection(world)
    world.fault("answer_lost", method="POST", path="/connect/revocation")
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.work()
    world.later(10)
    world.work()
    assert len(ends(world)) == 1
    assert removal(world)["state"] == "DONE"
    assert_destroyed(world, before)


def test_tokens_outlive_a_disconnection_by_a_day_at_most_even_if_xero_never_answers(world: World) -> None:
    before = connection(world)
    world.fault("http_500_before", method="DELETE", path="/connections", times=None)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.work()
    world.later(DAY - 60)
    assert world.engine.overdue_removals.step() == 0
    world.work()
    world.later(61)
    assert world.engine.overdue_removals.step() == 1
    assert ends(world) == [("unanswered", False)]
    assert (removal(world)["state"], removal(world)["cause"]) == ("DEAD", "unanswered")
    assert_destroyed(world, before)
    assert world.engine.overdue_removals.step() == 0
    assert_clean(world)


def test_a_worker_that_is_overtaken_by_the_day_records_nothing(world: World) -> None:
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    work = world.engine.dispatcher._claim.to_send(world.lane)
    assert work is not None
    world.later(DAY + 60)
    assert world.engine.overdue_removals.step() == 1
    with pytest.raises(Exception, match=r".*") as lost:
        world.engine.dispatcher._carry_out(work)
    assert type(lost.value).__name__ == "LeaseLost"
    assert ends(world) == [("unanswered", False)]


def test_a_closed_gate_lets_nothing_else_through(world: World) -> None:
    world.queue(example_invoices(3))
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.queue(example_invoices(1, start=3))
    world.work()
    assert ends(world) == [("removed", True)]
    assert world.requests("PUT", "/Invoices") == []
    assert not world.engine.dispatcher.look_at(world.lane)


def test_two_departures_of_one_account_end_each_by_itself(world: World) -> None:
    world.fault("http_500_before", method="DELETE", path="/connections")
    first = connection(world)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.work()
    assert removal(world)["state"] == "AMBIGUOUS"
    consent(world)
    second = connection(world)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.work()
    world.later(10)
    world.work()
    world.later(31)
    world.work()
    assert len(ends(world)) == 2
    for known in (first, second):
        assert_destroyed(world, known)
    assert_clean(world)


def test_a_newer_consent_destroys_the_tokens_of_the_one_before(world: World) -> None:
    before = connection(world)
    consent(world)
    assert ends(world) == [("replaced", False)]
    assert_destroyed(world, before)
    world.queue(example_invoices(1))
    world.work()
    assert_in_xero_once(world, 1)
    assert [e for e in world.engine.store.events_of(world.lane) if isinstance(e, GateOpened)][1:] == []


@pytest.mark.article("R16")
def test_what_was_chosen_and_linked_and_queued_is_kept(world: World) -> None:
    before = connection(world)
    world.queue(example_invoices(2))
    links = [e for _, e in world.engine.store.read_log(0, 1_000) if isinstance(e, ContactLinked | ContactUnlinked)]
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.work()
    after = connection(world)
    kept = ("mappings", "declared", "default_line", "also_allowed", "settings", "organisation_id", "recipients")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    log = [e for _, e in world.engine.store.read_log(0, 1_000)]
    assert [e for e in log if isinstance(e, ContactLinked | ContactUnlinked)] == links != []
    assert [world.invoice(f"inv-{n}").status for n in range(2)] == ["queued", "queued"]
