"""Rungs of fractions of the training examples."""

from __future__ import annotations

import pytest

from tests.contracts.fidelity_contract import played
from tuner_component.search_space import Float, SearchSpace
from tuner_component.strategies import brackets, registry

_SPACE = SearchSpace((Float("x", 0.0, 1.0),))


def _create(name, **options):
    return registry.create(
        name, _SPACE, 0, {"resource": "examples_fraction", **options}
    )


def test_fractions_are_not_rounded():
    assert brackets.resources(3, 1.0, 3) == pytest.approx([1 / 9, 1 / 3, 1])
    assert brackets.resources(2, 0.5, 2) == [0.25, 0.5]
    assert brackets.resources(1, 1, 3) == [1]


def test_a_plan_counts_what_is_trained_anew():
    strategy = _create(
        "successive_halving",
        num_configurations=4,
        min_resource=0.25,
        max_resource=1.0,
    )
    (bracket,) = strategy.plan.brackets
    rungs = [(rung.num_configurations, rung.resource) for rung in bracket.rungs]
    assert rungs == [(4, 0.5), (2, 1.0)]
    assert strategy.plan.total_resource == 4 * 0.5 + 2 * 1.0
    assert bracket.total_resource == 4 * 0.5 + 2 * 0.5
    assert "4 examples_fraction in all" in strategy.plan.text
    assert "4 x 0.5, 2 x 1 examples_fraction" in strategy.plan.text


_NAMES = ["asha", "hyperband", "median_rule", "successive_halving"]


def test_median_s_checkpoints_may_be_fractions():
    given = {"min_resource": 0.25, "max_resource": 1.0, "interval": 0.3}
    assert _create("median_rule", **given)._schedule._ladder.steps == pytest.approx(
        [0.25, 0.55, 0.85, 1.0]
    )
    steps = _create("median_rule", max_resource=1.0)._schedule._ladder.steps
    assert steps == pytest.approx([number / 10 for number in range(1, 11)])
    with pytest.raises(ValueError, match=r"interval=2.*at most 1"):
        _create("median_rule", max_resource=1.0, interval=2)


@pytest.mark.parametrize("name", _NAMES)
def test_trials_get_fractions(name):
    strategy = _create(name, min_resource=0.1, max_resource=1.0, max_trials=9)
    (action,) = strategy.propose((), 1)
    assert action.fidelity.kind == "examples_fraction"
    assert 0.1 <= action.fidelity.value < 1
    assert action.fidelity.most == 1.0


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "max_resource=81.*at most 1"),
        ({"min_resource": 0, "max_resource": 1.0}, "min_resource=0.*above 0"),
        ({"min_resource": 0.5, "max_resource": 0.1}, "no less than"),
    ],
)
def test_what_is_no_fraction_is_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        _create(name, **options)


@pytest.mark.parametrize("name", ["hyperband", "successive_halving"])
def test_in_the_end_it_says_what_was_planned(name):
    strategy = _create(name, min_resource=0.1, max_resource=1.0, guard=False)
    (done,) = played(strategy)[-1][1]
    assert f" got {strategy.plan.total_resource:g} examples_fraction" in done.reason
