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
    """A measured value that should be at most its goal."""

    name: str
    value: float
    goal: float

    @property
    def holds(self) -> bool:
        return self.value <= self.goal


def report(benchmark: str, figures: Sequence[Figure]) -> int:
    """Prints and writes the figures; returns the exit status."""
    rows = [{**dataclasses.asdict(figure), "holds": figure.holds} for figure in figures]
    _FOLDER.mkdir(parents=True, exist_ok=True)
    (_FOLDER / f"{benchmark}.json").write_text(json.dumps({"figures": rows}, indent=2))
    for figure in figures:
        mark = "ok" if figure.holds else "MISSED"
        sys.stdout.write(
            f"{figure.name:60} {figure.value:8.3f}  <= {figure.goal:6.1f}  {mark}\n"
        )
    return 0 if all(figure.holds for figure in figures) else 1
