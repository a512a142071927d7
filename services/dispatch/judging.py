"""Judging an answer element by element: Xero answers a batch by position, also where it answers 200."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from adapters.xero.answers import Elements
from services.dispatch.kind import Answered, Outcome, Unclear

E = TypeVar("E")
S = TypeVar("S")


def judged(
    answer: Elements[E],
    subjects: Sequence[S],
    may_be: Callable[[E, S], bool],
    outcome: Callable[[E, S], Outcome],
) -> Answered:
    """Each element judged by itself. Unless each may be its subject's, one by one, nothing is known of any."""
    if not in_step(answer, subjects, may_be):
        return answered(answer, [Unclear()] * len(subjects))
    return answered(answer, [outcome(e, s) for e, s in zip(answer.elements, subjects, strict=True)])


def in_step(answer: Elements[E], subjects: Sequence[S], may_be: Callable[[E, S], bool]) -> bool:
    """Whether the answer has one element for each subject, and each may be the one at its place."""
    return len(answer.elements) == len(subjects) and all(
        may_be(element, subject) for element, subject in zip(answer.elements, subjects, strict=True)
    )


def answered(answer: Elements[E], outcomes: Sequence[Outcome]) -> Answered:
    """An answer with what it says of each subject."""
    return Answered(
        outcomes=tuple(outcomes),
        status=answer.status,
        correlation_id=answer.correlation_id,
        rates=answer.rates,
    )
