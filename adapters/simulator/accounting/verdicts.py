"""How a batch is answered: every element judged alone, all accepted ones saved, the refused ones shown with reasons."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapters.simulator import errors
from adapters.simulator.accounting.call import Call
from adapters.simulator.ledger.documents import Document
from adapters.simulator.wire.exchange import Response

ZERO_GUID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one element; ``show`` renders it, accepted or refused, after everything is saved."""

    accepted: bool
    show: Callable[[], Document]


def summarises(call: Call) -> bool:
    """XERO-UNVERIFIED XU-02: whether errors are summarised when the caller does not say."""
    return call.question.flag("summarizeErrors", call.behaviour.summarise_by_default)


def settle(
    call: Call, resource: str, verdicts: Sequence[Verdict], save: Callable[[], None], summarise: bool
) -> Response:
    """Save and answer; summarised, one refused element makes the whole answer a 400 that lists the refused ones."""
    refused = [verdict for verdict in verdicts if not verdict.accepted]
    # XERO-UNVERIFIED XU-01: whether a summarised 400 has saved its valid elements.
    if not (summarise and refused and not call.behaviour.summarised_400_saves_valid):
        save()
    if summarise and refused:
        return errors.validation([verdict.show() for verdict in refused])
    return call.answer(resource, [_element(verdict, summarise) for verdict in verdicts])


def messages_as_errors(messages: Sequence[str]) -> list[Document]:
    """Messages in Xero's shape."""
    return [{"Message": message} for message in messages]


def _element(verdict: Verdict, summarise: bool) -> Document:
    shown = verdict.show()
    return shown if summarise or not verdict.accepted else shown | {"StatusAttributeString": "OK"}
