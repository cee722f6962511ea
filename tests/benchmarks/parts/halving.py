"""Successive halving's exact preset: what it saves and what it loses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.tables.families import tasks_named
from tests.benchmarks.tables.pooled import Results, Work
from tests.benchmarks.tables.preset import CONFIGURATIONS, FULL, halved
from tests.benchmarks.tables.runs import strategies_version
from tests.benchmarks.tables.statistics import resampled

FAMILIES = {"LCBench": "lcbench", "TaskSet": "taskset"}
_FEWER, _GOAL = 64 / 7, 0.25


def works(seeds: Sequence[int]) -> list[Work]:
    """Returns what to run."""
    version = strategies_version()
    return [
        Work("halving preset", halved, (task.name, seed), version)
        for seed in seeds
        for family in FAMILIES.values()
        for task in tasks_named([family])
    ]


def figures(results: Results) -> Iterator[Figure]:
    """Yields the figures; regret is explained in `tables.preset`."""
    for title, family in FAMILIES.items():
        found = [
            result
            for work, result in results.items()
            if work.function is halved and work.arguments[0].startswith(family)
        ]
        if not found:
            continue
        saved = CONFIGURATIONS * FULL / np.mean([one["iterations"] for one in found])
        name = f"halving preset, {title}: times fewer iterations"
        yield Figure(name, float(saved), _FEWER, True)
        for scale, one in (("worst", "worst"), ("median", "median")):
            pairs = np.array([each[scale] for each in found])
            name = f"halving preset, {title}: regret / random's (1: the {one} of 64)"
            yield Figure(name, ratio(pairs), _GOAL, interval=resampled(pairs, ratio))


def ratio(pairs: np.ndarray) -> float:
    """Returns the mean of the first column by that of the second."""
    ours, theirs = pairs.mean(axis=0)
    return float(ours / theirs)
