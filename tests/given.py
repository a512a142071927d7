"""given(*events).when(decision, …).then(*events): how a test of a decision reads.

Events are compared by their type and what they state; ids, times and versions are checked apart, against the laws
every decision keeps: one stream, versions without a gap, fresh ids, the moment's own time and actor.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from domain import connection, contact_link, invoice
from domain.event import Event, Moment
from domain.refusals import Refusal
from tests.examples import ACCOUNT, ORGANISATION, identity, moment

E = TypeVar("E", bound=Event)
R = TypeVar("R", bound=Refusal)

_ENVELOPE: Final = frozenset(
    {"originator_id", "originator_version", "event_id", "occurred_at", "correlation_id", "causation_id", "actor"}
)
_UNSTAMPED: Final = identity("not yet part of a stream")
_EVOLVES: Final[dict[type[Event], Callable[..., Any]]] = {
    **dict.fromkeys(connection.EVENTS, connection.evolve),
    **dict.fromkeys(invoice.EVENTS, invoice.evolve),
    **dict.fromkeys(contact_link.EVENTS, contact_link.evolve),
}


def fact(event_type: type[E], *, organisation_id: str | None = ORGANISATION, **facts: Any) -> E:
    """An event that states `facts` and has no place in a stream yet; `given` gives it one."""
    at = moment()
    return event_type(
        originator_id=_UNSTAMPED,
        originator_version=0,
        event_id=_UNSTAMPED,
        occurred_at=at.now,
        correlation_id=at.correlation_id,
        actor=at.actor,
        account_id=ACCOUNT,
        organisation_id=organisation_id,
        **facts,
    )


def folded(*events: Event) -> Any:
    """The state after `events`, numbered from 1; None after none."""
    state: Any = None
    for version, event in enumerate(events, start=1):
        state = _EVOLVES[type(event)](state, msgspec.structs.replace(event, originator_version=version))
    return state


class Given:
    """A past, to decide upon."""

    def __init__(self, state: Any) -> None:
        self.state = state

    def when(self, decision: Callable[..., list[Event]], *args: Any, **kwargs: Any) -> "Outcome":
        """Decide now; `decision` gets the state first and the moment as `at`, unless the test names its own."""
        at = kwargs.pop("at", None) or moment()
        try:
            return Outcome(self.state, at, decision(self.state, *args, at=at, **kwargs), None)
        except Refusal as refusal:
            return Outcome(self.state, at, [], refusal)


class Outcome:
    """What a decision came to: events, or a refusal."""

    def __init__(self, before: Any, at: Moment, events: list[Event], refusal: Refusal | None) -> None:
        self.events, self.refusal = events, refusal
        self._before, self._at = before, at

    @property
    def state(self) -> Any:
        """The state the events lead to."""
        state = self._before
        for event in self.events:
            state = _EVOLVES[type(event)](state, event)
        return state

    def then(self, *expected: Event) -> "Outcome":
        """Exactly these events came of it."""
        if self.refusal is not None:
            raise AssertionError(f"refused: {self.refusal!r}") from self.refusal
        assert [said(e) for e in self.events] == [said(e) for e in expected], _difference(self.events, expected)
        self._check_envelopes()
        return self

    def then_nothing(self) -> "Outcome":
        """It was so already: no event, no refusal."""
        return self.then()

    def then_refused(self, refusal: type[R], *words: str) -> R:
        """It was refused this way, in a message that holds all of `words`."""
        assert isinstance(self.refusal, refusal), f"expected {refusal.__name__}, got {self.refusal or self.events!r}"
        missing = [word for word in words if word not in str(self.refusal)]
        assert not missing, f"{missing} not in: {self.refusal}"
        return self.refusal

    def _check_envelopes(self) -> None:
        first = (self._before.version if self._before else 0) + 1
        versions = [event.originator_version for event in self.events]
        assert versions == list(range(first, first + len(versions))), f"versions {versions} do not follow {first - 1}"
        assert len({event.originator_id for event in self.events}) <= 1, "one decision wrote to two streams"
        assert len({event.event_id for event in self.events}) == len(self.events), "two events share an id"
        at = (self._at.now, self._at.correlation_id, self._at.causation_id, self._at.actor)
        for event in self.events:
            assert (event.occurred_at, event.correlation_id, event.causation_id, event.actor) == at, (
                f"{event} is not {at}"
            )


def given(*events: Event) -> Given:
    """This happened, in this order."""
    return Given(folded(*events))


def said(event: Event) -> tuple[str, dict[str, Any]]:
    """What an event states: its type, and its fields without ids of the log, times and actor."""
    fields = {name: getattr(event, name) for name in event.__struct_fields__ if name not in _ENVELOPE}
    return type(event).__name__, fields


def _difference(events: Sequence[Event], expected: Sequence[Event]) -> str:
    return "\n".join(["came:", *map(_line, events), "expected:", *map(_line, expected)])


def _line(event: Event) -> str:
    name, fields = said(event)
    return f"  {name}(" + ", ".join(f"{field}={value!r}" for field, value in fields.items()) + ")"
