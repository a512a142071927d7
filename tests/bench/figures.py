"""What a measurement says: figures, each with its baseline of the same run, as a table and as JSON."""

from collections.abc import Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One measured number. `ratio` is value / baseline; the other fields say what we hold it, or its ratio, to."""

    what: str
    value: float
    unit: str
    baseline: float | None = None
    against: str = ""
    least: float | None = None
    most: float | None = None
    least_ratio: float | None = None
    most_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        """Value / baseline, if there is one."""
        return None if not self.baseline else self.value / self.baseline

    @property
    def target(self) -> str:
        """What we hold ourselves to, in words; empty if there is no target."""
        bounds = (
            ("≥", self.least, ""),
            ("≤", self.most, ""),
            ("≥", self.least_ratio, " ×"),
            ("≤", self.most_ratio, " ×"),
        )
        return " and ".join(f"{sign} {bound:,g}{times}" for sign, bound, times in bounds if bound is not None)

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None if there is none."""
        if not self.target:
            return None
        ratio = self.ratio or 0.0
        return (
            (self.least is None or self.value >= self.least)
            and (self.most is None or self.value <= self.most)
            and (self.least_ratio is None or ratio >= self.least_ratio)
            and (self.most_ratio is None or ratio <= self.most_ratio)
        )


class Chapter(msgspec.Struct, frozen=True, kw_only=True):
    """Figures that belong together, and remarks on where the time went."""

    title: str
    figures: Sequence[Figure]
    remarks: Sequence[str] = ()


def as_json(chapters: Sequence[Chapter]) -> str:
    """All figures, with their ratios, for other programs."""
    figures = [
        msgspec.to_builtins(figure) | {"chapter": chapter.title, "ratio": figure.ratio, "met": figure.met}
        for chapter in chapters
        for figure in chapter.figures
    ]
    return msgspec.json.format(msgspec.json.encode(figures), indent=2).decode()


def as_table(chapter: Chapter) -> str:
    """One chapter for people."""
    lines = ["", chapter.title, "─" * len(chapter.title)]
    for figure in chapter.figures:
        line = f"  {figure.what:<46} {_number(figure.value):>10} {figure.unit:<12}"
        if figure.ratio is not None and figure.baseline is not None:
            line += f" {figure.ratio:>7.2f} × {figure.against} ({_number(figure.baseline)})"
        verdict = f"   target {figure.target}: {'met' if figure.met else 'MISSED'}" if figure.target else ""
        lines.append(line.rstrip() + verdict)
    return "\n".join([*lines, *(f"  {remark}" for remark in chapter.remarks)])


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
