"""Evolution and reinforcement on the cells of NAS-Bench-201, CIFAR-10."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.tables.families import tasks_named
from tests.benchmarks.tables.pooled import Results, Work
from tests.benchmarks.tables.runs import strategies_version
from tests.benchmarks.tables.simulation import simulate
from tests.benchmarks.tables.statistics import resampled
from tests.benchmarks.tables.task import best_so_far
from tuner_component.strategies import registry

_BATCH = 10

_SEARCHES: tuple[tuple[str, dict[str, Any], dict[int, tuple[float, ...]]], ...] = (
    ("evolution", {"removal": "age"}, {100: (94.1, 93.99)}),
    ("evolution", {"removal": "performance"}, {100: (94.1, 93.99)}),
    ("reinforcement", {}, {100: (93.93,), 200: (94.2,)}),
)
"""Strategy, options, and the accuracies to reach by numbers of trials.

93.99 and 93.93 are NATS-Bench's regularised evolution after 100 trials and its
controller after 200, implemented again.
"""


def accuracies(
    name: str, options: dict[str, Any], budgets: Sequence[int], seeds: Sequence[int]
) -> list[list[float]]:
    """Returns the one-seed test accuracies of the cells with the best validation.

    One row a seed, one column a number of trials.
    """
    (task,) = tasks_named(["nasbench201"])
    rows = []
    for seed in seeds:
        strategy = registry.create(name, task.space, seed, options)
        trials = simulate(strategy, task, max(budgets), seed)
        losses = [float("nan") if t.loss is None else t.loss for t in trials]
        best = best_so_far(losses)
        rows.append(
            [100 - task.test_loss(trials[best[n - 1] or 0].values) for n in budgets]
        )
    return rows


def works(num_runs: int) -> list[Work]:
    """Returns what to run: so many runs of each search."""
    version = strategies_version()
    return [
        Work(
            name,
            accuracies,
            (name, options, list(goals), list(range(first, first + _BATCH))),
            version,
        )
        for first in range(0, num_runs, _BATCH)
        for name, options, goals in _SEARCHES
    ]


def figures(results: Results) -> Iterator[Figure]:
    """Yields the mean accuracies over all runs."""
    for name, options, goals in _SEARCHES:
        rows = [
            row
            for work, result in results.items()
            if work.function is accuracies and work.arguments[:2] == (name, options)
            for row in result
        ]
        for column, (budget, least) in enumerate(goals.items() if rows else ()):
            values = np.array(rows)[:, column]
            how = "".join(f", removal by {value}" for value in options.values())
            within = resampled(values, _mean)
            for goal in least:
                title = f"{name}{how}: NAS-Bench-201 accuracy at {budget} trials"
                yield Figure(title, _mean(values), goal, True, within)


def _mean(values: np.ndarray) -> float:
    return float(values.mean())
