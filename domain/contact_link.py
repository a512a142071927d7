"""ContactLink: which Xero contact stands for a Kyrios contact. Events, state, evolve, decisions. Ids only."""

from collections.abc import Callable
from typing import Final, Literal
from uuid import UUID

import msgspec

from domain.causes import Cause
from domain.event import Decision, Event, Moment
from domain.streams import contact_link_stream

HowLinked = Literal["person", "email", "name", "created", "merged", "moved"]


# ── events ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class ContactWanted(Event, frozen=True, kw_only=True):
    """No Xero contact fits this Kyrios contact; one is to be created."""

    kyrios_contact_id: str


class ContactLinked(Event, frozen=True, kw_only=True):
    """This Xero contact stands for the Kyrios contact, and how that was found."""

    kyrios_contact_id: str
    xero_contact_id: str
    how: HowLinked


class ContactUnlinked(Event, frozen=True, kw_only=True):
    """The link was cut."""

    kyrios_contact_id: str
    xero_contact_id: str


class ContactRefused(Event, frozen=True, kw_only=True):
    """Xero refused to create the contact; its words lie sealed under `answer_ref`."""

    kyrios_contact_id: str
    cause: Cause
    answer_ref: UUID | None = None


class SubjectErased(Event, frozen=True, kw_only=True):
    """The person behind this Kyrios contact was erased (by whom: the actor); `reason` is a code, never free text."""

    kyrios_contact_id: str
    reason: str


# ── state ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class ContactLink(msgspec.Struct, frozen=True, kw_only=True):
    """The link of one Kyrios contact; `xero_contact_id` is None while there is none.

    `organisation_id` is the organisation that contact belongs to: a link made in one is none in another.
    """

    account_id: str
    kyrios_contact_id: str
    version: int
    xero_contact_id: str | None = None
    organisation_id: str | None = None
    wanted: bool = False
    refused_for: Cause | None = None
    erased: bool = False


def evolve(state: ContactLink | None, event: Event) -> ContactLink:
    """Fold one event. Only assigns; total over every event ever stored in this stream."""
    known = state or ContactLink(
        account_id=event.account_id, kyrios_contact_id=getattr(event, "kyrios_contact_id", ""), version=0
    )
    return msgspec.structs.replace(
        known,
        version=event.originator_version,
        **_APPLY[type(event)](event),
    )


_APPLY: Final[dict[type[Event], Callable[..., dict[str, object]]]] = {
    ContactWanted: lambda _: {"wanted": True, "refused_for": None},
    ContactLinked: lambda e: {
        "xero_contact_id": e.xero_contact_id,
        "organisation_id": e.organisation_id,
        "wanted": False,
        "refused_for": None,
    },
    ContactUnlinked: lambda _: {"xero_contact_id": None},
    ContactRefused: lambda e: {"refused_for": e.cause, "wanted": False},
    SubjectErased: lambda _: {"erased": True},
}

EVENTS: Final[tuple[type[Event], ...]] = tuple(_APPLY)


# ── decisions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def link(
    state: ContactLink | None,
    account_id: str,
    kyrios_contact_id: str,
    xero_contact_id: str,
    how: HowLinked,
    organisation_id: str,
    at: Moment,
) -> list[Event]:
    """Let a Xero contact stand for a Kyrios contact; a link to another Xero contact is replaced."""
    if state and (state.xero_contact_id, state.organisation_id) == (xero_contact_id, organisation_id):
        return []
    stream = contact_link_stream(account_id, kyrios_contact_id)
    decision = Decision(stream, account_id, state, state.version if state else 0, evolve, at)
    decision.add(
        ContactLinked,
        organisation_id=organisation_id,
        kyrios_contact_id=kyrios_contact_id,
        xero_contact_id=xero_contact_id,
        how=how,
    )
    return decision.events
