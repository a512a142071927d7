"""What helps an account that is connected and reaches no organisation of its own: the commands that choose one."""

from collections.abc import Iterable
from typing import Final

from domain.connection import Connection

_HELPED_BY_CHOOSING: Final = frozenset({"organisation_changed", "organisation_in_use", "setup_incomplete"})


def ways_to_choose(known: Connection | None) -> list[str]:
    """The commands, the likeliest first; none if nothing waits for a choice."""
    if known is None or known.grant_id is None or known.xero_connection_id:
        return []
    choose = f"kyrios-xero connections choose {known.account_id}"
    if known.withheld is not None and known.refused_books is None:
        return [f"{choose} {known.picked} --start-afresh", f"{choose} {known.organisation_id}"]
    return [f"kyrios-xero connections organisations {known.account_id}", f"{choose} ORGANISATION"]


def what_helps(known: Connection | None, codes: Iterable[str]) -> str:
    """The same in a sentence, if one of these causes is settled by choosing; else empty."""
    ways = ways_to_choose(known) if _HELPED_BY_CHOOSING.intersection(codes) else []
    return f"What helps: {', or '.join(ways)}" if ways else ""
