"""What an account left in Xero is shown until Xero confirms that it is gone: `connections show` and `removals`."""

import json

from adapters.event_store import outbox
from domain.connection import AccessRemoved, ConnectionRemoved
from services.overdue_removals import LONGEST
from services.set_up.consent_results import WORDS
from tests.services.cli.conftest import Kyrios
from tests.services.test_reconnect import ELSEWHERE, found_another_organisation
from tests.world import ACCOUNT, OWNER, World, organisation_id

DAY = LONGEST * 3600
EVERYWHERE = (("connections", "show", ACCOUNT), ("connections", "removals"), ("connections", "removals", ACCOUNT))
NAMED = f"the connection to Harbour & Vine Studio ({organisation_id()})"
LEFT = f"the connection to organisation {organisation_id()}"
"""Books that were left for others have no name here any more."""


def test_a_removal_under_way_is_told_with_its_tries_and_its_end(world: World, kyrios_in_world: Kyrios) -> None:
    assert kyrios_in_world("connections", "removals").stdout == "Nothing waits to be removed in Xero.\n"
    there = world.engine.set_up.connection(ACCOUNT).xero_connection_id
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    for command in EVERYWHERE:
        said = kyrios_in_world(*command).stdout
        assert f"{NAMED} is being removed in Xero. The next try is now; at the latest on " in said
        assert "it ends and its tokens are destroyed.\n" in said
    lost = world.fault("http_500_before", method="DELETE", path="/connections")
    world.work()
    world.wait_for_fault(lost)
    assert (
        "Xero was asked once, without a clear answer, so that Xero is searched"
        in kyrios_in_world("connections", "show", ACCOUNT).stdout
    )
    (shown,) = json.loads(kyrios_in_world("connections", "show", ACCOUNT, "--json").stdout)["removals"]
    (listed,) = json.loads(kyrios_in_world("connections", "removals", "--json").stdout)
    assert 0 <= listed["next_try_in"] <= shown["next_try_in"]
    assert listed["since"] == shown["since"]
    assert (shown["account_id"], shown["state"], shown["tries"]) == (ACCOUNT, "under_way", 1)
    assert (shown["organisation_id"], shown["xero_connection_id"]) == (organisation_id(), there)
    world.later(10)
    world.work()
    world.later(10)
    world.work()
    assert "removed in Xero" not in kyrios_in_world("connections", "show", ACCOUNT).stdout
    assert json.loads(kyrios_in_world("connections", "removals", "--json").stdout) == []


def test_a_removal_waits_for_somebody_who_connects_again_and_says_so(world: World, kyrios_in_world: Kyrios) -> None:
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.engine.set_up.invite(ACCOUNT, OWNER)
    world.work()
    said = kyrios_in_world("connections", "removals").stdout
    assert said.startswith(f"{ACCOUNT}: Since ")
    assert "it waits while somebody may be connecting the account again. The next try is in about " in said


def test_books_that_were_left_within_a_consent_are_told_and_no_tokens_are_said_to_go(
    world: World, kyrios_in_world: Kyrios
) -> None:
    found_another_organisation(world)
    world.consent(organisation_id(), ELSEWHERE)
    world.engine.set_up.choose_organisation(ACCOUNT, ELSEWHERE, OWNER, start_afresh=True)
    said = kyrios_in_world("connections", "show", ACCOUNT).stdout
    assert f"{LEFT} is being removed in Xero" in said
    assert "it ends.\n" in said


def test_what_xero_never_answered_is_told_to_support_until_it_is_known_to_be_gone(
    world: World, kyrios_in_world: Kyrios
) -> None:
    world.fault("http_500_before", method="DELETE", path="/connections", times=None)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.work()
    world.later(DAY + 1)
    assert world.engine.overdue_removals.step() == 1
    with world.engine.store.cursor() as cursor:  # other entries that ended are forgotten after a week
        cursor.execute("UPDATE app.outbox SET closed_at = closed_at - interval '9 days'")
        assert outbox.delete_closed(cursor, 7, 100) == 0
    for command in EVERYWHERE:
        said = kyrios_in_world(*command).stdout
        assert "Xero gave no answer for a day, and we try no more." in said
        assert f"T{NAMED[1:]} was to be removed in Xero on " in said
        assert "the owner looks under Connected apps in Xero and disconnects it there." in said
    (shown,) = json.loads(kyrios_in_world("connections", "removals", "--json").stdout)
    assert (shown["state"], shown["ends_by"], shown["next_try_in"]) == ("unanswered", None, None)
    # The account comes back, to the very connection: it is in use again.
    world.control.delete("/faults").raise_for_status()
    world.consent()
    assert kyrios_in_world("connections", "removals").stdout == "Nothing waits to be removed in Xero.\n"


def test_books_the_account_came_back_to_are_not_said_to_be_removed(world: World, kyrios_in_world: Kyrios) -> None:
    found_another_organisation(world)
    world.consent(organisation_id(), ELSEWHERE)
    for organisation in (ELSEWHERE, organisation_id()):
        world.engine.set_up.choose_organisation(ACCOUNT, organisation, OWNER, start_afresh=True)
    said = kyrios_in_world("connections", "removals").stdout
    assert f"T{NAMED[1:]} was left on " in said
    assert "and is used again, so that it stays as it is. The next try is now; at the latest on " in said
    assert f"{NAMED} is being removed" not in said
    assert f"the connection to organisation {ELSEWHERE} is being removed in Xero" in said
    for _ in range(3):
        world.work()
        world.later(60)
    ended = [e for e in world.engine.store.events_of(world.lane) if isinstance(e, ConnectionRemoved)]
    assert sorted((one.organisation_id, one.in_xero) for one in ended) == [
        (organisation_id(), "replaced"),
        (ELSEWHERE, "removed"),
    ]
    listed = [one.organisation_id for one in world.engine.set_up.organisations(ACCOUNT)]
    assert listed == [organisation_id()]


def test_what_was_left_by_disconnecting_is_not_promised_to_stay_until_the_account_chooses(
    world: World, kyrios_in_world: Kyrios
) -> None:
    found_another_organisation(world)
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    assert world.consent(ELSEWHERE) == "elsewhere"
    promised = "What you had left before is removed all the same."
    assert promised in WORDS["elsewhere"]
    said = kyrios_in_world("connections", "show", ACCOUNT).stdout
    assert promised in said
    assert f"{NAMED} is being removed in Xero" in said
    world.work()
    (ended,) = [e for e in world.engine.store.events_of(world.lane) if isinstance(e, AccessRemoved)]
    assert ended.in_xero == "removed"
