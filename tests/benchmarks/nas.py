"""Measures what architecture search has to show.

`make bench-nas` runs every part: cells of NAS-Bench-201 through the space that a model
declares, a winner trained again by the stock Trainer, joint searches of architecture
and hyperparameters beside those of others, and cheaper ways to judge a trial.
ARGS="--parts cells" runs some.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from tests.benchmarks.architectures import (
    cells,
    curves,
    joint,
    lower_fidelity,
    morphing,
    rebuilt,
    subsets,
)
from tests.benchmarks.parts.figures import Figure, report
from tests.benchmarks.tables.data import FOLDER, is_there

PARTS: dict[str, Callable[[], list[Figure]]] = {
    "cells": cells.figures,
    "rebuilt": rebuilt.figures,
    "joint": joint.figures,
    "curves": curves.figures,
    "lower_fidelity": lower_fidelity.figures,
    "morphing": morphing.figures,
    "subsets": subsets.figures,
}


def main() -> int:
    options = argparse.ArgumentParser(
        prog="make bench-nas",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--parts", default=",".join(PARTS), help="%(default)s")
    names = options.parse_args().parts.split(",")
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        options.error(f"--parts {unknown}: expected some of {[*PARTS]}")
    if not is_there():
        sys.stderr.write(f"The benchmark needs the tables in {FOLDER}.\n")
        return 2
    return report("nas", [figure for name in names for figure in PARTS[name]()])


if __name__ == "__main__":
    sys.exit(main())
