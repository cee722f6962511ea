from __future__ import annotations

import pytest

from tests.contracts.strategy_contract import (
    CONTINUOUS,
    FINITE,
    StrategyContract,
    keys,
    search,
)
from tuner_component.errors import SearchSpaceError
from tuner_component.search_space import Float, SearchSpace
from tuner_component.strategies.base import Done, Suggest
from tuner_component.strategies.grid import Grid
from tuner_component.strategies.hyperband import Hyperband
from tuner_component.strategies.random import Random
from tuner_component.strategies.starting_points import StartingPoints, completed

POINTS = [
    {"model": "cnn", "units": 3, "pool": True, "size": 5},
    {"model": "mlp", "units": 4},
]


def points_of(space: SearchSpace) -> list[dict]:
    names = {parameter.name for parameter in space.parameters}
    given = [{k: v for k, v in point.items() if k in names} for point in POINTS]
    return completed(space, given)


class TestStartingPoints(StrategyContract):
    def create(self, space, seed):
        return StartingPoints(Random(space, seed), space, points_of(space))


@pytest.mark.parametrize("strategy", [Random, Grid])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_defaults_come_first_then_the_points_in_order(strategy, count):
    wrapped = StartingPoints(strategy(FINITE, 5), FINITE, POINTS)
    trials, last = search(wrapped, length=100, count=count)
    assert [t.values for t in trials[:3]] == [FINITE.defaults(), *POINTS]
    assert isinstance(last, Done)
    assert len(set(keys(FINITE, trials))) == len(trials) == 16


def test_the_first_bracket_of_a_hyperband_starts_with_the_points():
    inner = Hyperband(CONTINUOUS, 0, max_resource=9)
    points = completed(CONTINUOUS, [{"rate": 0.05}, {"model": "cnn", "filters": 9}])
    started = StartingPoints(inner, CONTINUOUS, points).propose([], 4)
    alone = inner.propose([], 4)
    assert all(isinstance(action, Suggest) for action in started)
    assert [a.values for a in started[1:3]] == points
    assert [(a.fidelity, a.note) for a in started] == [
        (a.fidelity, a.note) for a in alone
    ]


def test_a_point_that_was_tried_is_passed_over():
    points = [FINITE.defaults(), *POINTS]
    trials, _ = search(StartingPoints(Random(FINITE, 5), FINITE, points), length=3)
    assert [t.values for t in trials] == [FINITE.defaults(), *POINTS]


def test_partial_points_are_completed_with_defaults():
    assert completed(CONTINUOUS, [{"model": "cnn"}, {"rate": 0.05}]) == [
        {"model": "cnn", "rate": 1e-4, "filters": 8},
        {"model": "mlp", "rate": 0.05},
    ]


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ({"unit": 3}, "'unit', which is no hyperparameter.*Did you mean 'units'"),
        ({"units": 9}, "Received units=9; expected a value of"),
        ({"units": "3"}, "Received units='3'; expected a value of"),
        ({"pool": True}, "Received pool=True; expected no value"),
        ({"units": 2}, "'units != 2' does not hold for {'units': 2}"),
        ({"units": 4, "model": "mlp"}, "the same as point 1"),
    ],
)
def test_a_point_that_cannot_be_is_refused_with_its_number(point, message):
    space = SearchSpace(FINITE.parameters, ["units != 2"])
    with pytest.raises(SearchSpaceError, match=f"(?s)point 2, .*{message}"):
        completed(space, [{"units": 4}, point])


def test_a_grid_need_not_hold_the_points():
    space = SearchSpace([Float("x", 0.0, 1.0)])
    points = [{"x": x} for x in (0.1, 0.2, 0.3)]
    started = StartingPoints(Grid(space, 0, grid_points=1), space, points)
    trials, last = search(started, length=10)
    assert [trial.values["x"] for trial in trials] == [0.0, 0.1, 0.2, 0.3]
    assert isinstance(last, Done)
