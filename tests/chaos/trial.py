"""One trial: an installation is set up, set on fire and struck, then left in peace, and judged."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Final

import msgspec

from services.bootstrap import Engine
from services.settings import load_settings
from tests.chaos import damage, fire, owner
from tests.chaos.backend import Backend
from tests.chaos.books import Organisation, organisations
from tests.chaos.controls import WHOLE, Control, control_of
from tests.chaos.evidence import Evidence, gather
from tests.chaos.invariants import judge
from tests.chaos.killer import started_again
from tests.chaos.plan import Plan, draw
from tests.chaos.report import Report, write_up
from tests.chaos.rest import wait_for_rest
from tests.chaos.roll_call import TRIES, roll_call
from tests.chaos.scale import Scale
from tests.chaos.strikes import KINDS, Strikes
from tests.chaos.topology import Topology, installed
from tests.world import BACKEND

MORE_TRIALS: Final = 2
Tell = Callable[[str], object]
"""Hears how far the trial is, a line at a time."""


class Burnt(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial leaves: evidence, faults that fired, strikes that were not tried, the seconds it took to rest."""

    evidence: Evidence
    fired: dict[str, int]
    not_tried: list[str]
    rest_after: float


def run(size: Scale, control: str = "", tell: Tell = lambda _: None) -> list[Report]:
    """Run one trial and judge it; `control` names the control whose members take part instead of the whole engine.

    A trial whose assumption did not hold, and that broke nothing else, proves nothing: it is run again, a few times.
    The last report counts; those before it are of void trials.
    """
    reports = [_trial(size, control, tell)]
    while reports[-1].void and len(reports) <= MORE_TRIALS:
        slowest = reports[-1].latest_commit
        tell(f"the machine was too slow (a call took {slowest:.1f} s); the trial is void and run again")
        reports.append(_trial(size, control, tell))
    return reports


def _trial(size: Scale, control: str, tell: Tell) -> Report:
    began, random, books = time.monotonic(), Random(size.seed), organisations(size.organisations)
    plan = draw(random, books, size.invoices, called=0 if control else TRIES * size.workers, planted=size.planted)
    with installed(size, books, control) as topology, _engine(topology) as kyrios:
        damage.begin(topology.database.url, [one.stream for one in plan.invoices if one.fate == "damaged"])
        _begin(topology, kyrios, books)
        tell(f"{len(plan.invoices)} invoices, {len(topology.members)} processes, {size.seconds:g} s under fire")
        burnt = _burn(topology, kyrios, plan, books, random, control_of(control), tell)
        broker = "none, sweeps only" if topology.broker is None else "RabbitMQ"
    return write_up(
        burnt.evidence,
        judge(burnt.evidence),
        size,
        control,
        burnt.fired,
        not_tried=burnt.not_tried,
        broker=broker,
        rest_after=burnt.rest_after,
        took=time.monotonic() - began,
    )


@contextmanager
def _engine(topology: Topology) -> Iterator[Engine]:
    """An engine of the trial's own, beside the members': Kyrios gives commands through one, an auditor reads."""
    engine = Engine(load_settings(topology.variables()), topology.database.url)
    try:
        yield engine
    finally:
        engine.close()


def _begin(topology: Topology, engine: Engine, books: list[Organisation]) -> None:
    for organisation in books:
        owner.set_up(engine, topology.simulator.control_url, organisation)
    topology.start()


def _burn(
    topology: Topology,
    engine: Engine,
    plan: Plan,
    books: list[Organisation],
    random: Random,
    control: Control,
    tell: Tell,
) -> Burnt:
    size, xero = topology.size, topology.simulator.control
    fire.kindle(xero, random, control.fire)
    kinds = KINDS if control is WHOLE else control.strikes
    strikes = Strikes(topology, random, engine.budget, kinds, control.frozen_for)
    backend = Backend(engine, plan, size.seconds, topology.simulator)
    with ThreadPoolExecutor(1, "backend") as kyrios:
        issuing = kyrios.submit(backend.run)
        strikes.rage(size.seconds)
        issuing.result(size.patience)
    fired, quenched = fire.quench(xero) | {fire.OFFLINE: backend.met_offline}, time.monotonic()
    tell(f"{len(strikes.done)} strikes, {sum(fired.values())} faults; waiting for rest")
    rested = wait_for_rest(topology.database.url, size.patience)
    rest_after = time.monotonic() - quenched
    silent: list[str] = []
    if rested:
        fire.cure(xero)
        backend.try_again()
        if plan.deadly:
            tell("at rest; a killer comes")
            _kill(topology, engine, plan)
        if plan.roll_call:
            silent = roll_call(topology, [partial(engine.queue_invoices, [one], BACKEND) for one in plan.roll_call])
        rested = wait_for_rest(topology.database.url, size.patience)
    with _engine(topology) as auditor:
        evidence = gather(
            auditor,
            xero,
            books,
            plan,
            [one.name for one in topology.of("worker")],
            strikes.done,
            topology.mails.taken,
            rested=rested,
            silent=silent,
            stood_still=backend.stood_still,
        )
    return Burnt(evidence=evidence, fired=fired, not_tried=strikes.not_tried, rest_after=rest_after)


def _kill(topology: Topology, engine: Engine, plan: Plan) -> None:
    """Issue what kills workers; whoever dies of it is started again, until it has ended."""
    with started_again(topology.of("worker")):
        engine.queue_invoices(plan.deadly, BACKEND)
        wait_for_rest(topology.database.url, topology.size.patience)
