"""What a setting would stop, foreseen before it is changed, so that a person can be asked. Pure."""

import msgspec

from domain.causes import Cause
from domain.connection import change_setting
from domain.connection_state import Connection, evolve
from domain.drift import follow_references
from domain.event import Event, Moment
from domain.gate import what_holds
from domain.references import References


class Foreseen(msgspec.Struct, frozen=True, kw_only=True):
    """What would be in the way that is not now: of the whole connection, and only of invoices that use it."""

    holds_all: tuple[Cause, ...] = ()
    holds_some: tuple[Cause, ...] = ()


def foreseen(state: Connection | None, name: str, value: str, references: References, at: Moment) -> Foreseen:
    """What this value of a setting would stop, by what Xero last said. Refuses what cannot be set at all."""
    would = _folded(state, change_setting(state, name, value, at))
    would = _folded(would, follow_references(would, references, at))
    if state is None or would is None:
        return Foreseen()
    holds_all = _new(what_holds(would), what_holds(state))
    holds_some = _new(tuple(would.drifted.values()), tuple(state.drifted.values()))
    return Foreseen(holds_all=holds_all, holds_some=_new(holds_some, holds_all))


def _folded(state: Connection | None, events: list[Event]) -> Connection | None:
    for event in events:
        state = evolve(state, event)
    return state


def _new(causes: tuple[Cause, ...], before: tuple[Cause, ...]) -> tuple[Cause, ...]:
    return tuple(cause for cause in causes if not any(cause.same_matter(one) for one in before))
