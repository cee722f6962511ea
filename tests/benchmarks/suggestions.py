"""CPU seconds of one suggestion in 10 mixed dimensions: `make bench-suggestions`."""

from __future__ import annotations

import sys

from tests.benchmarks.parts import suggestions
from tests.benchmarks.parts.figures import report
from tests.benchmarks.tables.pooled import collect
from tests.benchmarks.tables.runs import CACHE
from tuner_component.strategies import registry


def main() -> int:
    results = collect(suggestions.works(list(registry.STRATEGIES)), CACHE, processes=1)
    return report("suggestions", list(suggestions.figures(results)))


if __name__ == "__main__":
    sys.exit(main())
