"""A connection in words, as the projection knows it: the same for status, feed and history."""

from collections.abc import Callable, Iterable, Mapping

from domain.connection_words import NO_NAMES, connection_words
from projections.connection_status import NOT_CONNECTED, ConnectionRow

Names = Callable[[Iterable[tuple[str, str]]], Mapping[str, str]]
"""What organisations call themselves, by id, for pairs of an account and an organisation it mentions."""


def nameless(mentioned: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Knows no names, so that organisations go by their ids."""
    return NO_NAMES


def row_in_words(row: ConnectionRow | None, names: Mapping[str, str] = NO_NAMES) -> str:
    """Its state in a sentence or two; None is an account that was never connected."""
    if row is None:
        return connection_words("not_connected", NOT_CONNECTED, None)
    return connection_words(
        row.status,
        row.causes,
        row.disconnected_for,
        ended_at=row.disconnected_at,
        used=row.organisation_id,
        names=names,
    )


def mentioned_by(row: ConnectionRow) -> list[tuple[str, str]]:
    """The organisations its words may name, each with the account that mentions it."""
    picked = (cause.facts.get("picked") for cause in row.causes)
    return [(row.account_id, one) for one in (row.organisation_id, *picked) if one]
