"""What may come of a consent, each with the words its reader gets. A closed list: nothing else is ever shown."""

from typing import Final, Literal, get_args

from domain.causes import Cause, words

Result = Literal[
    "connected",
    "resumed",
    "elsewhere",
    "in_use",
    "denied",
    "expired",
    "used",
    "unknown",
    "other_browser",
    "malformed",
    "scope_refused",
    "refused_by_xero",
    "xero_unreachable",
    "client_refused",
    "failed",
]

CONSENTED: Final[tuple[Result, ...]] = ("connected", "resumed", "elsewhere", "in_use")
"""The results after which Xero is connected, and what is to be done next differs."""

BEGIN_ANEW: Final = "Nothing was changed. Begin again where you began."

WORDS: Final[dict[Result, str]] = {
    "connected": "Xero is connected. Choose next whose books these are, where you began.",
    "resumed": "Xero is connected again, for the same organisation as before: invoices go there, unless something is "
    "still to be done, which is shown where you began.",
    "elsewhere": "Xero agreed, but not for the organisation used so far. Nothing is sent, nor removed in Xero, until "
    "you choose: connect again and pick the former one in Xero, or start afresh with another. What you had left "
    "before is removed all the same.",
    "in_use": f"Xero agreed, but nothing is sent. {words(Cause('organisation_in_use'))}",
    "denied": f"You did not allow access in Xero. {BEGIN_ANEW}",
    "expired": f"This took longer than ten minutes, or the link is too old. {BEGIN_ANEW}",
    "used": "This link or this answer from Xero was used already; each serves once. Nothing was changed by it.",
    "unknown": f"This is not a link or an answer from Xero that we wait for. {BEGIN_ANEW}",
    "other_browser": f"This was begun in another browser; open the link and agree in the same one. {BEGIN_ANEW}",
    "malformed": f"This answer from Xero is not complete, or holds something twice. {BEGIN_ANEW}",
    "scope_refused": "Xero does not grant our app a right it asks for. Nothing was changed. Whoever runs this must "
    "correct KYRIOS_XERO_SCOPES.",
    "refused_by_xero": f"Xero did not accept its own answer, as it was used already or too late. {BEGIN_ANEW}",
    "xero_unreachable": f"Xero could not be asked, or gave no clear answer. {BEGIN_ANEW}",
    "client_refused": "Xero does not accept our client id or secret. Nothing was changed. Whoever runs this must "
    "correct KYRIOS_XERO_CLIENT_ID and KYRIOS_XERO_CLIENT_SECRET.",
    "failed": "Something went wrong on our side; our log says what. Begin again where you began.",
}


def result_of(word: str) -> Result:
    """The result a word stands for; `unknown` for any other word."""
    return next((result for result in get_args(Result) if result == word), "unknown")
