"""Entries with which a worker died: each death is counted, suspects are parted, and a lone one ends."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from adapters.event_store.outbox import LeasedEntry
from adapters.event_store.outbox_deaths import Suspect
from domain.poison import fate_after_death

KILLED_ITS_WORKER: Final = "internal_error"
"""What is noted on an entry that ends once a search finds that it is not in Xero."""


def parted(entries: Sequence[LeasedEntry], new_id: Callable[[], UUID]) -> list[Suspect]:
    """What to note on entries whose deliveries died: those of one delivery stand under suspicion together."""
    together: defaultdict[UUID | None, list[LeasedEntry]] = defaultdict(list)
    for entry in entries:
        together[entry.delivery_id].append(entry)
    return [suspect for group in together.values() for suspect in suspects(group, new_id)]


def suspects(group: Sequence[LeasedEntry], new_id: Callable[[], UUID]) -> list[Suspect]:
    """What to note on entries with which one worker died."""
    fate = fate_after_death(1 + min(entry.deaths for entry in group), len(group)) if group else "again"
    halves = (new_id(), new_id()) if fate == "part" else (None, None)
    cause = KILLED_ITS_WORKER if fate == "end" else None
    return [
        Suspect(entry_id=entry.id, group=halves[position >= len(group) // 2] or entry.group, cause=cause)
        for position, entry in enumerate(group)
    ]
