"""The report of one trial: for a person as a table, for a page as Markdown, for a program as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from tests.chaos.breach import Breach
from tests.chaos.engine_checks import latest_commit
from tests.chaos.evidence import Evidence
from tests.chaos.invariants import ASSUMPTION, SOON
from tests.chaos.recovery import percentile, recoveries
from tests.chaos.scale import Scale

MOST_SHOWN: Final = 5
VOID: Final = "void: the machine was too slow"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one trial; times in seconds. `control` names the defence that was missing, if one was."""

    seed: int
    control: str
    organisations: int
    invoices: int
    numbers_are_unique: bool
    broker: str
    fates: dict[str, int]
    lost: int
    duplicated: int
    stuck: int
    wrong: int
    breaches: dict[str, list[str]]
    recovery_p50: float
    recovery_p99: float
    recoveries: int
    nothing_due: int
    rest_after: float
    took: float
    calls: int
    calls_faulted: int
    faults: dict[str, int]
    strikes: dict[str, int]
    not_tried: list[str]
    latest_commit: float
    most_calls_at_once: int
    events: int

    @property
    def clean(self) -> bool:
        """Whether every promise was kept."""
        return not any(self.breaches.values())

    @property
    def void(self) -> bool:
        """Whether nothing was broken but the trial's own assumption, and times with it, so that it proves nothing."""
        return {name for name, found in self.breaches.items() if found} - {SOON} == {ASSUMPTION}


def write_up(
    evidence: Evidence,
    breaches: Mapping[str, Sequence[Breach]],
    size: Scale,
    control: str,
    faults: dict[str, int],
    *,
    not_tried: Sequence[str],
    broker: str,
    rest_after: float,
    took: float,
) -> Report:
    """Put the report together."""
    losses = Counter(breach.loss for found in breaches.values() for breach in found)
    known = recoveries(evidence)
    return Report(
        seed=size.seed,
        control=control,
        organisations=size.organisations,
        invoices=len(evidence.planned),
        numbers_are_unique=size.numbers_are_unique,
        broker=broker,
        fates=dict(Counter(one.fate for one in evidence.planned).most_common()),
        lost=losses["lost"],
        duplicated=losses["duplicated"],
        stuck=losses["stuck"],
        wrong=losses["wrong"],
        breaches={name: [breach.says for breach in found] for name, found in breaches.items()},
        recovery_p50=percentile(known.waits, 50),
        recovery_p99=percentile(known.waits, 99),
        recoveries=len(known.waits),
        nothing_due=known.nothing_due,
        rest_after=rest_after,
        took=took,
        calls=len(evidence.requests),
        calls_faulted=sum(1 for request in evidence.requests if request["fault"]),
        faults=faults,
        strikes=dict(Counter(strike.kind for strike in evidence.strikes).most_common()),
        not_tried=[*not_tried],
        latest_commit=latest_commit(evidence),
        most_calls_at_once=max(evidence.max_in_flight.values(), default=0),
        events=len(evidence.events),
    )


def figures(report: Report) -> list[tuple[str, str]]:
    """The figures of a report, each with its name."""
    share = 100 * report.calls_faulted / max(1, report.calls)
    unique = "unique" if report.numbers_are_unique else "not unique"
    return [
        ("seed", str(report.seed)),
        ("invoices", f"{report.invoices} in {report.organisations} organisations; numbers {unique} in Xero"),
        ("fates", _listed(report.fates)),
        ("broker", report.broker),
        ("lost", str(report.lost)),
        ("duplicated", str(report.duplicated)),
        ("stuck", str(report.stuck)),
        ("otherwise wrong", str(report.wrong)),
        (
            "recovery",
            f"p50 {report.recovery_p50:.2f} s, p99 {report.recovery_p99:.2f} s of {report.recoveries};"
            f" after {report.nothing_due} repairs nothing was due",
        ),
        ("at rest", f"{report.rest_after:.1f} s after the fire"),
        ("calls used", f"{report.calls}, of which {share:.0f} % faulted; at most {report.most_calls_at_once} at once"),
        ("faults fired", _listed(report.faults)),
        ("strikes", _listed(report.strikes)),
        ("not tried", ", ".join(report.not_tried) or "nothing"),
        ("latest commit", f"{report.latest_commit:.2f} s"),
        ("events", str(report.events)),
        ("took", f"{report.took:.0f} s"),
    ]


def as_table(report: Report) -> str:
    """For a person."""
    title = f"Without a defence: {report.control}" if report.control else f"Chaos, seed {report.seed}"
    title += f" ({VOID})" if report.void else ""
    lines = ["", title, "─" * len(title)]
    lines += [f"  {name:<16} {value}" for name, value in figures(report)]
    lines.append("  invariants")
    for name, found in report.breaches.items():
        lines.append(f"    {name:<30} {f'{len(found)} breaches' if found else 'kept'}")
        lines += [f"        {says}" for says in found[:MOST_SHOWN]]
    return "\n".join(lines)


def as_markdown(reports: Sequence[Report]) -> str:
    """For a page: a line per trial, and what was found."""
    lines = [
        "# Chaos",
        "",
        "| trial | invoices | lost | duplicated | stuck | wrong | recovery p50 / p99 | calls | faulted | strikes |",
    ]
    lines.append("|---|---|---|---|---|---|---|---|---|---|")
    for one in reports:
        name = f"without a defence: {one.control}" if one.control else f"seed {one.seed}"
        name += f" ({VOID})" if one.void else ""
        lines.append(
            f"| {name} | {one.invoices} | {one.lost} | {one.duplicated} | {one.stuck} | {one.wrong} "
            f"| {one.recovery_p50:.2f} s / {one.recovery_p99:.2f} s | {one.calls} | {one.calls_faulted} "
            f"| {sum(one.strikes.values())} |"
        )
    for one in reports:
        lines += ["", f"## {one.control or 'Seed'} {one.seed}{f' ({VOID})' if one.void else ''}", ""]
        lines += [f"- {name}: {value}" for name, value in figures(one)]
        lines += [f"- **{name}**: {says}" for name, found in one.breaches.items() for says in found[:MOST_SHOWN]]
    return "\n".join(lines) + "\n"


def write_files(folder: Path, reports: Sequence[Report]) -> None:
    """Write chaos.json and chaos.md."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = [msgspec.to_builtins(one) | {"void": one.void} for one in reports]
    (folder / "chaos.json").write_bytes(msgspec.json.format(msgspec.json.encode(listed), indent=2))
    (folder / "chaos.md").write_text(as_markdown(reports))


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items()) or "none"
