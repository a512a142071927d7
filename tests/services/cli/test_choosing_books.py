"""A choice that is not taken: a connection that works goes on, and any other says which command helps."""

from typing import Final

import pytest

from domain.connection import OrganisationWithheld
from tests.services.cli.conftest import Kyrios
from tests.services.test_reconnect import ELSEWHERE, found_another_organisation
from tests.services.test_whose_organisation import RIVAL, TAKEN
from tests.world import ACCOUNT, OWNER, World, example_invoices, organisation_id

A: Final = f"Harbour & Vine Studio ({organisation_id()})"
CHOOSE: Final = f"kyrios-xero connections choose {ACCOUNT}"
GOES_ON: Final = f"Nothing was changed: invoices of {ACCOUNT} go to {A}, as before."


def flat(said: str) -> str:
    return " ".join(said.split())


@pytest.fixture
def both(world: World) -> World:
    """One consent reaches the account's organisation and that of another account."""
    found_another_organisation(world)
    world.consent(ELSEWHERE, account=RIVAL, user="another user")
    world.engine.set_up.choose_organisation(RIVAL, ELSEWHERE, OWNER)
    assert world.consent(organisation_id(), ELSEWHERE) == "resumed"
    return world


@pytest.mark.article("R17")
def test_another_accounts_organisation_is_refused_and_what_works_goes_on(both: World, kyrios_in_world: Kyrios) -> None:
    before = both.engine.store.head()
    refused = flat(kyrios_in_world("connections", "choose", ACCOUNT, ELSEWHERE, code=2).stderr)
    assert refused.startswith("This organisation belongs to another Kyrios account.")
    assert refused.endswith(GOES_ON)
    assert both.engine.store.head() == before
    both.queue(example_invoices(1))
    both.work()
    assert len(both.in_xero()) == 1
    assert "active" in kyrios_in_world("connections", "show", ACCOUNT).stdout


@pytest.mark.article("R17")
def test_a_fresh_start_that_is_declined_changes_nothing(both: World, kyrios_in_world: Kyrios) -> None:
    both.engine.set_up.disconnect(RIVAL, OWNER)
    before = both.engine.store.head()
    declined = flat(kyrios_in_world("connections", "choose", ACCOUNT, ELSEWHERE, code=2, stdin=b"n\n").stderr)
    assert GOES_ON in declined
    assert f"{CHOOSE} {ELSEWHERE} --start-afresh" in declined
    assert both.engine.store.head() == before
    assert both.engine.set_up.connection(ACCOUNT).gate_open
    assert "--start-afresh" not in kyrios_in_world("connections", "steps", ACCOUNT).stdout


def told_everywhere(world: World, kyrios: Kyrios) -> tuple[str, ...]:
    """What the connection, the steps and an invoice say."""
    world.engine.projector.catch_up()
    commands = (("connections", "show"), ("connections", "steps"), ("invoices", "show"))
    return tuple(
        flat(kyrios(*words, ACCOUNT, *(["inv-0"] if words[0] == "invoices" else [])).stdout) for words in commands
    )


@pytest.mark.article("R17", "R20")
def test_what_waits_for_a_choice_names_the_command_that_helps(world: World, kyrios_in_world: Kyrios) -> None:
    found_another_organisation(world)
    world.queue(example_invoices(1))
    assert world.consent(ELSEWHERE) == "elsewhere"
    for said in told_everywhere(world, kyrios_in_world):
        assert f"{CHOOSE} ORGANISATION" in said
    assert f"{CHOOSE} ORGANISATION" in flat(kyrios_in_world("connections", "organisations", ACCOUNT).stdout)
    kyrios_in_world("connections", "choose", ACCOUNT, ELSEWHERE, code=2)
    for said in told_everywhere(world, kyrios_in_world):
        assert f"{CHOOSE} {ELSEWHERE} --start-afresh" in said
        assert f"{CHOOSE} {organisation_id()}" in said
    assert world.consent() == "resumed"
    for said in told_everywhere(world, kyrios_in_world):
        assert CHOOSE not in said


@pytest.mark.article("R17")
@pytest.mark.parametrize("hears", ["round", "check again"])
def test_the_books_of_another_account_hold_nobody_back_once_they_are_free(
    world: World, kyrios_in_world: Kyrios, hears: str
) -> None:
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    world.queue(example_invoices(1))
    world.consent(account=RIVAL)
    world.engine.set_up.choose_organisation(RIVAL, organisation_id(), OWNER)
    assert world.consent() == "in_use"
    for said in told_everywhere(world, kyrios_in_world):
        assert "belongs to another Kyrios account" in said
        assert f"{CHOOSE} ORGANISATION" in said
    world.engine.references.round()
    assert world.engine.set_up.connection(ACCOUNT).held_by == (TAKEN,), "it is still the other's"
    world.engine.set_up.disconnect(RIVAL, OWNER)
    if hears == "round":
        world.engine.references.round()
    else:
        kyrios_in_world("connections", "refresh", ACCOUNT, code=2)
    (cause,) = world.engine.set_up.connection(ACCOUNT).held_by
    assert (cause.code, cause.facts) == ("setup_incomplete", {"missing": "choose the organisation"})
    for said in told_everywhere(world, kyrios_in_world):
        assert "belongs to another" not in said
        assert f"{CHOOSE} ORGANISATION" in said
    kyrios_in_world("connections", "choose", ACCOUNT, organisation_id())
    world.work()
    assert len(world.in_xero()) == 1
    picks = [e for e in world.engine.store.events_of(world.lane) if isinstance(e, OrganisationWithheld)]
    assert [one.cause for one in picks] == [TAKEN]
