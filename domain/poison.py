"""What becomes of entries that together spoil every request they are in, or kill the process that carries them. Pure.

Nobody can tell which of them it is, so they are parted: halves go on apart, and the one that is left alone with its
fault ends. Finding one among n takes 2 x ceil(log2 n) more requests, and one more if Xero does not say what is wrong;
the others go through. A lone one on which Xero breaks without a refusal is nobody's fault yet: retries end it. That
holds for searches as for what is sent; but what could not be searched for is not sent again.

Nobody ends by what happened in company, which is perhaps another's doing: neither by deaths nor by tries.
"""

from typing import Final, Literal

from domain.retry import FIRST_WAIT, MOST_ATTEMPTS, OLDEST

TRIES_BEFORE_PARTING: Final = 2
"""Requests that end in a server error before their entries are parted: once may be anything."""
DEATHS_BEFORE_PARTING: Final = 3
DEATHS_ALONE: Final = 5
"""Workers that may die with an entry before it is parted from its fellows, and before it ends when it has none.

Processes are killed for other reasons too; nobody dies five times in a row by chance with the same lone entry. Deaths
in company are not counted among those: they were perhaps another's.
"""
SHORTEST_SEARCH: Final = 2 * 3600.0
"""Seconds for which a lone entry is searched for in vain, however often, before it ends: outages are mostly shorter."""

Fate = Literal["again", "part", "alone", "end"]
"""`alone`: again, but never with others."""


def fate_after_refusal(together: int, told_why: bool, refused_before: bool) -> Fate:
    """What becomes of entries whose request was refused whole; each is searched first, and goes on if it is not there.

    `told_why`: the answer says what is wrong with what was sent, so that sending it again would be refused again. One
    that says nothing may be Xero's own slip: a lone entry has a second try, and ends if that is refused like it.
    """
    if together > 1:
        return "part"
    return "end" if told_why or refused_before else "again"


def fate_after_server_error(tries: int, together: int) -> Fate:
    """What becomes of entries whose request ended in a server error, tried so often already; each is searched first."""
    if tries < TRIES_BEFORE_PARTING:
        return "again"
    return "part" if together > 1 else "alone"


def fate_after_tries(tries: int, together: int) -> Fate:
    """What becomes of entries whose request came to nothing, whyever, when one of them was tried so often already."""
    return "part" if together > 1 and tries >= MOST_ATTEMPTS else "again"


def fate_after_death(deaths: int, together: int) -> Fate:
    """What becomes of entries with which a worker died, the last death included.

    `deaths` are those of its members in company, or, of a lone one, those in a row that it had by itself.
    """
    if together > 1:
        return "part" if deaths >= DEATHS_BEFORE_PARTING else "again"
    return "end" if deaths >= DEATHS_ALONE else "again"


def wait_after_break(breaks: int) -> float:
    """Seconds before the next try of a lone entry that broke its claim `breaks` times in a row: a minute in all.

    What broke there may not have been the entry: a process that had no memory left has some in a moment.
    """
    return FIRST_WAIT * 2.0**breaks


def fate_after_search(spoiled: int, searching: float, together: int) -> Fate:
    """What becomes of entries whose outcome a search was to tell, and did not, for the first time `searching` s ago.

    `spoiled` of these searches in a row may have failed by the fault of what was searched for. One that Xero surely
    failed counts for nothing but its time: after three days a person has to look.
    """
    if together > 1:
        return "part" if spoiled >= TRIES_BEFORE_PARTING else "again"
    tried_enough = spoiled >= MOST_ATTEMPTS and searching >= SHORTEST_SEARCH
    return "end" if tried_enough or searching > OLDEST else "again"
