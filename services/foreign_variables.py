"""Variables of other programs that would change how our libraries behave.

libpq reads PGHOST, PGOPTIONS and their like, and the event store's library merges the whole environment into its own
configuration. What the engine does follows its settings alone, so the start of the command removes them.
"""

import re
from collections.abc import MutableMapping

FOREIGN = re.compile(
    r"PG[A-Z]+"
    r"|(?:[A-Z_]*_)?(?:POSTGRES|SQLITE|CIPHER|COMPRESSOR|TRANSCODER|MAPPER|AGGREGATE_CACHE|DEEPCOPY)_[A-Z_]+"
    r"|(?:[A-Z_]*_)?(?:APPLICATION|AGGREGATE|PROCESS|TRACKING)_RECORDER_[A-Z_]+"
    r"|(?:[A-Z_]*_)?(?:CREATE_TABLE|PERSISTENCE_MODULE|IS_SNAPSHOTTING_ENABLED|ORIGINATOR_ID_TYPE|SINGLE_ROW_TRACKING)"
    r"|dramatiq_[a-z_]+"
)


def remove_foreign_variables(environment: MutableMapping[str, str]) -> tuple[str, ...]:
    """Take such variables out of the environment; return their names for the log."""
    names = tuple(sorted(name for name in environment if FOREIGN.fullmatch(name)))
    for name in names:
        del environment[name]
    return names
