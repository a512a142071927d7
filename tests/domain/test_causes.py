"""The catalogue of causes: codes and meanings that never change, words whose gaps are always filled."""

import datetime as dt
from string import Formatter
from typing import Final, get_args

import msgspec
import pytest

from domain import invoice
from domain.causes import CATALOGUE, OF_SEVERAL, Cause, Standing, Who, who_acts, words, words_of_several
from domain.connection import what_holds
from domain.preflight import causes_against
from tests.domain.invoice_history import ANSWERED, QUEUED
from tests.examples import CLEARING, LUXURY, NO_CONTACT, ORGANISATION, document, line, open_connection_state, totals
from tests.given import given

MEANING: Final = """
    not_connected                gate      owner          no   auto
    setup_incomplete             gate      owner          no   auto
    authorisation_lost           gate      owner          no   auto
    permission_missing           gate      owner          no   auto
    right_not_asked              gate      owner,support  no   auto
    removed_in_xero              gate      owner          no   auto
    inactivity                   gate      owner          no   auto
    organisation_changed         gate      owner          no   auto
    organisation_in_use          gate      owner,support  no   auto
    organisation_cannot_invoice  blocked   owner          no   auto
    tax_mapping_incomplete       gate      owner          no   auto
    tax_set_unmapped             blocked   owner          no   auto
    tax_rate_mismatch            blocked   owner          no   auto
    tax_rate_unavailable         blocked   owner          no   auto
    tax_not_allowed_on_account   blocked   owner          no   auto
    account_not_selected         blocked   owner          no   auto
    account_not_payment_enabled  blocked   owner          no   auto
    account_archived             blocked   owner          no   auto
    account_is_bank              blocked   owner          no   auto
    payment_account_missing      blocked   owner          no   auto
    contact_missing              blocked   owner          no   auto
    contact_pending              blocked   nobody         no   auto
    contact_archived             blocked   owner          no   auto
    contact_name_taken           blocked   owner          no   auto
    contact_ambiguous            blocked   owner          no   auto
    currency_not_enabled         blocked   owner          no   auto
    period_locked                blocked   owner          no   auto
    total_mismatch               blocked   owner,support  no   auto
    before_sync_start            blocked   owner          no   click
    negative_total               blocked   owner          no   auto
    invoice_invalid              failed    backend        no   click
    duplicate_number_in_xero     failed    owner          no   click
    approval_limit_reached       failed    owner          yes  click
    rejected_by_xero             failed    owner,support  no   click
    edit_refused                 review    owner          no   click
    void_refused                 review    owner          no   click
    payment_exceeds_due          review    owner          no   click
    total_differs_in_xero        review    owner,support  no   click
    rate_limited                 queued    nobody         yes  auto
    rate_limited_daily           queued    nobody         yes  auto
    xero_unavailable             queued    nobody         yes  auto
    retries_exhausted            failed    owner,support  yes  click
    outcome_unknown              checking  nobody         no   auto
    outcome_unresolved           checking  support        no   click
    internal_error               failed    support        yes  click
"""
"""Code, standing, who acts, whether sending again unchanged can succeed, whether it is released without a click."""

FACTS: Final[dict[str, set[str]]] = {
    "setup_incomplete": {"missing"},
    "permission_missing": {"missing"},
    "right_not_asked": {"missing", "remedy"},
    "inactivity": {"days"},
    "tax_mapping_incomplete": {"tax_set"},
    "tax_set_unmapped": {"tax_set"},
    "tax_rate_mismatch": {"tax_set", "kyrios_rate", "xero_rate", "xero_name"},
    "tax_rate_unavailable": {"tax_set", "xero_name"},
    "tax_not_allowed_on_account": {"account"},
    "account_not_selected": {"account"},
    "account_not_payment_enabled": {"account"},
    "account_archived": {"account"},
    "account_is_bank": {"account"},
    "currency_not_enabled": {"currency"},
    "period_locked": {"date"},
    "total_mismatch": {"xero_total", "kyrios_total"},
    "before_sync_start": {"sync_from"},
    "invoice_invalid": {"field"},
    "duplicate_number_in_xero": {"number"},
    "rejected_by_xero": {"message"},
    "edit_refused": {"state"},
    "void_refused": {"state"},
    "total_differs_in_xero": {"difference"},
    "rate_limited_daily": {"time"},
    "retries_exhausted": {"time"},
}
"""What whoever raises a cause must supply; `message` is Xero's own and comes from its sealed place, never an event."""


