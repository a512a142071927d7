"""What becomes of entries that together spoil every request they are in, or kill the process that carries them. Pure.

Nobody can tell which of them it is, so they are parted: halves go on apart, and the one that is left alone with its
fault ends. Finding one among n takes 2 x ceil(log2 n) more requests; the others go through.
"""

from typing import Final, Literal

TRIES_BEFORE_PARTING: Final = 2
"""Requests that end in a server error before their entries are parted: once may be anything."""
DEATHS_BEFORE_PARTING: Final = 3
DEATHS_ALONE: Final = 5
"""Workers that may die with an entry before it is parted from its fellows, and before it ends when it has none.

Processes are killed for other reasons too; nobody dies five times in a row by chance with the same lone entry.
"""

Fate = Literal["again", "part", "end"]


def fate_after_server_error(tries: int, together: int) -> Fate:
    """What becomes of entries whose request ended in a server error, tried so often already; each is searched first."""
    return "part" if together > 1 and tries >= TRIES_BEFORE_PARTING else "again"


def fate_after_death(deaths: int, together: int) -> Fate:
    """What becomes of entries with which a worker died, the last death included."""
    if together > 1:
        return "part" if deaths >= DEATHS_BEFORE_PARTING else "again"
    return "end" if deaths >= DEATHS_ALONE else "again"
