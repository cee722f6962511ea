"""Curves that cross: what is good early is not what is good in the end."""

from __future__ import annotations

import functools

import numpy as np
from scipy import stats

from tests.benchmarks.tables.curves import Curves, lcdb
from tuner_component.search_space import Float, SearchSpace

_NUM_TASKS = 8
_NUM_CONFIGURATIONS = 256
_NUM_POINTS = 64
_LATE, _STEEP = 0.6, 12.0
_MISLEADING = 0.6


@functools.cache
def synthetic(reverse: bool) -> tuple[Curves, ...]:
    """Returns tasks whose early losses say nothing about the late ones.

    The losses change over at six tenths of the training.

    Args:
        reverse: Whether they say the opposite instead.
    """
    return tuple(_synthetic(number, reverse) for number in range(_NUM_TASKS))


@functools.cache
def misleading_lcdb() -> tuple[Curves, ...]:
    """Returns data sets of LCDB on which a sixteenth of the examples misleads.

    Those where Spearman's correlation with the order after all examples is lowest.
    """
    return tuple(task for task in lcdb() if _correlation(task, 1 / 16) < _MISLEADING)


def _correlation(task: Curves, share: float) -> float:
    place = int((task.resources <= share * task.resources[-1]).sum()) - 1
    early, late = task.losses[:, place], task.losses[:, -1]
    return float(stats.spearmanr(early, late).statistic)


def _synthetic(number: int, reverse: bool) -> Curves:
    generator = np.random.default_rng([number, int(reverse)])
    space = SearchSpace([Float("x", 0, 1), Float("y", 0, 1)])
    positions = generator.random((_NUM_CONFIGURATIONS, 2))
    early = generator.random((_NUM_CONFIGURATIONS, 1))
    late = generator.random((_NUM_CONFIGURATIONS, 1))
    if reverse:
        late = 1 - early + 0.2 * generator.normal(size=early.shape)
    steps = np.arange(1, _NUM_POINTS + 1)
    weight = 1 / (1 + np.exp(-_STEEP * (steps / _NUM_POINTS - _LATE)))
    losses = (1 - weight) * early + weight * late
    name = f"crossing/{'reverse' if reverse else 'unrelated'}_{number}"
    return Curves(name, "crossing", space, positions, losses, losses[:, -1], steps)
