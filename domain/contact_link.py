"""ContactLink: which Xero contact stands for a Kyrios contact. Events, state, evolve, decisions. Ids only."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from domain.causes import Cause
from domain.event import Decision, Event, Moment
from domain.refusals import NotPossible
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
    """The link was cut; or it went on to another Kyrios contact, into which this one was merged."""

    kyrios_contact_id: str
    xero_contact_id: str
    moved_to: str | None = None


class ContactRefused(Event, frozen=True, kw_only=True):
    """The contact is not created: Xero refused it, and its words lie sealed under `answer_ref`; or it was not asked.

    `fragment_hash` is the HMAC of what Xero refused, empty if it was not asked.
    """

    kyrios_contact_id: str
    cause: Cause
    answer_ref: UUID | None = None
    fragment_hash: str = ""


class SubjectErased(Event, frozen=True, kw_only=True):
    """The person behind this Kyrios contact was erased (by whom: the actor); `reason` is a code, never free text."""

    kyrios_contact_id: str
    reason: str


# ── state ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class ContactLink(msgspec.Struct, frozen=True, kw_only=True):
    """The link of one Kyrios contact; `xero_contact_id` is None while there is none.

    `organisation_id` is the organisation that contact belongs to: a link made in one is none in another. `asked_in` is
    where it was last to be created, `cut` the Xero contacts a person parted it from, `moved_to` the Kyrios contact it
    was merged into.
    """

    account_id: str
    kyrios_contact_id: str
    version: int
    xero_contact_id: str | None = None
    organisation_id: str | None = None
    wanted: bool = False
    asked_in: str | None = None
    refused_for: Cause | None = None
    refused_at: datetime | None = None
    refused_hash: str = ""
    answer_ref: UUID | None = None
    cut: tuple[str, ...] = ()
    moved_to: str | None = None
    erased: bool = False


def evolve(state: ContactLink | None, event: Event) -> ContactLink:
    """Fold one event. Only assigns; total over every event ever stored in this stream."""
    known = state or ContactLink(
        account_id=event.account_id, kyrios_contact_id=getattr(event, "kyrios_contact_id", ""), version=0
    )
    return msgspec.structs.replace(
        known,
        version=event.originator_version,
        **_APPLY[type(event)](known, event),
    )


def _unlinked(state: ContactLink, event: ContactUnlinked) -> dict[str, object]:
    if event.moved_to is not None:
        return {"xero_contact_id": None, "moved_to": event.moved_to}
    return {"xero_contact_id": None, "cut": (*state.cut, event.xero_contact_id)}


_APPLY: Final[dict[type[Event], Callable[..., dict[str, object]]]] = {
    ContactWanted: lambda _, e: {"wanted": True, "refused_for": None, "asked_in": e.organisation_id},
    ContactLinked: lambda s, e: {
        "xero_contact_id": e.xero_contact_id,
        "organisation_id": e.organisation_id,
        "wanted": False,
        "refused_for": None,
        "cut": tuple(contact for contact in s.cut if contact != e.xero_contact_id),
        "moved_to": None,
    },
    ContactUnlinked: _unlinked,
    ContactRefused: lambda _, e: {
        "refused_for": e.cause,
        "refused_at": e.occurred_at,
        "refused_hash": e.fragment_hash,
        "answer_ref": e.answer_ref,
        "wanted": False,
    },
    SubjectErased: lambda *_: {"erased": True},
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
    decision = _decide(state, account_id, kyrios_contact_id, at)
    decision.add(
        ContactLinked,
        organisation_id=organisation_id,
        kyrios_contact_id=kyrios_contact_id,
        xero_contact_id=xero_contact_id,
        how=how,
    )
    return decision.events


def want(
    state: ContactLink | None, account_id: str, kyrios_contact_id: str, organisation_id: str, at: Moment
) -> list[Event]:
    """No Xero contact fits: one is to be created. Already on its way: nothing new."""
    if state and state.wanted and state.asked_in == organisation_id:
        return []
    decision = _decide(state, account_id, kyrios_contact_id, at)
    decision.add(ContactWanted, organisation_id=organisation_id, kyrios_contact_id=kyrios_contact_id)
    return decision.events


def want_again(state: ContactLink | None, organisation_id: str, at: Moment) -> list[Event]:
    """A person asks for another try after a refusal. One that was not refused is left alone."""
    if state is None or state.refused_for is None or state.asked_in != organisation_id:
        return []
    return want(state, state.account_id, state.kyrios_contact_id, organisation_id, at)


def refuse(
    state: ContactLink,
    cause: Cause,
    *,
    organisation_id: str | None,
    at: Moment,
    fragment_hash: str = "",
    answer_ref: UUID | None = None,
) -> list[Event]:
    """The contact is not created after all. One that is no longer wanted is left alone."""
    if not state.wanted:
        return []
    decision = _decide(state, state.account_id, state.kyrios_contact_id, at)
    decision.add(
        ContactRefused,
        organisation_id=organisation_id,
        kyrios_contact_id=state.kyrios_contact_id,
        cause=cause,
        answer_ref=answer_ref,
        fragment_hash=fragment_hash,
    )
    return decision.events


def unlink(state: ContactLink | None, at: Moment, *, moved_to: str | None = None) -> list[Event]:
    """Cut the link, or let it go on to the Kyrios contact this one was merged into. Not linked: nothing new."""
    if state is None or state.xero_contact_id is None:
        return []
    decision = _decide(state, state.account_id, state.kyrios_contact_id, at)
    decision.add(
        ContactUnlinked,
        organisation_id=state.organisation_id,
        kyrios_contact_id=state.kyrios_contact_id,
        xero_contact_id=state.xero_contact_id,
        moved_to=moved_to,
    )
    return decision.events


def move(
    source: ContactLink | None, target: ContactLink | None, source_id: str, target_id: str, at: Moment
) -> list[Event]:
    """Kyrios merged one contact into another: the link goes with it, and so do invoices that name the first."""
    if source_id == target_id:
        raise NotPossible(f"contact {source_id} cannot be moved to itself")
    if not target_id.strip():
        raise NotPossible("the id of the contact it is moved to is empty")
    if source is None or source.xero_contact_id is None or source.organisation_id is None:
        raise NotPossible(f"contact {source_id} is not linked to a Xero contact, so there is no link to move")
    if target and target.xero_contact_id and target.xero_contact_id != source.xero_contact_id:
        raise NotPossible(
            f"contact {target_id} is linked to Xero contact {target.xero_contact_id} already, and {source_id} to "
            f"{source.xero_contact_id}; unlink one of them first"
        )
    linked = link(target, source.account_id, target_id, source.xero_contact_id, "moved", source.organisation_id, at)
    return [*linked, *unlink(source, at, moved_to=target_id)]


def erase(
    state: ContactLink | None,
    account_id: str,
    kyrios_contact_id: str,
    reason: str,
    *,
    organisation_id: str | None,
    at: Moment,
) -> list[Event]:
    """Its person is erased, with all that was kept until now; the link stays, which is two ids."""
    decision = _decide(state, account_id, kyrios_contact_id, at)
    decision.add(SubjectErased, organisation_id=organisation_id, kyrios_contact_id=kyrios_contact_id, reason=reason)
    return decision.events


def _decide(state: ContactLink | None, account_id: str, kyrios_contact_id: str, at: Moment) -> Decision[ContactLink]:
    stream = contact_link_stream(account_id, kyrios_contact_id)
    return Decision(stream, account_id, state, state.version if state else 0, evolve, at)
