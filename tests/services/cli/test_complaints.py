"""Every way a command can fail has a sentence for people and an exit code for scripts."""

import errno

import psycopg
import pytest
from eventsourcing import persistence
from sqlalchemy import exc

from adapters.embedded_postgres import PostgresUnavailable
from adapters.xero import errors as xero
from domain.refusals import ContentConflict, Fault, InvalidInput, NotPossible
from services.cli.complaints import EXPLAINED, complaint
from services.settings import SettingsError

AWAY = psycopg.OperationalError("connection failed: Connection refused\n\tIs the server running on that host?")
SAID_OF_AWAY = "The database cannot be used: connection failed: Connection refused. Repeating the command is safe."


def through_the_store() -> Exception:
    error = persistence.OperationalError()
    error.__cause__ = AWAY
    return error


@pytest.mark.parametrize(
    ("error", "says", "code"),
    [
        (NotPossible("there is no account x"), "There is no account x.", 2),
        (NotPossible("sync_from is fixed"), "sync_from is fixed.", 2),
        (ContentConflict("is it? it is!"), "Is it? it is!", 2),
        (InvalidInput(Fault("/limit", "from 1 to 9"), Fault("", "no")), "limit: from 1 to 9.\nNo.", 2),
        (InvalidInput(Fault("/0/rate", "is empty")), "/0/rate: is empty.", 2),
        (InvalidInput(Fault("/1", "is the same tax set as /0")), "/1: is the same tax set as /0.", 2),
        (SettingsError(["One.", "Two."]), "One.\nTwo.", 78),
        (PostgresUnavailable("PostgreSQL does not start."), "PostgreSQL does not start.", 78),
        (OSError(errno.EACCES, "Permission denied", "/x"), "/x: Permission denied.", 2),
        (TimeoutError("it took long"), "it took long.", 2),
        (
            AWAY,
            "The database cannot be used: connection failed: Connection refused. Repeating the command is safe.",
            78,
        ),
        (
            exc.OperationalError("SELECT 'hidden'", None, AWAY),
            "The database cannot be used: connection failed: Connection refused. Repeating the command is safe.",
            78,
        ),
        (
            through_the_store(),
            "The database cannot be used: connection failed: Connection refused. Repeating the command is safe.",
            78,
        ),
        (
            xero.NotSent("connect"),
            "Xero could not be reached, so nothing was changed there; try again (connect).",
            2,
        ),
        (
            persistence.MapperDeserialisationError("unknown topic 'InvoiceQueued.9' in the event log"),
            "An event cannot be read (unknown topic 'InvoiceQueued.9' in the event log); kyrios-xero verify names all",
            1,
        ),
        (xero.ClientRefused("invalid_client"), "Xero does not accept KYRIOS_XERO_CLIENT_ID and", 78),
        (xero.ConsentFailed("access_denied"), "Xero reports no consent; begin anew", 2),
        (xero.NoToken("refresh_unclear", retry_after=30), "Xero gives us no access just now; try again in about 30", 2),
        (
            xero.Resting("xero_unavailable", retry_after=240),
            "Xero failed us just now and is let rest; try again in about 4 minutes",
            2,
        ),
    ],
)
def test_an_error_is_told_in_one_sentence(error: Exception, says: str, code: int) -> None:
    assert isinstance(error, EXPLAINED)
    sentence, exit_code = complaint(error)
    assert sentence.startswith(says)
    assert exit_code == code


def test_every_error_of_the_xero_client_has_words_of_its_own() -> None:
    kinds = [kind for kind in vars(xero).values() if isinstance(kind, type) and issubclass(kind, xero.XeroError)]
    made = [_made(kind) for kind in kinds if kind is not xero.XeroError]
    sentences = {complaint(error)[0] for error in made}
    assert len(sentences) == len(made)
    assert not any(sentence.startswith("Xero did not do it") for sentence in sentences)


@pytest.mark.parametrize(
    ("kind", "seconds", "says"),
    [
        ("minute", 41.0, "about this organisation within this minute; try again in about 41 seconds."),
        ("minute", None, "about this organisation within this minute; try again in a minute."),
        ("day", 7_200.0, "about this organisation today; try again in about 2 hours."),
        ("day", None, "about this organisation today; try again tomorrow."),
        ("concurrent", None, "as many calls as may run at the same time are under way; try again in a moment."),
        ("app", 30.0, "of all accounts together within this minute; try again in about 30 seconds."),
    ],
)
def test_a_limit_is_named_with_when_to_try_again(kind: xero.LimitKind, seconds: float | None, says: str) -> None:
    sentence, _ = complaint(xero.RateLimited(kind, retry_after=seconds, status=None))
    assert sentence.startswith("Xero cannot be asked just now: ")
    assert sentence.endswith(says)


def _made(kind: type[xero.XeroError]) -> xero.XeroError:
    return xero.RateLimited("minute", retry_after=None) if kind is xero.RateLimited else kind("code")
