"""Use cases: who gets an account's mails. Addresses lie sealed beside the events, which know the ids alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from adapters.event_store import recipients
from adapters.event_store.store import EventStore
from adapters.event_store.writes import SealedAddress, Writes
from adapters.vault.account_keys import AccountKey, AccountKeys, Erased, open_or_erased
from domain import connection as connections
from domain.connection import set_recipients
from domain.event import Actor
from domain.mail_address import checked_address, same_address
from domain.refusals import Fault, InvalidInput, NotPossible
from domain.streams import connection_id
from services.handling import Handling

MOST: Final = 20
TABLE: Final = "recipient"


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody an account tells; `refused_for` is the code with which a mail server refused the address for good."""

    recipient_id: UUID
    address: str
    refused_at: datetime | None = None
    refused_for: str | None = None


class AlertRecipients:
    """Whom an account tells."""

    def __init__(self, store: EventStore, keys: AccountKeys, handling: Handling) -> None:
        self._store, self._keys, self._handling = store, keys, handling

    def listed(self, account_id: str) -> list[Recipient]:
        """Who gets its mails, by address."""
        key = self._keys.find(account_id)
        with self._store.cursor() as cursor:
            rows = recipients.of_account(cursor, account_id)
        found = []
        for row in rows:
            opened = open_or_erased(key, TABLE, str(row["recipient_id"]), 1, bytes(row["sealed"]))
            address = str(opened) if isinstance(opened, Erased) else opened.decode()
            found.append(
                Recipient(
                    recipient_id=row["recipient_id"],
                    address=address,
                    refused_at=row["refused_at"],
                    refused_for=row["refused_for"],
                )
            )
        return sorted(found, key=lambda one: one.address.casefold())

    def change(
        self, account_id: str, actor: Actor, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> list[Recipient]:
        """Add and remove addresses; returns who gets the mails then. One that was refused is tried again if added anew.

        Whoever is added again is the recipient they were. InvalidInput if an address is none, one that is to be removed
        is not there, or one is to be both; NotPossible if they are too many.
        """
        wanted = [checked_address(one, f"/add/{position}") for position, one in enumerate(add)]
        for position, one in enumerate(add):
            if _among(one, remove):
                raise InvalidInput(Fault(f"/add/{position}", "this address is to be removed, too; name it once"))
        known = self.listed(account_id)
        for position, one in enumerate(remove):
            if not _among(one, [recipient.address for recipient in known]):
                raise InvalidInput(Fault(f"/remove/{position}", "this address does not get this account's mails"))
        gone = [*remove, *(r.address for r in known if r.refused_for and _among(r.address, wanted))]
        kept = [recipient for recipient in known if not _among(recipient.address, gone)]
        fresh = [one for one in _each_once(wanted) if not _among(one, [recipient.address for recipient in kept])]
        if len(kept) + len(fresh) > MOST:
            raise NotPossible(f"at most {MOST} addresses get the mails of one account")
        self._store_choice(account_id, actor, [recipient.recipient_id for recipient in kept], fresh)
        return self.listed(account_id)

    def begin_with(self, account_id: str, email: str, actor: Actor) -> None:
        """Whoever connected gets the mails, unless somebody was chosen before (the article: a notification is sent)."""
        known = self._store.load(connection_id(account_id), connections.evolve)
        if known is not None and not known.recipients:
            self.change(account_id, actor, add=[email])

    def _store_choice(self, account_id: str, actor: Actor, kept: Sequence[UUID], fresh: Sequence[str]) -> None:
        key = self._keys.get(account_id)
        made = {_id_of(address, key): address for address in fresh}
        sealed = [
            SealedAddress(
                recipient_id=recipient_id,
                account_id=account_id,
                sealed=key.seal(TABLE, str(recipient_id), 1, address.encode()),
            )
            for recipient_id, address in made.items()
        ]
        self._handling.carry_out(
            connection_id(account_id),
            connections.evolve,
            lambda state, at: set_recipients(state, [*kept, *made], at, anew=[*made]),
            actor,
            Writes(addresses=sealed),
        )


def _id_of(address: str, key: AccountKey) -> UUID:
    """The same for an address whenever it is added, and nothing to whoever has not the account's key."""
    return UUID(hex=key.hmac(f"recipient {address.casefold()}".encode())[:32])


def _among(address: str, others: Sequence[str]) -> bool:
    return any(same_address(address, other) for other in others)


def _each_once(addresses: Sequence[str]) -> list[str]:
    return list({address.casefold(): address for address in addresses}.values())
