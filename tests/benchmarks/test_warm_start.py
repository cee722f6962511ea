from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.benchmarks import warm_start
from tests.benchmarks.tables import simulate
from tests.benchmarks.tables.task import Values
from tuner_component.search_space import Float, SearchSpace
from tuner_component.strategies import registry

_SPACE = SearchSpace([Float(name, 0.0, 1.0, default=0.9) for name in "abcd"])


@dataclasses.dataclass(frozen=True)
class Bowl:
    """A task whose best configuration has every parameter at `middle`."""

    name: str
    middle: float
    space: SearchSpace = _SPACE
    family: str = "bowls"
    best: float = 0.0
    worst: float = 1.0
    log: bool = False

    def loss(self, values: Values, seed: int) -> float:
        return sum((float(value) - self.middle) ** 2 for value in values.values())

    def test_loss(self, values: Values) -> float:
        return self.loss(values, 0)


_TASKS = [Bowl("a", 0.3), Bowl("b", 0.32), Bowl("c", 0.27)]


def _best_losses(sign, num_trials):
    """Returns the mean of 6 searches; the seeds are fixed, so it never changes."""
    found = []
    for seed in range(6):
        studies = [warm_start.earlier_study(t, seed, sign) for t in _TASKS[1:]]
        strategy = registry.create(
            "bayesian", _SPACE, seed, {}, studies if sign else ()
        )
        trials = simulate(strategy, _TASKS[0], num_trials, seed)
        found.append(min(trial.loss for trial in trials))
    return float(np.mean(found))


def test_earlier_studies_of_similar_data_help():
    assert _best_losses(1, 8) < 0.5 * _best_losses(0, 8)


def test_earlier_studies_that_are_reversed_do_little_harm():
    assert _best_losses(-1, 20) < 1.5 * _best_losses(0, 20)


def test_the_others_are_the_next_ones():
    assert [t.name for t in warm_start.others(_TASKS[1], _TASKS)] == ["c", "a"]


def test_figures_compare_with_the_search_that_starts_cold():
    found = np.ones((2, 3, 3, 3))
    found[:, :, 1] = 0.5
    figures = list(warm_start.figures("random", "bowls", found))
    assert [figure.value for figure in figures] == pytest.approx([0.5] * 3 + [1.0] * 3)
    assert all(figure.holds for figure in figures)