def _raised_by_the_domain() -> list[Cause]:
    connection = open_connection_state()
    lines = (line("1", "10.00", LUXURY, ledger_account_id=CLEARING.account_id),)
    strange = document(date=dt.date(2020, 1, 1), currency="EUR", lines=lines)
    wrong = document(totals=totals("1.00", "0.00", "1.00"))
    negative = document(totals=totals("-1.00", "0.00", "-1.00"))
    issued = (strange, wrong, negative)
    raised = [cause for one in issued for cause in causes_against(one, connection, NO_CONTACT)]
    raised += what_holds(msgspec.structs.replace(connection, mappings={}))
    raised += what_holds(msgspec.structs.replace(connection, default_line=None))
    synced = given(QUEUED).when(
        invoice.synced, organisation_id=ORGANISATION, adopted=False, **ANSWERED | {"totals": wrong.totals}
    )
    return list({cause.code: cause for cause in (*raised, *synced.state.reviews)}.values())


def test_no_code_ever_changes_its_meaning() -> None:
    expected = [" ".join(row.split()) for row in MEANING.strip().splitlines()]
    assert [_meaning(code) for code in CATALOGUE] == expected


def test_codes_are_unique() -> None:
    assert len(CATALOGUE) == 45
    assert all(kind.code == code for code, kind in CATALOGUE.items())


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_has_words_that_need_no_other_facts_than_those_listed(code: str) -> None:
    placeholders = {name for _, name, _, _ in Formatter().parse(CATALOGUE[code].words) if name is not None}
    assert placeholders == FACTS.get(code, set())


@pytest.mark.parametrize("code", OF_SEVERAL)
def test_what_is_said_of_several_needs_the_same_facts(code: str) -> None:
    placeholders = {name for _, name, _, _ in Formatter().parse(OF_SEVERAL[code]) if name is not None}
    assert placeholders == FACTS.get(code, set())
    assert words_of_several(Cause(code)) != words(Cause(code))


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_is_a_whole_sentence_for_its_reader(code: str) -> None:
    sentence = words(Cause(code, facts=dict.fromkeys(FACTS.get(code, ()), "X")))
    assert sentence[0].isupper()
    assert sentence.endswith((".", '"'))
    assert not {"{", "}"} & set(sentence)


def test_every_listed_fact_belongs_to_a_code() -> None:
    assert FACTS.keys() <= CATALOGUE.keys()


def test_what_nobody_must_do_sends_nobody_to_work() -> None:
    for kind in CATALOGUE.values():
        assert kind.who == ("nobody",) or "nobody" not in kind.who
        assert kind.standing in get_args(Standing)
        assert set(kind.who) <= set(get_args(Who))


def test_facts_fill_the_words() -> None:
    cause = Cause("total_mismatch", facts={"xero_total": "11.44", "kyrios_total": "11.45"})
    assert words(cause) == "Xero would total 11.44, Kyrios says 11.45. Correct the lines or the rounding rule."


@pytest.mark.parametrize("cause", _raised_by_the_domain(), ids=lambda cause: str(cause.code))
def test_a_cause_the_domain_raises_brings_every_fact_its_words_need(cause: Cause) -> None:
    assert FACTS.get(cause.code, set()) <= cause.facts.keys()


def test_what_an_event_may_not_hold_is_added_when_it_is_read() -> None:
    sentence = words(Cause("rejected_by_xero"), message="The {odd} %s text")
    assert sentence == 'Xero refused it with: "The {odd} %s text". Fix that, or ask support.'


def test_a_message_of_xero_that_is_not_at_hand_is_left_open() -> None:
    assert words(Cause("rejected_by_xero")) == 'Xero refused it with: "…". Fix that, or ask support.'


def test_a_fact_that_was_not_recorded_leaves_a_readable_sentence() -> None:
    assert words(Cause("tax_set_unmapped")) == (
        "This invoice uses tax set, which has no Xero rate. Map it; what is not listed, Kyrios must offer first."
    )


@pytest.mark.parametrize(
    ("codes", "who"),
    [
        ([], ()),
        (["contact_pending", "rate_limited"], ()),
        (["contact_missing"], ("owner",)),
        (["contact_missing", "tax_set_unmapped"], ("owner",)),
        (["invoice_invalid", "contact_missing"], ("backend", "owner")),
        (["total_mismatch", "internal_error", "contact_pending"], ("owner", "support")),
    ],
)
def test_everyone_who_must_act_is_named_once(codes: list[str], who: tuple[str, ...]) -> None:
    assert who_acts(Cause(code) for code in codes) == who


def _meaning(code: str) -> str:
    kind = CATALOGUE[code]
    again, released = "yes" if kind.retry else "no", "auto" if kind.auto else "click"
    return f"{code} {kind.standing} {','.join(kind.who)} {again} {released}"
