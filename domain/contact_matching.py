"""Which Xero contact stands for a Kyrios contact: its link, else a unique e-mail, else a unique exact name, else none.

Pure, and free of anything personal: names and e-mails were compared before, what comes here are ids. Nothing is
guessed: where several fit, or the name is taken, a person decides. Source: the article's contact rules; Xero's page on
contacts for names (unique among active ones), archiving and merging.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from domain.causes import Cause
from domain.contact_link import ContactLink, HowLinked

Verdict = Literal[
    "linked",
    "link",
    "wanted",
    "pending",
    "unread",
    "unreadable",
    "ambiguous",
    "name_taken",
    "archived",
    "missing",
    "refused",
]


class DirectoryContact(msgspec.Struct, frozen=True):
    """A Xero contact as matching sees it. What Xero calls anything but ACTIVE must not be invoiced."""

    xero_contact_id: str
    status: str = "ACTIVE"
    merged_to: str = ""

    @property
    def active(self) -> bool:
        """Whether an invoice may name it."""
        return self.status.upper() == "ACTIVE"


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the contact directory one question needs; `read_since` is when its last full reading began.

    A contact it does not hold is taken for active: it may be newer than the last reading, and Xero has the last word.
    """

    contacts: Mapping[str, DirectoryContact] = msgspec.field(default_factory=dict)
    read_since: datetime | None = None

    def end_of(self, xero_contact_id: str) -> DirectoryContact:
        """The contact itself, or the one it was merged into in the end; a circle of merges ends where it closes."""
        seen = {xero_contact_id}
        here = self._known(xero_contact_id)
        while here.merged_to and here.merged_to not in seen:
            seen.add(here.merged_to)
            here = self._known(here.merged_to)
        return here

    def _known(self, xero_contact_id: str) -> DirectoryContact:
        return self.contacts.get(xero_contact_id) or DirectoryContact(xero_contact_id)


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """A Kyrios contact and the Xero contacts that bear its e-mail, its exact name, or its name in other letter case.

    `of_others` are Xero contacts that stand for another Kyrios contact, one with another e-mail: sharing a name with it
    is no reason to share its contact. `known` says whether its name is kept, `unreadable` that it is and cannot be
    opened; `fragment_hash` is the HMAC of what would be sent to create it.
    """

    kyrios_contact_id: str
    link: ContactLink | None = None
    known: bool = True
    unreadable: bool = False
    by_email: tuple[str, ...] = ()
    by_name: tuple[str, ...] = ()
    by_like_name: tuple[str, ...] = ()
    of_others: tuple[str, ...] = ()
    fragment_hash: str = ""


class ContactStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How a Kyrios contact stands in Xero, and what that puts in the way of its invoices.

    `xero_contact_id` is set for `linked` and for `link`, which is found now by `how` and still to be recorded; `wanted`
    says that a contact is to be created, `pending` that this has been recorded already.
    """

    kyrios_contact_id: str
    verdict: Verdict
    xero_contact_id: str = ""
    how: HowLinked | None = None
    causes: tuple[Cause, ...] = ()

    def differs_from(self, recorded: Iterable[Cause]) -> bool:
        """Whether an invoice blocked for these causes now stands otherwise because of its contact.

        It is then to be claimed anew: to go, to have its contact recorded as wanted, or to be given the right cause.
        """
        of_contact = [cause for cause in recorded if cause.code in CONTACT_CODES]
        if self.verdict == "wanted":
            return bool(of_contact)
        return any(not any(cause.same_matter(now) for now in self.causes) for cause in of_contact)


def email_key(email: str) -> str:
    """E-mail addresses that are the same but for letter case and outer blanks have the same key; "" for none."""
    return email.strip().casefold()


def tidy_name(name: str) -> str:
    """A name as it is compared and sent: composed letters, single blanks, none outside, as Xero keeps names."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def like_name_key(name: str) -> str:
    """Names that Xero takes for the same have the same key. Letter case does not make a name another."""
    return tidy_name(name).casefold()


def standing_of(sought: Sought, directory: Directory, organisation_id: str, *, may_create: bool) -> ContactStanding:
    """Decide how a Kyrios contact stands in this organisation."""
    asked = _Asked(sought, directory, organisation_id, may_create)
    return asked.linked() or asked.under_way() or asked.unreadable() or asked.matched() or asked.unmatched()


_CAUSE_OF: Final[Mapping[Verdict, str]] = {
    "wanted": "contact_pending",
    "pending": "contact_pending",
    "ambiguous": "contact_ambiguous",
    "name_taken": "contact_name_taken",
    "archived": "contact_archived",
    "missing": "contact_missing",
}

CONTACT_CODES: Final = (
    *dict.fromkeys(_CAUSE_OF.values()),
    "rejected_by_xero",
    "retries_exhausted",
    "outcome_unresolved",
    "internal_error",
)
"""The causes an invoice can wait for because of its contact; their key is the Kyrios contact's id."""

