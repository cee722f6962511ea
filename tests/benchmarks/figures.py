"""What a benchmark found: figures beside their goals, printed and kept."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

_FOLDER = Path("build/bench")


@dataclasses.dataclass(frozen=True)
class Figure:
    """A measured value that should be at most its goal, or at least."""

    name: str
    value: float
    goal: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        if self.at_least:
            return self.value >= self.goal
        return self.value <= self.goal


def report(benchmark: str, figures: Sequence[Figure]) -> int:
    """Prints and writes the figures; returns the exit status."""
    rows = [
        {name: getattr(figure, name) for name in ("name", "value", "goal", "holds")}
        for figure in figures
    ]
    _FOLDER.mkdir(parents=True, exist_ok=True)
    (_FOLDER / f"{benchmark}.json").write_text(json.dumps({"figures": rows}, indent=2))
    for figure in figures:
        mark = "ok" if figure.holds else "MISSED"
        sign = ">=" if figure.at_least else "<="
        sys.stdout.write(
            f"{figure.name:60} {figure.value:8.3f}  {sign} {figure.goal:6.1f}  {mark}\n"
        )
    return 0 if all(figure.holds for figure in figures) else 1
