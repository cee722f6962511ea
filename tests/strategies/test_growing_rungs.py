"""Rungs where the space has grown, or more trials are allowed than at first."""

from __future__ import annotations

import dataclasses

import keras_tuner
import pytest

from tests.contracts.fidelity_contract import by_rung
from tests.contracts.strategy_contract import ended, pending, promote
from tuner_component.keras_tuner_adapter.growing import Growing
from tuner_component.search_space import Boolean, Float, SearchSpace
from tuner_component.strategies import registry
from tuner_component.strategies.base import Done, Promote
from tuner_component.trial import TrialState


def reported(values):
    """What a trial says that it has asked for: a number, of deep models only."""
    hp = keras_tuner.HyperParameters()
    hp.values = dict(values)
    if hp.Boolean("deep"):
        hp.Float("x", 0.0, 1.0)
    return {"hyperparameters": hp.get_config()}


def searched(strategy, trials=()):
    trials = list(trials)
    for _ in range(500):
        (action,) = strategy.propose(trials, 1)
        if isinstance(action, Done):
            return trials
        if isinstance(action, Promote):
            number = promote(trials, action)
        else:
            number = len(trials)
            trials.append(pending(action, number))
        done = ended(trials[number])
        trials[number] = dataclasses.replace(done, report=reported(done.values))
    raise AssertionError("It does not end.")


def create(name, max_trials):
    options = {"max_trials": max_trials, "max_resource": 27, "guard": False}
    return lambda space: registry.create(name, space, 0, options)


@pytest.mark.parametrize("name", ["successive_halving", "hyperband", "screening"])
def test_the_best_of_a_space_that_grows_is_trained_to_the_end(name):
    strategy = Growing(create(name, 12), SearchSpace([Boolean("deep")]))
    trials = searched(strategy)
    assert len(trials) == 12
    best = min(trials, key=lambda trial: trial.loss)
    assert best.state is TrialState.COMPLETED
    assert best.fidelity.value == 27


def test_those_of_before_it_grew_are_a_bracket_of_their_own():
    strategy = Growing(create("successive_halving", 12), SearchSpace([Boolean("deep")]))
    trials = searched(strategy)
    first = [t for t in trials if t.note["rungs"] == trials[0].note["rungs"]]
    later = [t for t in trials if t not in first]
    assert (len(first), len(later)) == (2, 10)
    assert by_rung(later) == {3: 10, 7: 5, 14: 2, 27: 1}


def test_more_trials_are_a_bracket_of_their_own():
    space = SearchSpace([Boolean("deep"), Float("x", 0, 1)])
    few = searched(create("successive_halving", 4)(space))
    trials = searched(create("successive_halving", 12)(space), few)
    assert [t.fidelity for t in trials[:4]] == [t.fidelity for t in few]
    assert by_rung(trials[4:]) == {3: 8, 7: 4, 14: 2, 27: 1}
