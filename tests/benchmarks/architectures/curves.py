"""What stopping by the learning curve saves, and what it costs, on real curves.

python -m tests.benchmarks.architectures.curves
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from tests.benchmarks.architectures.tabulated import Found, search
from tests.benchmarks.parts.figures import Figure, report
from tests.benchmarks.tables.curves import Curves, lcbench, taskset
from tuner_component.strategies import registry
from tuner_component.study import StudyLimits

_CONFIGURATIONS = 64
_LEAST_CHANCE = 0.001
_GRACE, _LEAST_TRIALS = 5, 3
_SAVING, _MORE_THAN_MEDIAN, _REGRET = 3.0, 1.3, 0.01


def by_curve(task: Curves, seed: int) -> Found:
    """Random search, each training of which is watched."""
    strategy = registry.create("random", task.space, seed, {})
    limits = StudyLimits(
        max_trials=_CONFIGURATIONS, seed=seed, least_chance=_LEAST_CHANCE
    )
    return search(task, strategy, limits)


def by_published_median(task: Curves, seed: int) -> Found:
    """Random search, stopped by the median rule as it was published.

    A training stops where its best loss is worse than the median of the running
    averages of those that were trained to the end, from the fifth epoch on, as from
    the first it stops the best (regret above 0.1 on LCBench).

    Reference:
        Golovin et al., 2017, Google Vizier, section 3.2.2.
    """
    strategy = registry.create("random", task.space, seed, {})
    limits = StudyLimits(max_trials=_CONFIGURATIONS, seed=seed)
    return search(task, strategy, limits, MedianRule())


class MedianRule:
    """Remembers the trainings that were not stopped."""

    def __init__(self) -> None:
        self._full: list[np.ndarray] = []

    def __call__(self, losses: Sequence[float], full: int) -> str:
        """Returns why to stop after these losses, or ""."""
        number = len(losses)
        if number == full:
            self._full.append(np.cumsum(losses) / np.arange(1, full + 1))
            return ""
        if number < _GRACE or len(self._full) < _LEAST_TRIALS:
            return ""
        median = np.median([averages[number - 1] for averages in self._full])
        return "worse than the median" if min(losses) > median else ""


def by_median_strategy(task: Curves, seed: int) -> Found:
    """The strategy `median_rule` with its defaults, over the same configurations."""
    options = {
        "max_trials": _CONFIGURATIONS,
        "max_resource": task.losses.shape[1],
    }
    strategy = registry.create("median_rule", task.space, seed, options)
    return search(task, strategy, StudyLimits(max_trials=_CONFIGURATIONS, seed=seed))


def figures(seeds: Sequence[int] = range(3)) -> list[Figure]:
    """Returns savings and regrets, means over tasks and seeds."""
    found = []
    for title, tasks in (("LCBench", lcbench()), ("TaskSet", taskset())):
        curve = [by_curve(task, seed) for task in tasks for seed in seeds]
        median = [by_published_median(task, seed) for task in tasks for seed in seeds]
        ours = [by_median_strategy(task, seed) for task in tasks for seed in seeds]
        name = f"curve stopping, {title}"
        found += [
            Figure(f"{name}: times fewer epochs", _saving(curve), _SAVING, True),
            Figure(f"{name}: regret", _regret(curve), _REGRET),
        ]
        if title == "LCBench":
            more = _saving(curve) / _saving(median)
            text = f"{name}: times the saving of the median rule"
            found.append(Figure(text, more, _MORE_THAN_MEDIAN, True))
        for rule, those in (("median rule", median), ("strategy median_rule", ours)):
            sys.stdout.write(
                f"{title}, {rule}: {_saving(those):.2f} times fewer epochs, regret "
                f"{_regret(those):.4f}\n"
            )
    return found


def _saving(found: Sequence[Found]) -> float:
    """Returns how many times fewer epochs all searches together took."""
    return float(sum(f.full_epochs for f in found) / sum(f.epochs for f in found))


def _regret(found: Sequence[Found]) -> float:
    return float(np.mean([each.regret for each in found]))


if __name__ == "__main__":
    sys.exit(report("architectures_curves", figures()))
