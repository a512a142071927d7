"""The errors a caller meets when a command is not carried out. Nothing is written when one of them is raised.

    Refusal
    ├── InvalidInput          the input itself is wrong; every fault with its pointer
    ├── NotPossible           well-formed, but makes no sense in this state (retry of a synced invoice, …)
    │   ├── OrganisationInUse another account's invoices go to that organisation
    │   └── OnlyACopy         the history at hand is a copy, in which nothing is changed
    ├── ContentConflict       the same invoice id was accepted before with other content
    ├── KeyReused             the same idempotency key was used before for another request
    └── ConcurrentChange      others kept changing the same aggregate; the caller may simply repeat

A refusal by Xero is not here: that is a fact, recorded as an event with a cause from the catalogue.
"""

import msgspec

from domain.causes import Cause, words


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong with an input: JSON pointer (RFC 6901) to the place, and what is wrong in plain words."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message}"


class Refusal(Exception):
    """A command was not carried out, and nothing changed."""

    code = "refused"


class InvalidInput(Refusal):
    """The input is malformed; `faults` lists everything that is wrong, not just the first."""

    code = "invalid_input"

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(str(fault) for fault in faults))


class NotPossible(Refusal):
    """The command makes no sense in the present state; the message says why and what would help."""

    code = "not_possible"


class OrganisationInUse(NotPossible):
    """The organisation belongs to another Kyrios account; `organisation_id` says which one it is."""

    code = "organisation_in_use"

    def __init__(self, organisation_id: str) -> None:
        super().__init__(words(Cause(self.code)))
        self.organisation_id = organisation_id


class OnlyACopy(NotPossible):
    """The history at hand is the copy of another one: it can be looked at, and neither changed nor sent from."""

    code = "only_a_copy"

    def __init__(self) -> None:
        super().__init__(
            "this database is the copy of a history, made to be looked at: nothing is changed here and nothing sent. "
            "Do it where the original is"
        )


class ContentConflict(Refusal):
    """An invoice id that was already accepted came again with other content."""

    code = "content_conflict"


class KeyReused(Refusal):
    """An idempotency key that was already used came again with another request."""

    code = "key_reused"


class ConcurrentChange(Refusal):
    """The aggregate kept moving while we decided; repeating the command is safe."""

    code = "concurrent_change"
