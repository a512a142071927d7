"""Entries with which a worker died: each death is counted, suspects are parted, and a lone one ends."""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from adapters.event_store.outbox import LeasedEntry
from adapters.event_store.outbox_deaths import Suspect
from domain.poison import fate_after_death

KILLED_ITS_WORKER: Final = "internal_error"
"""What is noted on an entry that ends once a search finds that it is not in Xero."""


def suspects(
    group: Sequence[LeasedEntry], new_id: Callable[[], UUID], group_of: Callable[[LeasedEntry], UUID | None]
) -> list[Suspect]:
    """What to note on entries with which one worker died; `group_of` tells with whom an entry has been so far."""
    alone = len(group) == 1
    deaths = 1 + min((entry.deaths_alone if alone else entry.deaths for entry in group), default=0)
    fate = fate_after_death(deaths, len(group))
    halves = (new_id(), new_id()) if fate == "part" else (None, None)
    cause = KILLED_ITS_WORKER if fate == "end" else None
    return [
        Suspect(entry_id=entry.id, group=halves[place >= len(group) // 2] or group_of(entry), cause=cause, alone=alone)
        for place, entry in enumerate(group)
    ]


def of_sends(entry: LeasedEntry) -> UUID | None:
    """With whom an entry is sent."""
    return entry.group


def of_searches(entry: LeasedEntry) -> UUID | None:
    """With whom an entry is searched for."""
    return entry.search_group
