"""What a measurement says: figures, each with its baseline of the same run, as a table and as JSON."""

from collections.abc import Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One measured number. `ratio` is value / baseline; `target` says what we hold ourselves to."""

    what: str
    value: float
    unit: str
    baseline: float | None = None
    against: str = ""
    target: str = ""

    @property
    def ratio(self) -> float | None:
        """Value / baseline, if there is one."""
        return None if not self.baseline else self.value / self.baseline


class Chapter(msgspec.Struct, frozen=True, kw_only=True):
    """Figures that belong together, and remarks on where the time went."""

    title: str
    figures: Sequence[Figure]
    remarks: Sequence[str] = ()


def as_json(chapters: Sequence[Chapter]) -> str:
    """All figures, with their ratios, for other programs."""
    figures = [
        msgspec.to_builtins(figure) | {"chapter": chapter.title, "ratio": figure.ratio}
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
        lines.append(line.rstrip() + (f"   target {figure.target}" if figure.target else ""))
    return "\n".join([*lines, *(f"  {remark}" for remark in chapter.remarks)])


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
