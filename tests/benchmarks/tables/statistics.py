"""Means with intervals, ranks, and how soon a value is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import stats

from tests.benchmarks.tables.runs import Run

_RESAMPLES = 1_000

Runs = Mapping[str, Mapping[str, Mapping[int, Run]]]
"""Searcher, task, seed."""


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Returns the mean and the half width of its 95 % confidence interval.

    Student's t; NaN for a single value.
    """
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, float("nan")
    error = float(stats.sem(values))
    return mean, error * float(stats.t.ppf(0.975, len(values) - 1))


def resampled(
    values: np.ndarray, statistic: Callable[[np.ndarray], float]
) -> tuple[float, float]:
    """Returns the 95 % bootstrap interval of a statistic.

    Args:
        values: Shape (n, ...): the n rows are drawn with return, 1,000 times.
        statistic: Of such an array.

    Reference:
        Efron, 1979, Bootstrap Methods: Another Look at the Jackknife; percentiles.
    """
    generator = np.random.default_rng(0)
    rows = generator.integers(len(values), size=(_RESAMPLES, len(values)))
    found = [statistic(values[drawn]) for drawn in rows]
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)


def tasks_of_all(runs: Runs) -> list[str]:
    """Returns the tasks for which every searcher has a run."""
    first = next(iter(runs.values()))
    return [task for task in first if all(tasks.get(task) for tasks in runs.values())]


def mean_curve(
    runs: Mapping[int, Run], num_trials: int, *, seen: bool = False
) -> np.ndarray:
    """Returns the mean regret over seeds after each trial, shape (num_trials,).

    Args:
        runs: By seed.
        num_trials: How many trials.
        seen: Whether to return the mean of the least loss seen instead.
    """
    curves = [
        [
            (run.seen if seen else run.regrets)[run.at(n)]
            for n in range(1, num_trials + 1)
        ]
        for run in runs.values()
    ]
    return np.mean(curves, axis=0)


def regret_over_tasks(
    by_task: Mapping[str, Mapping[int, Run]], tasks: Sequence[str], budget: int
) -> tuple[float, float]:
    """Returns the interval of the regret averaged over tasks.

    Seeds are the sample: those that every task has.
    """
    seeds = set.intersection(*(set(by_task[task]) for task in tasks))
    values = []
    for seed in sorted(seeds):
        runs = [by_task[task][seed] for task in tasks]
        values.append(float(np.mean([run.regrets[run.at(budget)] for run in runs])))
    return interval(values) if values else (float("nan"), float("nan"))


def mean_ranks(
    runs: Runs, tasks: Sequence[str], budget: int, *, seen: bool = False
) -> dict[str, float]:
    """Returns each searcher's rank by mean regret, averaged over tasks; 1 is best.

    Args:
        runs: Every searcher's.
        tasks: Which to average over.
        budget: Trials.
        seen: Whether the rank is by the least loss that a search saw, which is what it
            looks for; the regret is that of a test, which is noise where all are good.
    """

    def value(run: Run) -> float:
        return float((run.seen if seen else run.regrets)[run.at(budget)])

    means = [
        [
            np.mean([value(r) for r in by_task[task].values()])
            for by_task in runs.values()
        ]
        for task in tasks
    ]
    # Rounded, so that what is equal but for the order of summation shares a rank.
    ranks = stats.rankdata(np.round(means, 12), axis=1).mean(axis=0)
    return dict(zip(runs, map(float, ranks), strict=True))


def trials_to_reach(curve: np.ndarray, goal: float) -> int | None:
    """Returns after how many trials the curve is at most `goal`, or None."""
    reached = np.flatnonzero(curve <= goal + 1e-12)
    return int(reached[0]) + 1 if len(reached) else None
