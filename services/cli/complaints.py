"""What can go wrong with a command, in one clear sentence, and the code it ends with."""

from typing import Final

import psycopg
from eventsourcing import persistence
from sqlalchemy import exc

from adapters.embedded_postgres import PostgresUnavailable
from adapters.xero import errors as xero
from domain.causes import Cause, words
from domain.next_steps import when
from domain.permissions import UNNAMED
from domain.refusals import Fault, InvalidInput, Refusal
from services.migrations import SchemaBehind
from services.settings import SettingsError

EXIT_UNCLEAN: Final = 1
EXIT_REFUSED: Final = 2
EXIT_CONFIGURATION: Final = 78
EXIT_INTERRUPTED: Final = 130

NO_DATABASE: Final = (
    psycopg.OperationalError,
    psycopg.errors.InsufficientPrivilege,
    persistence.OperationalError,
    persistence.InterfaceError,
    exc.OperationalError,
    exc.InterfaceError,
)
"""How our three ways to PostgreSQL say that it is away, full, or does not let us in."""

EXPLAINED: Final = (
    Refusal,
    xero.XeroError,
    SettingsError,
    PostgresUnavailable,
    SchemaBehind,
    OSError,
    persistence.MapperDeserialisationError,
    *NO_DATABASE,
)
"""Whatever else is raised is a fault of ours, and its traceback is what helps."""

_XERO: Final[dict[type[xero.XeroError], str]] = {
    xero.NoToken: "Xero gives us no access just now",
    xero.Resting: "Xero failed us just now and is let rest",
    xero.NotSent: "Xero could not be reached, so nothing was changed there; try again",
    xero.OutcomeUnclear: "Xero gave no clear answer; try again",
    xero.BatchRefused: "Xero refused the request",
    xero.NotFound: "Xero knows no such thing",
    xero.Unauthorised: "Xero does not accept the account's authorisation; connect the account again",
    xero.PermissionMissing: words(Cause("permission_missing", facts={"missing": UNNAMED})).removesuffix("."),
    xero.NotConnected: "Xero no longer lets us at this organisation; connect the account again",
    xero.AuthorisationLost: words(Cause("authorisation_lost")),
    xero.ConsentFailed: "Xero reports no consent; begin anew with: kyrios-xero connections connect",
    xero.ClientRefused: "Xero does not accept KYRIOS_XERO_CLIENT_ID and KYRIOS_XERO_CLIENT_SECRET; correct them",
}


_LIMITS: Final[dict[xero.LimitKind, tuple[str, str]]] = {
    "minute": ("Xero takes no more calls about this organisation within this minute", "in a minute"),
    "day": ("Xero takes no more calls about this organisation today", "tomorrow"),
    "concurrent": ("as many calls as may run at the same time are under way", "in a moment"),
    "app": ("Xero takes no more calls of all accounts together within this minute", "in a minute"),
}
"""Which limit keeps us from asking, and when to try again if nobody knows it better."""


def complaint(error: Exception) -> tuple[str, int]:
    """The sentence and the exit code for one of EXPLAINED."""
    match error:
        case InvalidInput():
            return "\n".join(_fault(fault) for fault in error.faults), EXIT_REFUSED
        case Refusal():
            return sentence(str(error)), EXIT_REFUSED
        case xero.XeroError():
            return _of_xero(error), EXIT_CONFIGURATION if isinstance(error, xero.ClientRefused) else EXIT_REFUSED
        case SettingsError():
            return "\n".join(error.problems), EXIT_CONFIGURATION
        case PostgresUnavailable() | SchemaBehind():
            return sentence(str(error)), EXIT_CONFIGURATION
        case OSError():
            return _of_files(error), EXIT_REFUSED
        case persistence.MapperDeserialisationError():
            return f"An event cannot be read ({error}); kyrios-xero verify names all such.", EXIT_UNCLEAN
    return _of_database(error), EXIT_CONFIGURATION


def sentence(text: str) -> str:
    """The text on one line, begun with a capital, unless it begins with an identifier, and ended with a stop."""
    text = " ".join(text.splitlines())
    first = text.split(" ", 1)[0]
    begun = text[:1].upper() + text[1:] if first.isalpha() else text
    return begun if begun.endswith((".", "!", "?")) else f"{begun}."


def _fault(fault: Fault) -> str:
    """Where in a document the fault is; what stands alone, such as an option, is named without a pointer.

    A place in a list is no name: it stays the pointer it is.
    """
    place = fault.pointer.removeprefix("/")
    shown = fault.pointer if "/" in place or place.isdecimal() else place
    return sentence(f"{shown}: {fault.message}" if place else fault.message)


def _of_xero(error: xero.XeroError) -> str:
    if isinstance(error, xero.RateLimited):
        says, later = _LIMITS[error.kind]
        known = f" (Xero's id {error.correlation_id})" if error.correlation_id else ""
        return f"Xero cannot be asked just now: {says}; {_again(error.retry_after, later)}{known}."
    said = next((words for kind, words in _XERO.items() if isinstance(error, kind)), "Xero did not do it")
    if isinstance(error, xero.NoToken | xero.Resting):
        return sentence(f"{said}; {_again(error.retry_after, 'in a moment')} ({error})")
    return sentence(f"{said} ({error})" if str(error) else said)


def _again(seconds: float | None, otherwise: str) -> str:
    return f"try again {otherwise if seconds is None or seconds < 1 else when(seconds)}"


def _of_files(error: OSError) -> str:
    why = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {why}." if error.filename else f"{why}."


def _of_database(error: BaseException) -> str:
    """The driver's first line says why; the lines after it, and what wraps it, are for programmers."""
    cause = getattr(error, "orig", None) or error.__cause__ or error
    said = (str(cause).strip() or type(cause).__name__).splitlines()[0].rstrip(".")
    return f"The database cannot be used: {said}. Repeating the command is safe."
