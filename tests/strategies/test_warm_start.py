from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.contracts.strategy_contract import (
    CONTINUOUS,
    FINITE,
    StrategyContract,
    keys,
    pending,
    search,
)
from tuner_component.search_space import SearchSpace
from tuner_component.strategies import registry
from tuner_component.strategies.base import Done
from tuner_component.strategies.prior_studies import PriorStudy, PriorTrial
from tuner_component.strategies.random import Random
from tuner_component.strategies.starting_points import StartingPoints
from tuner_component.strategies.warm_start import WarmStart
from tuner_component.trial import Trial, TrialState

_POINTS = [{"model": "mlp", "rate": 0.001 * n} for n in range(2, 5)]


def _study(space, num_trials=12, seed=5):
    rng = np.random.default_rng(seed)
    trials = [PriorTrial(space.sample(rng), float(n)) for n in range(num_trials)]
    return PriorStudy("earlier", tuple(trials))


class WarmContract(StrategyContract):
    """What the first points lead to decides about the others."""

    name = ""
    test_asking_for_one_or_for_four_gives_the_same_set = None

    def create(self, space: SearchSpace, seed: int):
        return registry.create(self.name, space, seed, {}, [_study(space)])


class TestRandom(WarmContract):
    name = "random"


class TestQuasiRandom(WarmContract):
    name = "quasi_random"


class TestBayesian(WarmContract):
    name = "bayesian"


class TestEvolution(WarmContract):
    name = "evolution"


class TestReinforcement(WarmContract):
    name = "reinforcement"


def _end(trial, loss):
    return dataclasses.replace(
        trial, state=TrialState.COMPLETED, score=loss, loss=float(loss)
    )


def _history(strategy, losses):
    """Runs one trial at a time, with these losses; None for a failure."""
    trials: list[Trial] = []
    for loss in losses:
        (action,) = strategy.propose(trials, 1)
        trial = pending(action, len(trials))
        failed = dataclasses.replace(trial, state=TrialState.FAILED)
        trials.append(failed if loss is None else _end(trial, loss))
    return trials


def _warm(points=_POINTS, **more):
    return WarmStart(Random(CONTINUOUS, 0), CONTINUOUS, points, **more)


def _are_points(trials):
    return [trial.values in _POINTS for trial in trials]


def test_the_points_follow_the_defaults_and_a_first_proposal():
    trials = _history(_warm(), [4, 3, 5, 2, 1, 0])
    assert trials[0].values == CONTINUOUS.defaults()
    assert [trials[n].values for n in (1, 3, 4)] == _POINTS
    assert _are_points(trials) == [False, True, False, True, True, False]


def test_asked_together_only_the_first_point_is_trusted():
    actions = _warm().propose([], 6)
    assert _are_points(actions) == [False, True, False, False, False, False]
    assert len({CONTINUOUS.key(action.values) for action in actions}) == 6


def test_a_point_that_proved_good_brings_the_next_while_others_run():
    history = _history(_warm(), [4, 3, 5])
    assert _are_points(_warm().propose(history, 4)) == [True, True, False, False]


def test_the_users_points_come_first():
    users = [{"model": "mlp", "rate": 0.05}, {"model": "mlp", "rate": 0.06}]
    strategy = StartingPoints(_warm(), CONTINUOUS, users)
    trials = _history(strategy, [6, 5, 4, 3, 2, 1, 0])
    assert [t.values for t in trials[1:6]] == [*users, *_POINTS]
    assert not any(_are_points(trials[6:]))


@pytest.mark.parametrize("worse", [5, None])
def test_a_first_point_that_is_worse_is_the_last(worse):
    trials = _history(_warm(), [4, worse, 5, 3, 2, 1])
    assert _are_points(trials) == [False, True, False, False, False, False]


def test_a_first_point_that_is_worse_than_the_first_proposal_is_the_last():
    trials = _history(_warm(), [4, 3, 2, 5, 1, 0])
    assert _are_points(trials) == [False, True, False, False, False, False]


def test_one_that_is_worse_among_better_ones_changes_nothing():
    trials = _history(_warm(), [4, 3, 5, 6, 1])
    assert _are_points(trials) == [False, True, False, True, True]


def test_points_are_tried_when_the_others_failed():
    trials = _history(_warm(), [None, 3, None, 2, 1])
    assert _are_points(trials) == [False, True, False, True, True]


def test_the_defaults_are_not_tried_again_as_a_point():
    trials = _history(_warm([CONTINUOUS.defaults(), *_POINTS]), [4, 3, 5, 2])
    assert _are_points(trials) == [False, True, False, True]


@pytest.mark.parametrize("name", sorted(registry.STRATEGIES))
def test_every_strategy_starts_from_the_best_of_earlier_studies(name):
    options = (
        {"max_resource": 9}
        if name in ("hyperband", "screening", "successive_halving")
        else {}
    )
    options = {key: options[key] for key in options if key in registry.options(name)}
    study = _study(CONTINUOUS)
    warm = registry.create(name, CONTINUOUS, 0, options, [study])
    cold = registry.create(name, CONTINUOUS, 0, options)
    actions = warm.propose([], 2)
    assert actions[0] == cold.propose([], 1)[0]
    assert actions[1].values == study.trials[0].values
    assert actions[1].fidelity in {a.fidelity for a in cold.propose([], 2)}


@pytest.mark.parametrize("name", sorted(registry.STRATEGIES))
def test_without_earlier_studies_nothing_changes(name):
    without = registry.create(name, FINITE, 0, {}, [])
    assert not isinstance(without, WarmStart)


def test_a_grid_is_still_covered_exactly():
    strategy = registry.create("grid", FINITE, 0, {}, [_study(FINITE)])
    trials, last = search(strategy, length=100, count=3)
    assert isinstance(last, Done)
    assert len(trials) == len(set(keys(FINITE, trials))) == 16
