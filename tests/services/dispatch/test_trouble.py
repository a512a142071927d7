"""What each error of the Xero client means for the entries of a call and for their lane: tables."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from adapters.xero.errors import (
    DEFINITE_NON_EFFECT,
    AuthorisationLost,
    BatchRefused,
    ClientRefused,
    NotConnected,
    NotFound,
    NoToken,
    NotSent,
    OutcomeUnclear,
    PermissionMissing,
    RateLimited,
    Unauthorised,
    XeroError,
)
from services.dispatch.kind import Unclear, Unsearched, Withheld
from services.dispatch.trouble import (
    NO_TOKEN_PAUSE,
    PERMISSION_PAUSE,
    Trouble,
    of_search,
    of_send,
)

QUIET = 180.0


def limited(kind: str, retry_after: float | None) -> RateLimited:
    """A 429."""
    return RateLimited(kind, retry_after=retry_after)  # type: ignore[arg-type]


def unclear(code: str, retry_after: float | None = None) -> OutcomeUnclear:
    """No clear answer."""
    return OutcomeUnclear(code, retry_after=retry_after)


@pytest.mark.parametrize(
    ("error", "after"),
    [
        (unclear("timeout"), QUIET),
        (unclear("reset"), QUIET),
        (unclear("cut"), QUIET),
        (unclear("server_error"), QUIET),
        (unclear("server_error", retry_after=30.0), QUIET),
        (unclear("server_error", retry_after=300.0), 300.0),
    ],
)
def test_an_unclear_answer_to_a_send_is_searched_after_the_quiet_period_or_later(
    error: OutcomeUnclear, after: float
) -> None:
    met = of_send(error, 3, QUIET, uuid4)
    assert met.outcomes == (Unclear(after=after),) * 3
    assert (met.evidence, met.pause, met.limit) == ("away", None, None)
    assert met.word == error.reason


@pytest.mark.parametrize(
    ("error", "pause", "why", "evidence", "limit"),
    [
        (limited("minute", 12.0), 12.0, "rate_limited", "answers", "minute"),
        (limited("minute", None), 60.0, "rate_limited", "answers", "minute"),
        (limited("concurrent", None), 2.0, "rate_limited", "answers", "concurrent"),
        (limited("day", 77_000.0), 77_000.0, "rate_limited_daily", "answers", "day"),
        (NoToken("timeout"), NO_TOKEN_PAUSE, "xero_unavailable", "none", None),
        (NoToken("limited", retry_after=30.0), 30.0, "xero_unavailable", "none", None),
        (Unauthorised("TokenExpired"), PERMISSION_PAUSE, "xero_unavailable", "answers", None),
        (PermissionMissing("AuthorizationUnsuccessful"), PERMISSION_PAUSE, "xero_unavailable", "answers", None),
        (NotConnected("AuthenticationUnsuccessful"), PERMISSION_PAUSE, "xero_unavailable", "answers", None),
        (AuthorisationLost("invalid_grant"), PERMISSION_PAUSE, "xero_unavailable", "none", None),
        (ClientRefused("invalid_client"), PERMISSION_PAUSE, "xero_unavailable", "none", None),
    ],
)
def test_what_was_surely_not_carried_out_waits_with_its_lane_and_uses_no_attempt(
    error: XeroError, pause: float, why: str, evidence: str, limit: str | None
) -> None:
    sent, searched = of_send(error, 2, QUIET, uuid4), of_search(error, 2, uuid4)
    assert sent.outcomes == (Withheld(cause="xero_unavailable", counts=False, after=0.0),) * 2
    assert searched.outcomes == (Unclear(after=0.0),) * 2
    for met in (sent, searched):
        assert (met.pause, met.pause_for, met.evidence, met.limit) == (pause, why, evidence, limit)


def test_the_limit_of_the_whole_app_rests_no_single_lane() -> None:
    for met in (of_send(limited("app", 30.0), 2, QUIET, uuid4), of_search(limited("app", 30.0), 2, uuid4)):
        assert (met.word, met.pause, met.pause_for, met.evidence) == ("rate_limited", None, None, "answers")
        assert met.limit == "app"


def test_an_organisation_that_is_offline_is_left_alone_for_five_minutes_and_is_no_failure_of_xero() -> None:
    offline = OutcomeUnclear("organisation_offline", status=503)
    sent, searched = of_send(offline, 2, QUIET, uuid4), of_search(offline, 2, uuid4)
    assert sent.outcomes == (Unclear(after=300.0),) * 2
    assert searched.outcomes == (Unclear(),) * 2
    for met in (sent, searched):
        assert (met.pause, met.evidence, met.limit) == (300.0, "answers", None)


@pytest.mark.parametrize(("error", "counts"), [(NotSent("connect"), False), (NotFound("404"), True)])
def test_a_request_that_came_to_nothing_counts_for_the_breaker_and_for_the_invoice_if_xero_answered(
    error: XeroError, counts: bool
) -> None:
    met = of_send(error, 2, QUIET, uuid4)
    assert met.outcomes == (Withheld(cause="xero_unavailable", counts=counts, after=None),) * 2
    assert (met.evidence, met.pause) == ("away", None)


@pytest.mark.parametrize("error", [unclear("timeout"), NotSent("connect"), NotFound("404")])
def test_a_failed_send_and_a_failed_search_both_speak_against_xero(error: XeroError) -> None:
    for met in (of_send(error, 1, QUIET, uuid4), of_search(error, 1, uuid4)):
        assert (met.evidence, met.pause, met.pause_for) == ("away", None, None), "how long, its lane's breaker says"


@pytest.mark.parametrize(
    ("code", "evidence"),
    [
        ("identity_unreachable", "away"),
        ("refresh_unclear", "away"),
        ("refresh_elsewhere", "none"),
        ("refresh_limited", "none"),
    ],
)
def test_no_token_is_never_an_answer_of_xero_and_its_identity_server_may_be_away(code: str, evidence: str) -> None:
    for met in (of_send(NoToken(code), 1, QUIET, uuid4), of_search(NoToken(code), 1, uuid4)):
        assert (met.evidence, met.pause) == (evidence, NO_TOKEN_PAUSE)


AWAY = OutcomeUnclear("server_error", status=503)
BROKEN = OutcomeUnclear("server_error", status=500)


@pytest.mark.parametrize(
    ("error", "spoiled"),
    [
        (unclear("timeout"), False),
        (unclear("reset"), False),
        (AWAY, False),
        (NotSent("connect"), False),
        (BROKEN, True),
        (unclear("unreadable"), True),
        (unclear("too_large"), True),
        (BatchRefused("ValidationException"), True),
        (NotFound("404"), True),
    ],
)
def test_a_search_that_went_wrong_counts_only_if_what_was_searched_for_may_be_the_reason(
    error: XeroError, spoiled: bool
) -> None:
    assert of_search(error, 2, uuid4).outcomes == (Unsearched(spoiled=spoiled, alone=False),) * 2
    assert of_search(error, 1, uuid4).outcomes == (Unsearched(spoiled=spoiled, alone=True),)
    while_resting = of_search(error, 2, uuid4, spoiled=7, resting=True).outcomes
    assert while_resting == (Unsearched(spoiled=False, alone=False),) * 2, "Xero fails everything of this lane"


def groups_of(met: Trouble) -> list[UUID | None]:
    """The groups in which entries are searched for next."""
    return [outcome.group for outcome in met.outcomes if isinstance(outcome, Unsearched)]


@pytest.mark.parametrize(("entries", "first"), [(2, 1), (3, 1), (40, 20)])
def test_a_second_spoiled_search_goes_on_in_halves_and_one_that_xero_failed_does_not(entries: int, first: int) -> None:
    groups = groups_of(of_search(BROKEN, entries, uuid4, spoiled=1, again=True))
    assert (groups.count(groups[0]), groups.count(groups[-1])) == (first, entries - first)
    assert None not in groups
    assert groups_of(of_search(AWAY, entries, uuid4, spoiled=1, again=True)) == [None] * entries


@pytest.mark.parametrize(
    ("error", "evidence"), [(BROKEN, "answers"), (unclear("timeout"), "none"), (AWAY, "away"), (NotSent("x"), "away")]
)
def test_a_search_that_fails_again_opens_no_breaker_unless_xero_surely_is_away(error: XeroError, evidence: str) -> None:
    assert of_search(error, 1, uuid4).evidence == "away"
    met = of_search(error, 1, uuid4, again=True)
    assert (met.evidence, met.pause, met.pause_for) == (evidence, None, None)


@pytest.mark.parametrize(("entries", "first"), [(2, 1), (3, 1), (50, 25)])
def test_a_request_refused_whole_is_searched_at_once_and_goes_on_in_halves(entries: int, first: int) -> None:
    met = of_send(BatchRefused("ValidationException", words="no"), entries, QUIET, uuid4)
    groups = [outcome.group for outcome in met.outcomes if isinstance(outcome, Unclear)]
    assert [outcome.after for outcome in met.outcomes if isinstance(outcome, Unclear)] == [0.0] * entries
    assert groups.count(groups[0]) == first
    assert groups.count(groups[-1]) == entries - first
    assert len(set(groups)) == 2
    assert (met.evidence, met.pause) == ("served", None)


@pytest.mark.parametrize(
    ("words", "kept"), [("Invoice not of valid status", ("Invoice not of valid status",)), ("", ("no reason given",))]
)
def test_a_lone_invoice_refused_with_its_request_keeps_xeros_words(words: str, kept: tuple[str, ...]) -> None:
    new_id: Callable[[], UUID] = uuid4
    met = of_send(BatchRefused("ValidationException", words=words), 1, QUIET, new_id, refused_before=True)
    assert met.outcomes == (Unclear(refused_alone=True, words=kept),)


@pytest.mark.parametrize(
    "error",
    [
        BatchRefused("ValidationException", words="A validation exception occurred", faults=("Due date is missing",)),
        BatchRefused("", status=413, words="Due date is missing"),
    ],
)
def test_a_lone_invoice_refused_with_the_reason_is_not_sent_again(error: BatchRefused) -> None:
    met = of_send(error, 1, QUIET, uuid4)
    assert met.outcomes == (Unclear(refused_alone=True, words=("Due date is missing",)),)


def test_a_lone_invoice_refused_without_a_reason_is_sent_once_more_by_itself() -> None:
    group = uuid4()
    met = of_send(BatchRefused("ValidationException", words="no"), 1, QUIET, lambda: group)
    assert met.outcomes == (Unclear(refused_once=True, group=group),)
    assert (met.evidence, met.pause) == ("served", None)


@pytest.mark.parametrize("kind", DEFINITE_NON_EFFECT)
def test_no_definite_non_effect_is_ever_searched_for(kind: type[XeroError]) -> None:
    error = limited("minute", 1.0) if kind is RateLimited else kind("x")
    assert all(isinstance(outcome, Withheld) for outcome in of_send(error, 2, QUIET, uuid4).outcomes)
