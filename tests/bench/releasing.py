"""One fix that releases very many invoices: how soon the first is on the wire, how fast and in what memory all are."""

import threading
import time
from pathlib import Path
from typing import Final

from domain.connection import SettingsChanged
from domain.invoice import InvoiceReleased
from services.running import ticking, working
from tests.bench.figures import Chapter, Figure
from tests.bench.ground import Ground
from tests.bench.stopwatch import Stopwatch
from tests.bench.timed_parts import timed_parts
from tests.world import ACCOUNT, OWNER, World, declared_taxes, example_invoices

PATIENCE: Final = 60.0
_PAGE: Final = 4096
_SAMPLES: Final = 0.02


def measure(ground: Ground, invoices: int) -> Chapter:
    """Seconds from the commit of one mapping until the first request leaves, and until the last invoice is released."""
    gone = _Gone()
    with ground.world(timed_parts(Stopwatch(), on_the_wire=gone.note)) as world:
        engine = world.engine
        engine.ring = engine.doorbell.ring
        one, tax_type = declared_taxes()[0]
        engine.set_up.unmap_tax(ACCOUNT, one.tax_set, OWNER)
        opening = behind_the_gate(world, invoices)
        with working(engine), ticking(engine):
            threading.Event().wait(2 * engine.settings.sweep_interval)  # all duties are taken up
            position, before = engine.store.head(), resident()
            with Memory() as memory:
                engine.set_up.map_tax(ACCOUNT, one.tax_set, tax_type, OWNER)
                mapped = time.perf_counter()
                assert gone.first.wait(PATIENCE), "nothing was sent"
                last = until_released(world, position, invoices)
    figures = [
        Figure(what="events as the gate opens for all", value=opening, unit="", most=1),
        Figure(what="mapped → first request on the wire", value=gone.at - mapped, unit="s", most=1),
        Figure(what="released while they go", value=invoices / (last - mapped), unit="invoices/s"),
        Figure(what="memory grown at its peak", value=max(0.1, memory.most() - before), unit="MB", most=20),
    ]
    return Chapter(title=f"One mapping releases {invoices:,} invoices", figures=figures)


def behind_the_gate(world: World, invoices: int) -> int:
    """Have so many invoices wait behind the gate, then for their tax set; how many events opened the gate."""
    follow(world)
    for start in range(0, invoices, 1_000):
        world.queue(example_invoices(min(1_000, invoices - start), start))
    follow(world)
    head = world.engine.store.head()
    world.engine.set_up.change_setting(ACCOUNT, "tax.gate", "used_on_invoice", OWNER)
    follow(world)
    appended = [event for _, event in world.engine.store.read_log(head, invoices)]
    world.work(invoices)
    follow(world)
    assert world.invoice(f"inv-{invoices - 1}").status == "blocked"
    return len([event for event in appended if not isinstance(event, SettingsChanged)])


def follow(world: World) -> None:
    """Project, and release what is fixed."""
    world.engine.projector.catch_up()
    world.engine.releaser.step(world.engine.projector.position())


def until_released(world: World, position: int, invoices: int) -> float:
    """When the last invoice was released."""
    ends = time.perf_counter() + PATIENCE
    released = 0
    while released < invoices:
        assert time.perf_counter() < ends, f"only {released} were released"
        news = world.engine.store.read_log(position, 5_000)
        released += sum(isinstance(event, InvoiceReleased) for _, event in news)
        position = news[-1][0] if news else position
        if not news:
            threading.Event().wait(_SAMPLES)
    return time.perf_counter()


class _Gone:
    """When the first request left."""

    def __init__(self) -> None:
        self.at = 0.0
        self.first = threading.Event()

    def note(self) -> None:
        """A request leaves."""
        if not self.first.is_set():
            self.at = time.perf_counter()
            self.first.set()


class Memory:
    """The most memory this process had, in MB, since it was asked to look."""

    def __init__(self) -> None:
        self._most, self._stop = resident(), threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def most(self) -> float:
        """The most so far."""
        return self._most

    def _look(self) -> None:
        while not self._stop.wait(_SAMPLES):
            self._most = max(self._most, resident())


def resident() -> float:
    """MB of memory this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6
