"""Everything an installation keeps, with every seal opened: what somebody who has the keys could read."""

from collections.abc import Callable, Iterator
from typing import Any

from adapters.contact_directory import place_of
from adapters.vault.account_keys import AccountKey
from tests.leaks import dumped
from tests.world import ACCOUNT, World

Place = Callable[[dict[str, Any]], tuple[str, int]]

SEALED: dict[str, tuple[str, Place]] = {
    "invoice_text": ("sealed", lambda r: (str(r["stream_id"]), r["revision"])),
    "answer_text": ("sealed", lambda r: (str(r["answer_id"]), 1)),
    "kyrios_contact": ("sealed", lambda r: (r["kyrios_contact_id"], r["revision"])),
    "contact_directory": (
        "sealed",
        lambda r: (place_of(r["connection_id"], r["organisation_id"], r["xero_contact_id"]), r["revision"]),
    ),
    "delivery_fragment": ("fragment", lambda r: (f"{r['delivery_id']}/{r['position']}", 1)),
    "recipient": ("sealed", lambda r: (str(r["recipient_id"]), 1)),
    "mail": ("sealed", lambda r: (str(r["id"]), r["issue"])),
}
"""The tables that hold what is sealed under an account's key: in which column, and for which place."""


def opened(world: World) -> Iterator[bytes]:
    """Every sealed value that is kept, opened."""
    key: AccountKey = world.engine.account_keys.get(ACCOUNT)
    with world.engine.store.cursor() as cursor:
        for table, (column, place) in SEALED.items():
            for row in cursor.execute(f"SELECT * FROM app.{table}").fetchall():
                if row[column] is not None:
                    yield key.open(table, *place(row), bytes(row[column]))


def everything(world: World) -> list[bytes]:
    """A dump of the database with every byte string in it, and all that is sealed, opened."""
    return [dumped(world.engine.database_url), *opened(world)]
