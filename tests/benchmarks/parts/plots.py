"""Plots, drawn with the matplotlib of the peers' environment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence

from tests.benchmarks.peers.environments import PEERS, python_of
from tests.benchmarks.tables.runs import ROOT

_FOLDER = ROOT / "build" / "bench"

Panels = Mapping[str, Mapping[str, Sequence[tuple[float, float]]]]
"""Title, name of a curve, mean and half width at each place."""


def draw(name: str, panels: Panels, axes: Mapping[str, str] | None = None) -> None:
    """Draws build/bench/NAME.png, or says why not."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    source, target = _FOLDER / f"{name}_curves.json", _FOLDER / f"{name}.png"
    source.write_text(json.dumps({"panels": panels, **(axes or {})}))
    module = "tests.benchmarks.peers.plot"
    try:
        python = python_of(next(iter(PEERS.values())))
    except OSError as error:
        sys.stderr.write(f"No plot: {error}\n")
        return
    subprocess.run([python, "-m", module, source, target], cwd=ROOT, check=True)
    sys.stdout.write(f"\nPlot: {target.relative_to(ROOT)}\n\n")
