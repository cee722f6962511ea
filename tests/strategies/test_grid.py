from __future__ import annotations

import collections

import pytest

from tests.contracts.strategy_contract import CONTINUOUS, StrategyContract, search
from tuner_component.search_space import Boolean, Float, Int, SearchSpace
from tuner_component.strategies.base import Done
from tuner_component.strategies.grid import Grid


class TestGrid(StrategyContract):
    def create(self, space, seed):
        return Grid(space, seed)


@pytest.mark.parametrize("seed", range(20))
def test_30_points_are_tried_once_each(seed):
    space = SearchSpace([Int("a", 1, 5), Int("b", 1, 6)])
    trials, last = search(Grid(space, seed), length=100)
    assert len({space.key(t.values) for t in trials}) == len(trials) == 30
    assert last == Done("all 30 configurations were tried")


def test_continuous_parameters_get_as_many_values_as_asked():
    grid = Grid(CONTINUOUS, 0, grid_points=4)
    trials, last = search(grid, length=1000)
    # 4 rates of the mlp, 4 x 57 whole numbers of filters of the cnn
    assert grid.num_configurations == len(trials) == 4 + 4 * 57
    assert isinstance(last, Done)
    rates = sorted({trial.values["rate"] for trial in trials})
    assert rates == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1])


def test_a_grid_too_large_to_list_starts_at_once():
    space = SearchSpace([Float(f"x{i}", 0, 1) for i in range(40)])
    grid = Grid(space, 0)
    assert grid.num_configurations == 10**40
    trials, _ = search(grid, length=50)
    assert len({space.key(t.values) for t in trials}) == 50


def test_every_configuration_is_as_likely_to_come_first():
    """Binomial(2000, 1/4): 6 sigma = 116; by chance about once in 1e8 runs."""
    space = SearchSpace([Boolean("a"), Boolean("b")])
    first = collections.Counter(
        space.key(Grid(space, seed).propose([], 1)[0].values) for seed in range(2000)
    )
    assert len(first) == 4
    assert all(abs(number - 500) < 116 for number in first.values())


@pytest.mark.parametrize("grid_points", [0, -1, 2.5, "3", True, None])
def test_impossible_numbers_of_points_are_refused(grid_points):
    with pytest.raises(ValueError, match=r"grid_points=.*an integer, at least 1"):
        Grid(CONTINUOUS, 0, grid_points=grid_points)
