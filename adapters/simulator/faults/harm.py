"""What each kind of fault does, before, instead of and after the work of a request."""

import threading
import time
from collections.abc import Callable

from adapters.simulator import errors
from adapters.simulator.faults.script import Fault
from adapters.simulator.ledger.documents import decode
from adapters.simulator.wire.exchange import Line, Response

LOOK_EVERY = 0.05  # seconds between looks whether a waiting caller is still there


def around(fault: Fault | None, act: Callable[[], Response]) -> Response:
    """Faults of the processing itself: their answers count as processed and are cached under the key."""
    kind = fault.order.kind if fault else None
    if kind == "http_500_before":
        return errors.internal()
    if kind == "http_413":
        return errors.too_large()
    if kind == "batch_400":
        return errors.validation([])
    response = act()
    if kind == "batch_400_after":  # XERO-UNVERIFIED XU-01: the valid elements of a request refused whole are saved
        return errors.validation([])
    if kind == "summarised":
        return _summarised(response)
    return errors.internal() if kind == "http_500_after" else response


def answer(
    fault: Fault | None,
    response: Response,
    line: Line,
    fired: Callable[[], None],
    ending: Callable[[bool], None],
    stopping: threading.Event,
) -> None:
    """Deliver, as badly as ordered.

    ``fired`` is called when the harm is done, ``ending`` (with: is something answered?) just before the line ends.
    """
    fired()
    kind = fault.order.kind if fault else None
    if kind == "answer_lost":
        ending(False)
        line.hang_up()
    elif kind == "truncated_json":
        ending(True)
        line.send_cut(response)
    elif fault is not None and kind in ("slow", "hold") and not _outlast(fault, line, stopping):
        ending(False)
        line.hang_up()
    else:
        ending(True)
        line.send(response)


def pause(fault: Fault | None, stopping: threading.Event) -> None:
    """A late commit waits here, its caller long gone (XERO-UNVERIFIED XU-09: how long Xero may take)."""
    if fault is not None and fault.order.kind == "late_commit":
        stopping.wait(fault.order.delay)


def _summarised(response: Response) -> Response:
    """The answer as if errors were to be summarised, asked for or not (XERO-UNVERIFIED XU-02): 400 with the refused."""
    lists = [listed for listed in decode(response.body).values() if isinstance(listed, list)]
    refused = [one for listed in lists for one in listed if one.get("ValidationErrors")]
    return errors.validation(refused) if refused else response


def _outlast(fault: Fault, line: Line, stopping: threading.Event) -> bool:
    """Wait for the end of a slow or held answer; False when there is nobody to answer any more."""
    ends = time.monotonic() + fault.order.delay if fault.order.kind == "slow" else None
    while not fault.released.wait(LOOK_EVERY if ends is None else max(0.0, min(LOOK_EVERY, ends - time.monotonic()))):
        if stopping.is_set() or line.abandoned():
            return False
        if ends is not None and time.monotonic() >= ends:
            return True
    return True
