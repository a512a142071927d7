"""connection_status: the states a person sees, and the causes that hold a connection back."""

from collections.abc import Sequence
from random import Random

import msgspec
import pytest

from domain import connection
from domain.causes import Cause
from domain.connection import Connected, Disconnected, GateClosed, GateOpened, OrganisationSelected
from domain.connection_standing import standing
from domain.event import Event
from projections import connection_status
from projections.connection_status import ConnectionRow
from tests.domain.every_event import EVERY_EVENT
from tests.examples import ACCOUNT, ORGANISATION, moment, open_connection, open_connection_state
from tests.projections.logs import recorded, renumbered

SETUP = Cause("setup_incomplete", facts={"missing": "choose accounts"})
OTHER = Cause("organisation_changed")
TAXES = Cause("tax_mapping_incomplete", key="lux@12.5")


def folded(events: Sequence[Event]) -> ConnectionRow:
    rows: connection_status.Rows = {}
    for one in recorded(renumbered(events)):
        connection_status.fold(rows, one)
    (row,) = rows.values()
    return row


def closed(*causes: Cause) -> Event:
    return msgspec.structs.replace(EVERY_EVENT[GateClosed], causes=causes)


def disconnected(reason: str) -> Event:
    return msgspec.structs.replace(EVERY_EVENT[Disconnected], reason=reason)


CONNECTED, SELECTED, OPENED = (EVERY_EVENT[t] for t in (Connected, OrganisationSelected, GateOpened))


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([CONNECTED], "choosing"),
        ([CONNECTED, closed(SETUP), SELECTED], "setup_incomplete"),
        ([CONNECTED, SELECTED, closed(TAXES)], "setup_incomplete"),
        ([CONNECTED, SELECTED, OPENED], "active"),
        ([CONNECTED, SELECTED, OPENED, closed(TAXES)], "active"),
        ([CONNECTED, SELECTED, OPENED, closed(SETUP)], "setup_incomplete"),
        ([CONNECTED, SELECTED, OPENED, disconnected("user")], "disconnected"),
        ([CONNECTED, SELECTED, OPENED, disconnected("inactivity")], "disconnected"),
        ([CONNECTED, SELECTED, OPENED, disconnected("authorisation_lost")], "authorisation_lost"),
        ([CONNECTED, SELECTED, OPENED, disconnected("user"), CONNECTED, OPENED], "active"),
        ([CONNECTED, SELECTED, OPENED, CONNECTED, closed(SETUP)], "choosing"),
        ([CONNECTED, SELECTED, OPENED, CONNECTED, closed(OTHER)], "other_organisation"),
        ([CONNECTED, SELECTED, OPENED, CONNECTED, closed(SETUP), SELECTED, closed(TAXES)], "active"),
        ([EVERY_EVENT[connection.SettingsChanged]], "not_connected"),
    ],
)
def test_the_state_follows_from_what_happened(events: list[Event], state: str) -> None:
    known: connection.Connection | None = None
    for event in renumbered(events):
        known = connection.evolve(known, event)
    assert (folded(events).status, standing(known)) == (state, state)


@pytest.mark.parametrize("seed", range(20))
def test_what_holds_a_connection_is_what_the_domain_says(seed: int) -> None:
    chance = Random(seed)
    events = renumbered([CONNECTED, *(EVERY_EVENT[chance.choice(connection.EVENTS)] for _ in range(20))])
    state: connection.Connection | None = None
    for event in events:
        state = connection.evolve(state, event)
    row = folded(events)
    assert state is not None
    assert (row.causes, row.organisation_id, row.base_currency, row.opened_before) == (
        state.held_by,
        state.organisation_id,
        state.base_currency,
        state.opened_before,
    )
    assert (row.version, row.disconnected_for) == (state.version, state.disconnected_for)
    assert row.status == standing(state)
    assert (row.disconnected_at, row.confirmed) == (state.disconnected_at, state.xero_connection_id != "")


def test_a_set_up_connection_is_active_and_says_when_it_was_cut() -> None:
    events = open_connection()
    row = folded(events)
    assert (row.account_id, row.status, row.organisation_id, row.causes) == (ACCOUNT, "active", ORGANISATION, ())
    cut = folded([*events, *connection.disconnect(open_connection_state(), "user", {}, moment())])
    assert (cut.status, cut.disconnected_at is not None) == ("disconnected", True)
    assert cut.causes == (Cause("not_connected"),)
