"""Compares searches that really train: taxi and MNIST, ours and KerasTuner's.

`make bench-training` gives each search the same number of epochs and prints the best
validation metric after each budget (median over seeds), and the CPU seconds. Finished
searches are kept in build/bench/cache, so that an interrupted run continues.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.benchmarks.parts import training
from tests.benchmarks.parts.figures import report
from tests.benchmarks.parts.plots import draw
from tests.benchmarks.real.tasks import is_there
from tests.benchmarks.tables.pooled import collect
from tests.benchmarks.tables.runs import CACHE

_OURS = "bayesian,hyperband+bayesian"
_AXES = {"x": "epochs trained", "y": "best validation metric", "scale": "linear"}


def main() -> int:
    options = _options()
    if not is_there():
        sys.stderr.write("The benchmark needs TFX's example data.\n")
        return 2
    ours = [name for name in options.ours.split(",") if name]
    deadline = time.monotonic() + 60 * options.minutes
    works = training.works(ours, range(options.seeds))
    results = collect(works, CACHE, options.processes, deadline)
    sys.stdout.write("\n".join(training.lines(results)) + "\n")
    draw("training", training.panels(results), _AXES)
    return report("training", list(training.figures(results, options.default)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ours", default=_OURS, help="strategies, with commas")
    parser.add_argument("--default", default="bayesian", help="whose figures count")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--processes", type=int, help="default: one for each core")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
