"""Spaces that grow by what trials report."""

from __future__ import annotations

import dataclasses

import pytest

keras_tuner = pytest.importorskip("keras_tuner")

from tests.contracts.strategy_contract import ended, pending  # noqa: E402
from tuner_component.keras_tuner_adapter.growing import Growing, grown  # noqa: E402
from tuner_component.search_space import (  # noqa: E402
    Boolean,
    Choice,
    Condition,
    SearchSpace,
)
from tuner_component.strategies import registry  # noqa: E402
from tuner_component.strategies.base import Done  # noqa: E402

DEEP = Condition("deep", (True,))
SHALLOW = Condition("deep", (False,))


def _reported(values, scope=None):
    """What a trial says whose code asks for units in deep models only."""
    hp = keras_tuner.HyperParameters()
    hp.values = dict(values)
    if hp.Boolean("deep"):
        hp.Choice("units", [4, 8])
    elif scope:
        with hp.conditional_scope(scope.parent, list(scope.values)):
            hp.Choice("units", [1, 2])
    return {"hyperparameters": hp.get_config()}


def _searched(strategy, scope=None):
    trials = []
    for number in range(20):
        (action,) = strategy.propose(trials, 1)
        if isinstance(action, Done):
            return trials
        trial = ended(pending(action, number))
        report = _reported(trial.values, scope)
        trials.append(dataclasses.replace(trial, report=report))
    raise AssertionError("It does not end.")


def _grid(units):
    create = lambda space: registry.create("grid", space, 0, {})  # noqa: E731
    return Growing(create, SearchSpace([Boolean("deep"), units]))


def test_a_condition_that_was_found_by_looking_is_kept():
    units = Choice("units", (4, 8), conditions=(DEEP,))
    assert len(_searched(_grid(units))) == 1 + 2


def test_a_name_under_a_condition_that_excludes_the_known_one_is_new():
    units = Choice("units", (4, 8), conditions=(DEEP,))
    trials = _searched(_grid(units), SHALLOW)
    values = [trial.values for trial in trials]
    assert {"deep": False, "units": 2} in values
    assert {"deep": True, "units": 8} in values


def test_a_space_of_known_names_stays_the_same():
    units = Choice("units", (4, 8), conditions=(DEEP,))
    space = SearchSpace([Boolean("deep"), units])
    trials = _searched(_grid(units))
    assert grown(space, trials) is space
