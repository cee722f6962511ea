from __future__ import annotations

import math

import numpy as np
import pytest

from tests.contracts.strategy_contract import CONTINUOUS, FINITE
from tuner_component.search_space import Boolean, Choice, Float, Int, SearchSpace
from tuner_component.strategies.prior_studies import (
    PriorStudy,
    PriorTrial,
    best_configurations,
    translated,
)

_SPACE = SearchSpace(
    [
        Float("rate", 0.0, 1.0, default=0.5),
        Int("units", 8, 64, step=8, default=32),
        Choice("kind", ("a", "b")),
        Boolean("flag"),
    ]
)


def study(*losses, space=CONTINUOUS, name="earlier"):
    """Returns a study whose n-th trial has the n-th loss, and another rate."""
    trials = [
        PriorTrial({"model": "mlp", "rate": 0.001 * (n + 1)}, loss)
        for n, loss in enumerate(losses)
    ]
    return PriorStudy(name, tuple(trials))


@pytest.mark.parametrize(
    ("values", "changed"),
    [
        ({"rate": 0.25}, {"rate": 0.25}),
        ({"rate": 1}, {"rate": 1.0}),
        ({"units": 30}, {"units": 32}),
        ({"units": 64.0, "gone": 3}, {"units": 64}),
        ({"kind": "b", "flag": True}, {"kind": "b", "flag": True}),
    ],
)
def test_values_take_todays_form(values, changed):
    assert translated(_SPACE, values) == {**_SPACE.defaults(), **changed}


@pytest.mark.parametrize(
    "values",
    [
        {"rate": 1.5},
        {"units": 72},
        {"units": "many"},
        {"rate": True},
        {"kind": "c", "rate": 0.5},
        {"gone": 3},
        {},
    ],
)
def test_what_lies_beyond_the_space_has_no_place_in_it(values):
    assert translated(_SPACE, values) is None


def test_inactive_parameters_are_left_out():
    values = {"model": "mlp", "units": 2, "pool": True, "size": 99}
    assert translated(FINITE, values) == {"model": "mlp", "units": 2}


def test_what_a_constraint_forbids_is_left_out():
    space = SearchSpace(_SPACE.parameters, ("units <= 32",))
    assert translated(space, {"units": 24}) is not None
    assert translated(space, {"units": 40}) is None


def test_within_keeps_the_losses_of_what_remains():
    given = PriorStudy(
        "s", (PriorTrial({"rate": 9.0}, 1.0), PriorTrial({"rate": 0.1}, 2.0, 3.0))
    )
    (kept,) = given.within(_SPACE).trials
    assert (kept.loss, kept.resource) == (2.0, 3.0)
    assert kept.values == {**_SPACE.defaults(), "rate": 0.1}


def test_the_best_of_each_study_come_before_the_seconds():
    best = best_configurations([study(3, 1, 2), study(5, 6, 4)], CONTINUOUS, 3)
    assert [values["rate"] for values in best] == [0.002, 0.003, 0.001]


def test_the_same_configuration_counts_once_and_there_may_be_few():
    best = best_configurations([study(1, 2), study(1, 2)], CONTINUOUS, 5)
    assert [values["rate"] for values in best] == [0.001, 0.002]
    assert best_configurations([], CONTINUOUS, 5) == []


def test_full_trainings_come_before_short_ones():
    trials = [({"rate": 0.1}, 1.0, 2.0), ({"rate": 0.2}, 9.0, None)]
    trials += [({"rate": 0.3}, 2.0, 8.0)]
    given = PriorStudy("s", tuple(PriorTrial(*trial) for trial in trials))
    best = best_configurations([given], _SPACE, 3)
    assert [values["rate"] for values in best] == [0.2, 0.3, 0.1]
    assert [len(group.trials) for group in given.by_resource()] == [1, 1, 1]


@pytest.mark.parametrize(
    "parameter",
    [
        Int("x", 3, 40),
        Int("x", 3, 40, step=4),
        Int("x", 3, 400, step=2, sampling="log"),
        Float("x", 3.0, 40.0, step=0.5),
        Float("x", 3.0, 400.0, step=2.0, sampling="reverse_log"),
    ],
    ids=str,
)
def test_the_nearest_value_is_the_nearest_of_all(parameter):
    space = SearchSpace([parameter])
    values = sorted(parameter.values())
    for given in np.random.default_rng(0).uniform(3, values[-1], 50):
        found = translated(space, {"x": float(given)})["x"]
        above = np.searchsorted(values, given)
        neighbours = values[max(above - 1, 0) : above + 1]
        assert found in neighbours
        if parameter.sampling == "linear":  # Else nearest on its own scale.
            assert abs(found - given) == min(abs(v - given) for v in neighbours)


def test_a_range_of_any_length_takes_no_time():
    space = SearchSpace([Int("x", 1, 10**15), Float("y", 0.0, 999.0, step=0.001)])
    assert translated(space, {"x": 1e14 + 0.4, "y": 0.1234})["x"] == 10**14


@pytest.mark.parametrize("value", [None, [2], {"a": 2}, True, "2", math.nan])
def test_what_is_no_number_is_beyond_a_range(value):
    prior = PriorStudy("old", (PriorTrial({"units": value}, 0.5),))
    assert prior.within(SearchSpace([Int("units", 1, 9)])).trials == ()
