"""Draws curves of regret; runs where matplotlib is: in the peers' environment.

    python -m tests.benchmarks.peers.plot CURVES.json PLOT.png

The file holds `{"panels": {TITLE: {SEARCHER: [[mean, half width], ...]}}}`, one pair
a number of trials, from 1. `x`, `y` and `scale` may say what the axes show.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot


def main() -> None:
    source, target = sys.argv[1:]
    document = json.loads(Path(source).read_text())
    panels, scale = document["panels"], document.get("scale", "log")
    x, y = document.get("x", "trials"), document.get("y", "normalised regret")
    figure, axes = pyplot.subplots(
        1,
        len(panels),
        figsize=(7 * len(panels), 5),
        sharey="y" not in document,
        squeeze=False,
    )
    for axis, (title, curves) in zip(axes[0], panels.items(), strict=True):
        for name, pairs in curves.items():
            trials = range(1, len(pairs) + 1)
            low = [mean - half for mean, half in pairs]
            high = [mean + half for mean, half in pairs]
            (line,) = axis.plot(trials, [mean for mean, _ in pairs], label=name)
            axis.fill_between(trials, low, high, color=line.get_color(), alpha=0.15)
        axis.set(title=title, xlabel=x, ylabel=y, yscale=scale)
        axis.grid(alpha=0.3, which="both")
        axis.legend()
    figure.tight_layout()
    figure.savefig(target, dpi=120)


if __name__ == "__main__":
    main()
