"""Grants as tests have them: kept and destroyed in a transaction of their own, without the events that say so."""

from typing import Any
from uuid import UUID

from adapters.vault.grants import Grants, destroy_within, insert_within


def store(grants: Grants, **new: Any) -> None:
    """Keep the tokens of a new consent; see `Grants.seal`."""
    with grants._begin() as cursor:
        insert_within(cursor, grants.seal(**new))


def destroy(grants: Grants, grant_id: UUID) -> bool:
    """Destroy the tokens; False if they were gone already."""
    with grants._begin() as cursor:
        return destroy_within(cursor, [grant_id]) == 1