SETTLED_BY_LINKING: Final = ("contact_missing", "contact_archived", "contact_name_taken", "contact_ambiguous")
"""Those that go once somebody says which Xero contact stands for the Kyrios contact."""


class _Asked:
    """One question, with everything that is known about it."""

    def __init__(self, sought: Sought, directory: Directory, organisation_id: str, may_create: bool) -> None:
        self._sought, self._directory, self._link = sought, directory, sought.link
        self._organisation_id, self._may_create = organisation_id, may_create

    def linked(self) -> ContactStanding | None:
        """By the link it has, following merges."""
        link = self._link
        if link is None or link.xero_contact_id is None or link.organisation_id != self._organisation_id:
            return None
        end = self._directory.end_of(link.xero_contact_id)
        if not end.active:
            return self._stands("archived")
        if end.xero_contact_id != link.xero_contact_id:
            return self._found(end.xero_contact_id, "merged")
        return self._stands("linked", xero_contact_id=end.xero_contact_id)

    def under_way(self) -> ContactStanding | None:
        """It is being created, or nobody has looked yet whether Xero has it."""
        if self._link and self._link.wanted and self._link.asked_in == self._organisation_id:
            return self._stands("pending")
        if self._directory.read_since is not None:
            return None
        code = "contact_pending" if self._may_create else "contact_missing"
        return self._stands("unread", causes=(self._cause(code),))

    def unreadable(self) -> ContactStanding | None:
        """What is kept of it cannot be opened: our fault, until a person links it or Kyrios sends it again."""
        if not self._sought.unreadable:
            return None
        return self._stands("unreadable", causes=(self._cause("internal_error"),))

    def matched(self) -> ContactStanding | None:
        """By e-mail, then by exact name; a person cut a link for a reason, so such a contact fits no more.

        A contact that is another customer's is not found by its name alone.
        """
        by_email, by_name = self._fitting(self._sought.by_email), self._fitting(self._sought.by_name)
        if len(by_email) == 1:
            return self._found(by_email[0], "email")
        if by_email:
            by_name = [contact for contact in by_name if contact in by_email]
        else:
            of_others = self._active(self._sought.of_others)
            by_name = [contact for contact in by_name if contact not in of_others]
        if len(by_name) == 1:
            return self._found(by_name[0], "name")
        return self._stands("ambiguous") if by_email or by_name else None

    def unmatched(self) -> ContactStanding:
        """No active contact fits: create one, unless something speaks against it."""
        if self._active(self._sought.by_like_name):
            return self._stands("name_taken")
        if self._archived((*self._sought.by_email, *self._sought.by_name)):
            return self._stands("archived")
        if not self._may_create or not self._sought.known:
            return self._stands("missing")
        if self._link and self._link.refused_for and self._still_refused(self._link):
            return self._stands("refused", causes=(self._link.refused_for,))
        return self._stands("wanted")

    def _still_refused(self, link: ContactLink) -> bool:
        """Whether asking again would be refused again: the same was sent, and nothing was read since that helps."""
        if link.asked_in != self._organisation_id or link.refused_hash != self._sought.fragment_hash:
            return False
        read, refused = self._directory.read_since, link.refused_at
        looked_since = read is not None and refused is not None and read > refused
        return not (looked_since and link.refused_for and link.refused_for.code == "contact_name_taken")

    def _active(self, candidates: Sequence[str]) -> list[str]:
        ends = (self._directory.end_of(candidate) for candidate in candidates)
        return list(dict.fromkeys(end.xero_contact_id for end in ends if end.active))

    def _fitting(self, candidates: Sequence[str]) -> list[str]:
        cut = self._link.cut if self._link else ()
        return [contact for contact in self._active(candidates) if contact not in cut]

    def _archived(self, candidates: Sequence[str]) -> bool:
        cut = self._link.cut if self._link else ()
        ends = (self._directory.end_of(candidate) for candidate in candidates if candidate not in cut)
        return any(not end.active for end in ends)

    def _found(self, xero_contact_id: str, how: HowLinked) -> ContactStanding:
        return self._stands("link", xero_contact_id=xero_contact_id, how=how)

    def _stands(
        self,
        verdict: Verdict,
        *,
        xero_contact_id: str = "",
        how: HowLinked | None = None,
        causes: tuple[Cause, ...] = (),
    ) -> ContactStanding:
        if not causes and verdict in _CAUSE_OF:
            causes = (self._cause(_CAUSE_OF[verdict]),)
        return ContactStanding(
            kyrios_contact_id=self._sought.kyrios_contact_id,
            verdict=verdict,
            xero_contact_id=xero_contact_id,
            how=how,
            causes=causes,
        )

    def _cause(self, code: str) -> Cause:
        return Cause(code, key=self._sought.kyrios_contact_id)
