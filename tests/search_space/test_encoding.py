from __future__ import annotations

import collections

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.spaces import finite_spaces
from tests.contracts.strategy_contract import CONTINUOUS, FINITE
from tuner_component.search_space import (
    Boolean,
    Choice,
    Condition,
    Fixed,
    Float,
    Int,
    SearchSpace,
)
from tuner_component.search_space.encoding import Encoding


@settings(max_examples=60, deadline=None)
@given(space=finite_spaces())
def test_every_configuration_has_codes_of_its_own_and_comes_back(space):
    encoding = Encoding(space)
    every = list(space.enumerate())
    rows = [encoding.codes(values) for values in every]
    assert [encoding.values(row) for row in rows] == every
    assert len({row.tobytes() for row in rows}) == len(every)


@settings(max_examples=60, deadline=None)
@given(space=finite_spaces(), seed=st.integers(0, 99))
def test_draws_are_the_codes_of_configurations(space, seed):
    encoding = Encoding(space)
    shares = np.random.default_rng(seed).random((8, len(space.parameters)))
    for row in encoding.sample(shares):
        values = encoding.values(row)
        space.check_values(values)
        assert row.tobytes() == encoding.codes(values).tobytes()


def test_continuous_values_come_back_within_rounding():
    space = SearchSpace(
        [
            Float("linear", -2, 3),
            Float("log", 1e-5, 10, sampling="log"),
            Float("late", 0.1, 0.999, sampling="reverse_log"),
            Int("large", 1, 10**9, sampling="log"),
        ]
    )
    encoding = Encoding(space)
    for seed in range(50):
        values = space.sample(np.random.default_rng(seed))
        again = encoding.values(encoding.codes(values))
        assert again == pytest.approx(values)


def test_numbers_are_placed_on_their_scale():
    space = SearchSpace(
        [
            Float("log", 1e-4, 1, sampling="log", default=1e-2),
            Int("steps", 0, 8, step=4, default=2),
            Choice("sizes", (128, 16, 1024), default=128),
        ]
    )
    codes = Encoding(space).codes(space.defaults())
    # A default between two steps keeps its place; choices are evenly spaced.
    assert codes == pytest.approx([0.5, 0.25, 0.5])
    assert Encoding(space).values(codes)["sizes"] == 128


def test_draws_follow_the_sampling_scale():
    """Binomial(4000, p) each: 6 sigma is below 190; by chance once in 1e8 runs."""
    parameter = Int("units", 1, 16, sampling="log")
    encoding = Encoding(SearchSpace([parameter]))
    rows = encoding.sample(np.random.default_rng(0).random((4000, 1)))
    drawn = collections.Counter(encoding.values(row)["units"] for row in rows)
    rng = np.random.default_rng(1)
    expected = collections.Counter(parameter.sample(rng) for _ in range(4000))
    assert set(drawn) == set(range(1, 17))
    assert all(abs(drawn[value] - expected[value]) < 270 for value in expected)


def test_distances_are_1_between_unordered_values_and_over_the_whole_scale():
    space = SearchSpace(
        [Choice("name", ("a", "b", "c")), Boolean("flag"), Float("x", 5, 7)]
    )
    encoding = Encoding(space)
    base = {"name": "a", "flag": False, "x": 5.0}
    for change in ({"name": "b"}, {"name": "c"}, {"flag": True}, {"x": 7.0}):
        rows = np.stack([encoding.codes(base), encoding.codes({**base, **change})])
        one, other = encoding.features(rows)
        assert ((one - other) ** 2).sum() == pytest.approx(1)
    assert encoding.owner.tolist() == [0, 0, 0, 1, 2]


def test_inactive_parameters_make_no_difference():
    encoding = Encoding(CONTINUOUS)
    mlp = {"model": "mlp", "rate": 0.01}
    rows = [encoding.codes(mlp), encoding.codes({**mlp, "filters": 60})]
    assert np.isnan(rows[0][2])
    one, other = encoding.features(np.stack(rows))
    assert one.tolist() == other.tolist()


def test_settling_drops_what_is_inactive_and_fills_what_became_active():
    encoding = Encoding(FINITE)
    cnn = encoding.codes({"model": "cnn", "units": 2, "pool": True, "size": 5})
    mlp = encoding.codes({"model": "mlp", "units": 2})
    switched = np.stack([cnn, mlp])
    switched[:, 0] = switched[::-1, 0]
    settled = encoding.settle(switched, np.stack([cnn, cnn]))
    assert encoding.values(settled[0]) == {"model": "mlp", "units": 2}
    assert encoding.values(settled[1]) == encoding.values(cnn)
    assert switched[0, 3] == cnn[3], "the argument is not changed"


def test_one_name_under_several_conditions_is_several_columns():
    space = SearchSpace(
        [
            Choice("model", ("small", "large")),
            Int("units", 1, 4, conditions=(Condition("model", ("small",)),)),
            Int("units", 100, 400, conditions=(Condition("model", ("large",)),)),
            Boolean("norm", conditions=(Condition("units", (1, 400)),)),
        ]
    )
    encoding = Encoding(space)
    values = {"model": "large", "units": 400, "norm": True}
    codes = encoding.codes(values)
    assert np.isnan(codes).tolist() == [False, True, False, False]
    assert encoding.values(codes) == values
    assert encoding.settle(codes[None])[0].tobytes() == codes.tobytes()


def test_a_single_value_has_no_features():
    encoding = Encoding(SearchSpace([Fixed("a", "x"), Float("b", 2, 2)]))
    rows = encoding.sample(np.zeros((3, 2)))
    assert encoding.features(rows).shape == (3, 0)
    assert encoding.values(rows[0]) == {"a": "x", "b": 2.0}


CNN = Condition("model", ("cnn",))
TIED = SearchSpace(
    [
        Choice("model", ("mlp", "cnn")),
        Boolean("deep", conditions=(CNN,)),
        Int("size", 1, 5, conditions=(CNN, Condition("deep", (True,)))),
        Float("size", 1.0, 5.0, conditions=(Condition("model", ("mlp",)),)),
        *(Float(f"free_{number}", 0, 1) for number in range(20)),
    ],
    ["size > 2", "not deep or size != 4"],
)


def test_rows_are_allowed_whose_configurations_are():
    encoding = Encoding(TIED)
    codes = encoding.sample(np.random.default_rng(0).random((300, 24)))
    allowed = encoding.allowed(codes).tolist()
    assert allowed == [TIED.allows(encoding.values(row)) for row in codes]
    assert set(allowed) == {True, False}
    unconstrained = Encoding(SearchSpace(TIED.parameters))
    assert unconstrained.allowed(codes).all()


def test_of_what_no_constraint_names_nothing_is_decoded(monkeypatch):
    """Wide spaces took ten seconds a proposal: thousands of neighbours, whole."""
    encoding, seen = Encoding(TIED), []
    codes = encoding.sample(np.random.default_rng(0).random((300, 24)))
    codes[:, 3] = np.nan
    codes[:, 0] = 1
    codes = encoding.settle(codes)

    def note(space, values):
        seen.append(dict(values))
        return True

    monkeypatch.setattr(SearchSpace, "allows", note)
    encoding.allowed(codes)
    assert len(seen) <= 1 + 5 + 1
    assert {name for values in seen for name in values} == {"model", "deep", "size"}
