from __future__ import annotations

import pytest

from tuner_component.search_space import Float, SearchSpace
from tuner_component.strategies.grid import Grid
from tuner_component.strategies.random import Random
from tuner_component.strategies.registry import create

SPACE = SearchSpace([Float("a", 0, 1)])


@pytest.mark.parametrize(("name", "cls"), [("grid", Grid), ("random", Random)])
def test_strategies_are_made_by_name_with_their_seed(name, cls):
    def first(strategy):
        return [action.values for action in strategy.propose([], 5)]

    strategy = create(name, SPACE, 0, {})
    assert type(strategy) is cls
    assert first(strategy) == first(cls(SPACE, 0))
    assert first(create(name, SPACE, 1, {})) == first(cls(SPACE, 1))


def test_options_reach_the_strategy():
    assert create("grid", SPACE, 0, {"grid_points": 3}).num_configurations == 3


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("gird", {}, r"'gird'; expected one of \[.*'grid', .*\].* mean 'grid'\?"),
        ("tpe", {}, r"'tpe'; expected one of \[.*'random'.*\]\.$"),
        ("grid", {"grid_point": 3}, "no option 'grid_point'.* mean 'grid_points'"),
        ("random", {"grid_points": 3}, r"'random' has no option .* one of \[\]"),
        ("grid", {"seed": 3}, "no option 'seed'"),
        ("grid", {"grid_points": "3"}, "grid_points='3'; expected an integer"),
    ],
)
def test_unknown_names_and_options_are_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        create(name, SPACE, 0, options)
