"""What each topic does to a projection's row: the narrow struct its body is read into, and the step that folds it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from domain.topics import TOPIC_OF
from projections.recorded import BadEvent, Recorded

Step: TypeAlias = Callable[[Any, Any], None]
Steps: TypeAlias = dict[str, tuple[Callable[[bytes], Any], Step]]
"""By topic: how the body is read, and what it does to the row."""


def steps_of(folded: Mapping[type[Any], tuple[type[Any], Step]]) -> Steps:
    """The steps by topic, from the steps by type of event."""
    return {TOPIC_OF[event]: (msgspec.json.Decoder(fact).decode, step) for event, (fact, step) in folded.items()}


def read(steps: Steps, recorded: Recorded) -> tuple[Any, Step]:
    """What an event says, and what that does. Raises BadEvent if its body cannot be read."""
    decode, step = steps[recorded[3]]
    try:
        return decode(recorded[4]), step
    except msgspec.MsgspecError as error:
        raise BadEvent(recorded, str(error)) from error
