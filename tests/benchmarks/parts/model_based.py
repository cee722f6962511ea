"""What a model that proposes adds to Hyperband, on LCBench."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.parts.halving import ratio
from tests.benchmarks.parts.rung_searches import course
from tests.benchmarks.tables.families import tasks_named
from tests.benchmarks.tables.pooled import Results, Work
from tests.benchmarks.tables.runs import strategies_version
from tests.benchmarks.tables.statistics import resampled

_BUDGETS = (16, 32)
_GOALS = {"hyperband": 0.6, "random": 0.35}
_SEARCHES: dict[str, tuple[str, dict[str, Any]]] = {
    "model": ("hyperband", {"guard": False, "proposals": "bayesian"}),
    "hyperband": ("hyperband", {"guard": False}),
    "random": ("random", {}),
}


def works(seeds: Sequence[int]) -> list[Work]:
    """Returns what to run."""
    version = strategies_version()
    return [
        Work(
            f"LCBench, {title}",
            course,
            (task.name, name, options, seed, max(_BUDGETS)),
            version,
        )
        for seed in seeds
        for task in tasks_named(["lcbench"])
        for title, (name, options) in _SEARCHES.items()
    ]


def figures(results: Results) -> Iterator[Figure]:
    """Yields the regrets by those of other searches.

    Regret is that of the trial the search would return, from 0 (best of the table) to
    1 (its median), after the resource of so many full trainings.
    """
    found = {title: _regrets(results, title) for title in _SEARCHES}
    common = set.intersection(*(set(regrets) for regrets in found.values()))
    for place, budget in enumerate(_BUDGETS if common else ()):
        for other, goal in _GOALS.items():
            pairs = np.array(
                [
                    [found["model"][key][place], found[other][key][place]]
                    for key in sorted(common)
                ]
            )
            name = f"model-based Hyperband, {budget} trainings: regret / {other}'s"
            within = resampled(pairs, ratio)
            yield Figure(name, ratio(pairs), goal, interval=within)


def means(results: Results) -> list[str]:
    """Returns lines with the mean regrets."""
    lines = []
    for title in _SEARCHES:
        regrets = list(_regrets(results, title).values())
        if regrets:
            cells = ", ".join(f"{mean:.3f}" for mean in np.mean(regrets, axis=0))
            lines.append(f"LCBench after {_BUDGETS} trainings, {title}: {cells}")
    return lines


def _regrets(results: Results, title: str) -> dict[tuple[str, int], list[float]]:
    """Returns the regrets at the budgets, by task and seed."""
    name, options = _SEARCHES[title]
    return {
        (work.arguments[0], work.arguments[3]): [_at(result, b) for b in _BUDGETS]
        for work, result in results.items()
        if work.function is course and work.arguments[1:3] == (name, options)
    }


def _at(found: dict[str, list[float]], budget: float) -> float:
    ended = sum(spent <= budget + 1e-9 for spent in found["spent"])
    return found["regrets"][ended - 1] if ended else 1.0
