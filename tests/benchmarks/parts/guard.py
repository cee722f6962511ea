"""The rank-agreement guard: what it costs, and what it prevents where curves cross."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.parts.rung_searches import CONFIGURATIONS, halved
from tests.benchmarks.tables.crossing import misleading_lcdb, synthetic
from tests.benchmarks.tables.families import tasks_named
from tests.benchmarks.tables.pooled import Results, Work
from tests.benchmarks.tables.runs import strategies_version
from tests.benchmarks.tables.statistics import interval

_FEWER = 5.0


def tasks() -> dict[str, list[str]]:
    """Returns the names of tasks by what their curves do."""
    return {
        "LCBench": [task.name for task in tasks_named(["lcbench"])],
        "TaskSet": [task.name for task in tasks_named(["taskset"])],
        "LCDB, misleading": [task.name for task in misleading_lcdb()],
        "unrelated": [task.name for task in synthetic(reverse=False)],
        "reverse": [task.name for task in synthetic(reverse=True)],
    }


def works(seeds: Sequence[int]) -> list[Work]:
    """Returns what to run."""
    version = strategies_version()
    return [
        Work("guard", halved, (name, True, seed), version)
        for seed in seeds
        for names in tasks().values()
        for name in names
    ]


def figures(results: Results) -> Iterator[Figure]:
    """Yields how many times fewer iterations, or how much more regret than random's.

    Random search gets as much training. "No worse": the mean difference is at most
    the half width of its own 95 % interval, over tasks and seeds.
    """
    for title, names in tasks().items():
        found = [
            result
            for work, result in results.items()
            if work.function is halved and work.arguments[0] in names
        ]
        if not found:
            continue
        if title in ("LCBench", "TaskSet"):
            saved = CONFIGURATIONS / np.mean([one["total"] for one in found])
            name = f"guard, {title}: times fewer iterations"
            yield Figure(name, float(saved), _FEWER, True)
        else:
            worse, half = interval([one["ours"] - one["random"] for one in found])
            name = f"guard, {title} curves: regret less random's"
            yield Figure(name, worse, half, interval=(worse - half, worse + half))
