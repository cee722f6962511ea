"""What a benchmark found: figures beside their goals, printed and kept."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

_FOLDER = Path("build/bench")


@dataclasses.dataclass(frozen=True)
class Figure:
    """A measured value that should be at most its goal, or at least.

    Attributes:
        name: What was measured.
        value: What came out.
        goal: What was asked.
        at_least: Whether more is better.
        interval: Of the value, 95 %; None if it is no estimate.
    """

    name: str
    value: float
    goal: float
    at_least: bool = False
    interval: tuple[float, float] | None = None

    @property
    def holds(self) -> bool:
        if self.at_least:
            return self.value >= self.goal
        return self.value <= self.goal


def resident_bytes() -> int:
    """Returns the memory of this process."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def report(benchmark: str, figures: Sequence[Figure]) -> int:
    """Prints and writes the figures; returns the exit status."""
    rows = [_row(figure) for figure in figures]
    _FOLDER.mkdir(parents=True, exist_ok=True)
    (_FOLDER / f"{benchmark}.json").write_text(json.dumps({"figures": rows}, indent=2))
    for figure in figures:
        mark = "ok" if figure.holds else "MISSED"
        sign = ">=" if figure.at_least else "<="
        sys.stdout.write(
            f"{figure.name:66} {figure.value:8.3f} {_range(figure):18} "
            f"{sign} {figure.goal:7.3f}  {mark}\n"
        )
    return 0 if all(figure.holds for figure in figures) else 1


def _row(figure: Figure) -> dict[str, object]:
    row: dict[str, object] = {
        "name": figure.name,
        "value": float(figure.value),
        "goal": figure.goal,
        "holds": bool(figure.holds),
    }
    return row if figure.interval is None else {**row, "interval": figure.interval}


def _range(figure: Figure) -> str:
    if figure.interval is None:
        return ""
    low, high = figure.interval
    return f"[{low:.3f}, {high:.3f}]"
