from __future__ import annotations

import pytest

from tuner_component.strategies import brackets
from tuner_component.strategies.iterations import Iterations
from tuner_component.strategies.plan import Plan


def test_the_preset_in_words():
    bracket = brackets.successive_halving(64, 100, 3200, 2)
    text = Plan((bracket,), "epochs", 3200).text
    assert "22,400 epochs in all" in text
    assert "204,800, 9.14 times as many" in text
    assert "64 x 100, 32 x 200, 16 x 400, 8 x 800, 4 x 1,600, 2 x 3,200" in text


def test_millions_of_brackets_cost_nothing():
    one = brackets.hyperband(1, 27, 3)
    plan = Plan(Iterations((), one, None, 10**9), "epochs", 27)
    assert plan.num_configurations == 10**9
    assert len(plan.brackets) == len(one) * (10**9 // 49) + 1
    assert plan.num_rungs == 4
    text = plan.text.splitlines()
    assert len(text) == 42
    assert text[-1] == f"  and so on, {len(plan.brackets):,} brackets in all"


@pytest.mark.parametrize("limit", [3, 49, 120])
def test_totals_are_those_of_all_brackets(limit):
    one = brackets.hyperband(1, 27, 3)
    found = Iterations(one[:1], one, None, limit)
    for resource in ("epochs", "examples_fraction"):
        plan = Plan(found, resource, 27)
        plain = Plan(tuple(found), resource, 27)
        assert plan.total_resource == plain.total_resource
        assert plan.num_jobs == plain.num_jobs
        assert plan.num_rungs == plain.num_rungs
        assert plan.text == plain.text
