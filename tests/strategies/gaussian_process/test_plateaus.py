"""Where the loss does not change: on functions with steps."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.simulation import History
from tuner_component.search_space import Float, SearchSpace
from tuner_component.strategies.bayesian import Bayesian
from tuner_component.strategies.gaussian_process.fit import Kernel
from tuner_component.strategies.gaussian_process.plateaus import Plateaus

LINE = Kernel(np.ones(1), np.array([True]), 1.0, 0.01, 1.0)


def plateaus(places, losses):
    return Plateaus(LINE, np.array(places)[:, None], np.array(losses))


def held(found, *places):
    return found.hold(np.array(places)[:, None]).tolist()


def test_two_trials_with_one_loss_hold_twice_their_distance():
    found = plateaus([0.5, 0.6], [1.0, 1.0])
    assert held(found, 0.31, 0.55, 0.79) == [True, True, True]
    assert held(found, 0.29, 0.81) == [False, False]


def test_another_loss_ends_the_ball():
    found = plateaus([0.5, 0.6, 0.66], [1.0, 1.0, 2.0])
    assert held(found, 0.35, 0.65) == [True, True]
    assert held(found, 0.67, 0.33) == [False, False]
    apart = plateaus([0.5, 0.55, 0.6], [1.0, 2.0, 1.0])
    assert held(apart, 0.5, 0.52, 0.6) == [False, False, False]


def test_different_losses_and_failures_hold_nothing():
    assert held(plateaus([0.1, 0.2], [1.0, 2.0]), 0.1, 0.15) == [False, False]
    assert held(plateaus([0.1, 0.2], [np.nan, np.nan]), 0.1, 0.15) == [False, False]
    assert held(plateaus([0.1], [1.0]), 0.1) == [False]


def test_a_search_on_steps_does_not_stay_on_one():
    """Seeds are fixed; without the balls it was 14 of the 64 cells."""
    space = SearchSpace([Float(name, 0.0, 1.0) for name in "abc"])

    def cells(seed):
        searcher = History(Bayesian(space, seed), seed)
        seen = set()
        for number in range(40):
            values = searcher.ask()
            cell = tuple(int(4 * value - 1e-9) for value in values.values())
            seen.add(cell)
            searcher.tell(number, sum((place - 1.2) ** 2 for place in cell))
        return len(seen)

    assert np.mean([cells(seed) for seed in range(3)]) >= 20


def test_the_step_down_inside_a_plateau_is_found():
    """Seeds are fixed; where balls are barred altogether the mean is .13."""
    space = SearchSpace([Float(name, 0.0, 1.0, default=0.19) for name in "abcd"])

    def best(seed):
        searcher, losses = History(Bayesian(space, seed), seed), []
        for number in range(50):
            away = np.linalg.norm([value - 0.3 for value in searcher.ask().values()])
            losses.append(np.floor(10 * away) / 10)
            searcher.tell(number, losses[-1])
        return min(losses)

    assert np.mean([best(seed) for seed in range(3)]) < 0.05
