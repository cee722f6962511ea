"""What cheap rungs save, and what they cost where they mislead, on learning curves.

    python -m tests.benchmarks.fidelities --parts halving,guard,model --seeds 20

`make bench-search` measures the same, among others.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from tests.benchmarks.parts import guard, halving, model_based
from tests.benchmarks.parts.figures import Figure, report
from tests.benchmarks.tables.pooled import collect
from tests.benchmarks.tables.runs import CACHE

_PARTS: dict[str, tuple[Callable, Callable]] = {
    "halving": (halving.works, halving.figures),
    "guard": (guard.works, guard.figures),
    "model": (model_based.works, model_based.figures),
}


def main() -> int:
    options = _options()
    found: list[Figure] = []
    for part in options.parts.split(","):
        works, figures = _PARTS[part]
        results = collect(works(range(options.seeds)), CACHE, options.processes)
        found += figures(results)
    return report("fidelities", found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", default=",".join(_PARTS), help="with commas")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--processes", type=int, help="default: one for each core")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
