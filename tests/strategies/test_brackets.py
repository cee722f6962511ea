from __future__ import annotations

import pytest

from tuner_component.strategies import brackets
from tuner_component.strategies.brackets import Rung


def pairs(bracket):
    return [(rung.num_configurations, rung.resource) for rung in bracket.rungs]


def test_the_preset_costs_what_it_says():
    bracket = brackets.successive_halving(64, 100, 3200, 2)
    assert pairs(bracket) == [
        (64, 100), (32, 200), (16, 400), (8, 800), (4, 1600), (2, 3200),
    ]  # fmt: skip
    assert bracket.total_resource == 22_400


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
