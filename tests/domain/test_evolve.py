"""Old streams stay readable for ever: folding never raises, whatever order the events of a stream once took."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import connection, contact_link, invoice
from domain.event import Event
from domain.topics import TOPICS
from tests.domain.every_event import EVERY_EVENT

Fold = Callable[[Any, Any], Any]

_FOLDED: Final[list[tuple[Fold, tuple[type[Event], ...]]]] = [
    (connection.evolve, connection.EVENTS),
    (invoice.evolve, invoice.EVENTS),
    (contact_link.evolve, contact_link.EVENTS),
]
_WITHOUT_STATE: Final = {"ContactsSynced.1", "AlertSent.1"}


def test_every_topic_belongs_to_a_stream_that_is_folded_or_has_no_state() -> None:
    folded = {event_type for _, event_types in _FOLDED for event_type in event_types}
    assert {topic for topic, event_type in TOPICS.items() if event_type not in folded} == _WITHOUT_STATE


@pytest.mark.parametrize("fold", _FOLDED, ids=["connection", "invoice", "contact_link"])
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_folding_never_raises_and_ends_at_the_last_version(
    fold: tuple[Fold, tuple[type[Event], ...]], data: st.DataObject
) -> None:
    evolve, event_types = fold
    later = data.draw(st.lists(st.sampled_from(event_types), max_size=12))
    events = [EVERY_EVENT[event_type] for event_type in (event_types[0], *later)]
    state = _fold(evolve, events)
    assert state.version == len(events)


@pytest.mark.parametrize("fold", _FOLDED, ids=["connection", "invoice", "contact_link"])
def test_folding_leaves_the_state_before_as_it_was(fold: tuple[Fold, tuple[type[Event], ...]]) -> None:
    evolve, event_types = fold
    before = _fold(evolve, [EVERY_EVENT[event_types[0]]])
    copy = msgspec.json.encode(before)
    for event_type in event_types:
        evolve(before, EVERY_EVENT[event_type])
    assert msgspec.json.encode(before) == copy


def _fold(evolve: Fold, events: Sequence[Event]) -> Any:
    state = None
    for version, event in enumerate(events, start=1):
        state = evolve(state, msgspec.structs.replace(event, originator_version=version))
    return state
