from __future__ import annotations

import pytest

from tuner_component.strategies import brackets
from tuner_component.strategies.brackets import Plan, Rung


def pairs(bracket):
    return [(rung.num_configurations, rung.resource) for rung in bracket.rungs]


def test_the_preset_costs_what_it_says():
    bracket = brackets.successive_halving(64, 100, 3200, 2)
    assert pairs(bracket) == [
        (64, 100), (32, 200), (16, 400), (8, 800), (4, 1600), (2, 3200),
    ]  # fmt: skip
    assert bracket.total_resource == 22_400
    text = Plan((bracket,), "epochs", 3200).text
    assert "22,400 epochs in all" in text
    assert "204,800, 9.14 times as many" in text
    assert "64 x 100, 32 x 200, 16 x 400, 8 x 800, 4 x 1,600, 2 x 3,200" in text


def test_hyperband_is_that_of_the_paper():
    """Algorithm 1 for R = 81 and a reduction factor of 3."""
    assert [pairs(bracket) for bracket in brackets.hyperband(1, 81, 3)] == [
        [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
        [(34, 3), (11, 9), (3, 27), (1, 81)],
        [(15, 9), (5, 27), (1, 81)],
        [(8, 27), (2, 81)],
        [(5, 81)],
    ]


@pytest.mark.parametrize("factor", [2, 3, 4, 7])
@pytest.mark.parametrize("most", [1, 2, 10, 50, 100, 3200])
@pytest.mark.parametrize("least", [1, 2, 10])
def test_resources_are_integers_that_increase_to_the_full_training(factor, most, least):
    for bracket in brackets.hyperband(min(least, most), most, factor):
        steps = [rung.resource for rung in bracket.rungs]
        assert steps == sorted(set(steps))
        assert min(least, most) <= steps[0] <= steps[-1] == most
        numbers = [rung.num_configurations for rung in bracket.rungs]
        assert numbers == sorted(numbers, reverse=True)
        assert numbers[-1] >= 1


def test_a_survivor_pays_the_difference():
    bracket = brackets.Bracket((Rung(4, 10), Rung(2, 20), Rung(1, 40)), 2)
    assert bracket.total_resource == 4 * 10 + 2 * 10 + 1 * 20


def test_halving_ends_when_one_is_left_or_the_resources_end():
    assert pairs(brackets.successive_halving(27, 1, 81, 3)) == [
        (27, 9),
        (9, 27),
        (3, 81),
    ]
    assert pairs(brackets.successive_halving(64, 1, 2, 2)) == [(64, 1), (32, 2)]
    assert pairs(brackets.successive_halving(2, 1, 81, 3)) == [(2, 81)]


@pytest.mark.parametrize("limit", [1, 5, 17, 49, 50, 200])
def test_repeated_brackets_are_cut_to_the_limit(limit):
    found = brackets.Repeated((), brackets.hyperband(1, 27, 3), None, limit)
    assert sum(bracket.num_configurations for bracket in found) == limit
    assert found.total(lambda bracket: bracket.num_configurations) == limit
    assert all(bracket.rungs[-1].resource == 27 for bracket in found)


def test_iterations_bound_what_the_limit_allows():
    one = brackets.hyperband(1, 27, 3)
    assert tuple(brackets.Repeated((), one, None, None)) == one
    assert tuple(brackets.Repeated(one[:1], one, 2, None)) == one[:1] + one * 2
    assert len(brackets.Repeated((), one, 1, 10_000)) == len(one)
    assert brackets.Repeated((), one, 2, None)[1:3] == one[1:3]


def test_millions_of_brackets_cost_nothing():
    one = brackets.hyperband(1, 27, 3)
    plan = Plan(brackets.Repeated((), one, None, 10**9), "epochs", 27)
    assert plan.num_configurations == 10**9
    assert len(plan.brackets) == len(one) * (10**9 // 49) + 1
    assert plan.num_rungs == 4
    text = plan.text.splitlines()
    assert len(text) == 42
    assert text[-1] == f"  and so on, {len(plan.brackets):,} brackets in all"


@pytest.mark.parametrize("limit", [3, 49, 120])
def test_totals_are_those_of_all_brackets(limit):
    one = brackets.hyperband(1, 27, 3)
    found = brackets.Repeated(one[:1], one, None, limit)
    for resource in ("epochs", "examples_fraction"):
        plan = Plan(found, resource, 27)
        plain = Plan(tuple(found), resource, 27)
        assert plan.total_resource == plain.total_resource
        assert plan.num_jobs == plain.num_jobs
        assert plan.num_rungs == plain.num_rungs
        assert plan.text == plain.text
