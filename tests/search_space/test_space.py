from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.spaces import finite_spaces
from tuner_component.errors import SearchSpaceError
from tuner_component.search_space import (
    Boolean,
    Choice,
    Condition,
    Fixed,
    Float,
    Int,
    SearchSpace,
)

CNN = (Condition("model", ("cnn",)),)
MLP = (Condition("model", ("mlp",)),)
SPACE = SearchSpace(
    [
        Choice("model", ("mlp", "cnn")),
        Int("units", 8, 32, step=8, conditions=MLP),
        Int("units", 1, 3, conditions=CNN),
        Boolean("pool", conditions=CNN),
        Float(
            "rate",
            1e-3,
            1e-1,
            sampling="log",
            conditions=(*CNN, Condition("pool", (True,))),
        ),
    ]
)


@given(finite_spaces(), st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_random_configurations_hold_the_active_parameters_only(space, seed):
    values = space.sample(np.random.default_rng(seed))
    space.check_values(values)
    assert list(values) == [parameter.name for parameter in space.active(values)]
    for parameter in space.active(values):
        assert all(values[c.parent] in c.values for c in parameter.conditions)


@given(finite_spaces())
@settings(max_examples=60, deadline=None)
def test_a_space_travels_as_json(space):
    text = json.dumps(space.to_json(), allow_nan=False)
    again = SearchSpace.from_json(json.loads(text))
    assert again == space
    assert repr(again) == repr(space)  # 1 is not True
    assert again.fingerprint() == space.fingerprint()


def test_every_kind_travels_as_json():
    assert SearchSpace.from_json(SPACE.to_json()) == SPACE


def test_json_of_another_version_is_refused():
    with pytest.raises(SearchSpaceError, match="version 3; expected 1 or 2"):
        SearchSpace.from_json({**SPACE.to_json(), "version": 3})


def test_defaults_are_the_active_ones():
    assert SPACE.defaults() == {"model": "mlp", "units": 8}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": "mlp", "units": 8, "unit": 8}, "value for 'unit'; expected one of"),
        ({"model": "mlp", "units": 8, "pool": True}, "pool=True; expected no value"),
        ({"model": "mlp", "units": 9}, r"units=9; expected a value of Int\("),
        ({"model": "cnn", "units": 8, "pool": False}, "units=8; expected a value"),
        ({"model": "cnn", "units": 1}, r"no value for \['pool'\]"),
        ({}, "no value for .*'model'"),
    ],
)
def test_what_is_not_a_configuration_is_refused(values, message):
    with pytest.raises(SearchSpaceError, match=message):
        SPACE.check_values(values)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ([Int("a", 1, 2), Int("a", 1, 3)], "'a' twice under the same conditions"),
        ([Int("a", 1, 2, conditions=MLP)], "'model', which is not in the space"),
        (
            [Int("a", 1, 2, conditions=MLP), Choice("model", ("mlp",))],
            "'model', which is listed after it",
        ),
        (
            [Choice("model", ("mlp",)), Int("a", 1, 2, conditions=CNN)],
            "'a' can never be active: received the condition that 'model'",
        ),
        (
            [Choice("model", ("mlp", "cnn")), Int("a", 1, 2, conditions=(*CNN, *MLP))],
            "'a' can never be active: received the conditions .* and ",
        ),
        (
            [
                Choice("model", ("mlp", "cnn")),
                Int("a", 1, 2, conditions=CNN),
                Int("b", 1, 2, conditions=(*MLP, Condition("a", (1,)))),
            ],
            "'b' can never be active",
        ),
    ],
)
def test_a_contradictory_space_is_refused(parameters, message):
    with pytest.raises(SearchSpaceError, match=message):
        SearchSpace(parameters)


def test_an_empty_space_is_refused_by_check_only():
    with pytest.raises(SearchSpaceError, match="search space is empty"):
        SearchSpace().check()
    SearchSpace([Fixed("a", 1)]).check()
    assert SearchSpace([Fixed("a", 1)]).size() == 1


def test_equal_configurations_have_equal_keys():
    space = SearchSpace([Float("a", 0, 2), Int("b", 0, 2), Boolean("c")])
    key = space.key({"a": 1.0, "b": 1, "c": True})
    assert space.key({"c": 1, "b": 1.0, "a": 1}) == key
    assert space.key({"a": 1.0, "b": 1, "c": False}) != key
    assert space.key({"a": 0.0, "b": 1, "c": True}) == space.key(
        {"a": -0.0, "b": 1, "c": True}
    )


def test_keys_leave_out_what_is_inactive_and_complete_what_is_missing():
    assert SPACE.key({"model": "mlp", "units": 8, "pool": True}) == SPACE.key(
        {"model": "mlp"}
    )
    assert SPACE.key({"model": "mlp", "units": 16}) != SPACE.key({"model": "mlp"})


def test_keys_of_trials_out_of_range_differ_from_all_configurations():
    space = SearchSpace([Int("a", 0, 2)])
    assert space.key({"a": 7}) not in {space.key(v) for v in space.enumerate()}


def test_the_order_counts_in_the_fingerprint_only_within_a_name():
    first = Int("units", 1, 2, conditions=(Condition("x", (True,)),))
    second = Int("units", 1, 9)
    a, b = (
        SearchSpace([Boolean("x"), Int("y", 1, 2)]),
        SearchSpace([Int("y", 1, 2), Boolean("x")]),
    )
    assert a.fingerprint() == b.fingerprint()
    assert (
        SearchSpace([Boolean("x"), first, second]).fingerprint()
        != SearchSpace([Boolean("x"), second, first]).fingerprint()
    )


@pytest.mark.parametrize(
    "other",
    [
        Int("a", 1, 4),
        Int("a", 1, 3, default=2),
        Float("a", 1, 3),
        Choice("a", (1, 2, 3)),
        Int("b", 1, 3),
    ],
)
def test_any_other_difference_counts_in_the_fingerprint(other):
    space = SearchSpace([Int("a", 1, 3)])
    assert SearchSpace([other]).fingerprint() != space.fingerprint()
    assert len(space.fingerprint()) == 64


def test_merge_adds_what_is_new_and_keeps_what_is_known():
    known = SearchSpace([Choice("model", ("mlp", "cnn")), Int("a", 1, 2)])
    merged = known.merge(
        SearchSpace(
            [
                Choice("model", ("mlp", "cnn")),
                Int("a", 1, 9),
                Int("a", 5, 6, conditions=CNN),
                Int("b", 1, 3, conditions=MLP),
            ]
        )
    )
    assert merged.parameters == (
        *known.parameters,
        Int("a", 5, 6, conditions=CNN),
        Int("b", 1, 3, conditions=MLP),
    )
    assert merged.merge(known) == merged
