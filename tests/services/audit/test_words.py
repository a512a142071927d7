"""Events in words: how many of something there are is said in its number."""

import datetime as dt

import pytest

from domain.connection import AlertRecipientsSet, Connected, InactivityWarned, TaxRatesDeclared
from domain.event import Event
from services.audit.words import in_words
from tests.examples import DECLARED_GST, DECLARED_ZERO, identity
from tests.given import fact


def consented(*scopes: str) -> Event:
    return fact(Connected, grant_id=identity("grant"), scopes=scopes, xero_user_id="user")


def warned(days: int) -> Event:
    return fact(InactivityWarned, days_left=days, last_activity_at=dt.datetime(2026, 8, 1, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (consented(), "consented to 0 rights."),
        (consented("a"), "consented to 1 right."),
        (consented("a", "b"), "consented to 2 rights."),
        (fact(TaxRatesDeclared, tax_sets=()), "Kyrios offers 0 tax sets: none."),
        (fact(TaxRatesDeclared, tax_sets=(DECLARED_GST,)), "Kyrios offers 1 tax set: gst@15."),
        (
            fact(TaxRatesDeclared, tax_sets=(DECLARED_GST, DECLARED_ZERO)),
            "Kyrios offers 2 tax sets: gst@15, gst-zero@0.",
        ),
        (fact(AlertRecipientsSet, recipient_ids=()), "Mails go to 0 recipients."),
        (fact(AlertRecipientsSet, recipient_ids=(identity("r"),)), "Mails go to 1 recipient."),
        (warned(1), "in 1 day; the last"),
        (warned(2), "in 2 days; the last"),
    ],
)
def test_an_event_says_how_many_in_their_number(event: Event, says: str) -> None:
    assert says in in_words(event)
