"""``python -m tests.chaos``: trials of the whole engine, and of engines that lack a defence. Exit code 1 on a breach.

A control that is *not* found out is a breach, too: then the trial proves nothing.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from tests.chaos.controls import CONTROLS, control_of
from tests.chaos.report import Report, as_table, write_files
from tests.chaos.scale import QUICK, Scale
from tests.chaos.trial import run
from tests.processes.rabbit_node import MISSING, PLACES, place

CHANCES: Final = 3
"""Trials a control has: now and then nobody is frozen or killed at the moment at which the defence is needed."""


def main(arguments: Sequence[str] | None = None, places: Sequence[Path] = PLACES) -> int:
    """Run what is asked for, print each report as it is there, write them all at the end.

    `places` are the folders in which RabbitMQ may be.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.rounds and not given.without_broker and place(places) is None:
        parser.error(f"{MISSING}; --without-broker does without, and does not kill it")
    logging.basicConfig(level=logging.ERROR)  # that the broker is away now and then is what a trial is about
    reports: list[Report] = []
    good = True
    for seed in range(given.seed, given.seed + given.rounds):
        reports += _run(_scale(given, seed))
        good = reports[-1].clean and good
    for name in [*CONTROLS] if given.controls else given.control:
        for seed in range(given.seed, given.seed + CHANCES):
            reports += _run(msgspec.structs.replace(CONTROLS[name].scale, seed=seed), name)
            if found_out(reports[-1]):
                break
        good = found_out(reports[-1]) and good
        _say(f"  {'found out' if found_out(reports[-1]) else 'NOT FOUND OUT'}: {CONTROLS[name].missing}")
    write_files(given.report, reports)
    _say(f"\n{_verdict(reports, good)} Reports: {given.report}")
    return 0 if good else 1


def _run(size: Scale, control: str = "") -> list[Report]:
    reports = run(size, control, _tell)
    for one in reports:
        _say(as_table(one))
    return reports


def found_out(report: Report) -> bool:
    """Whether the checkers that must notice a missing defence did."""
    return all(report.breaches[name] for name in control_of(report.control).noticed_by)


def _verdict(reports: Sequence[Report], good: bool) -> str:
    if not good:
        return "NOT AS PROMISED."
    held = [report for report in reports if not report.void]
    whole = [report for report in held if not report.control]
    said = [f"Every promise was kept in {len(whole)} trial{'s' if len(whole) > 1 else ''}."] if whole else []
    if untried := sorted({kind for report in whole for kind in report.not_tried}):
        said.append(f"Not tried: {', '.join(untried)}.")
    if len(whole) < len(held):
        said.append("Every missing defence was found out.")
    if void := len(reports) - len(held):
        said.append(f"{void} more {'were' if void > 1 else 'was'} void.")
    return " ".join(said)


def _scale(given: argparse.Namespace, seed: int) -> Scale:
    size = QUICK if given.quick else Scale()
    asked = {"invoices": given.invoices, "organisations": given.organisations}
    asked |= {"seconds": None if given.minutes is None else 60 * given.minutes}
    asked |= {"broker": False if given.without_broker else None}
    changes = {name: value for name, value in asked.items() if value is not None}
    return msgspec.structs.replace(size, seed=seed, **changes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--rounds", type=int, default=1, help="how many seeds, one after the other; 0: controls only")
    parser.add_argument("--organisations", type=int, help="how many organisations")
    parser.add_argument("--invoices", type=int, help="how many invoices in each")
    parser.add_argument("--minutes", type=float, help="how long each trial is under fire")
    parser.add_argument("--without-broker", action="store_true", help="no RabbitMQ: sweeps only, and none is killed")
    parser.add_argument("--quick", action="store_true", help="the size of every build")
    parser.add_argument("--controls", action="store_true", help="then all negative controls")
    parser.add_argument("--control", action="append", default=[], choices=[*CONTROLS], help="then this one")
    parser.add_argument(
        "--report", type=Path, default=Path("build/chaos"), help="the folder for chaos.json and chaos.md"
    )
    return parser


def _tell(line: str) -> None:
    _say(f"  … {line}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
