"""Every kind of parameter between its values and the unit interval."""

from __future__ import annotations

import collections

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.spaces import finite_parameters
from tuner_component.search_space import Boolean, Choice, Fixed, Float, Int

ENDLESS = [
    Float("x", -2.0, 6.0),
    Float("x", 1e-5, 1e-1, sampling="log"),
    Float("x", 0.9, 0.999, sampling="reverse_log"),
    Int("x", 1, 4096, sampling="log"),
    Int("x", 3, 400, sampling="reverse_log"),
    Int("x", 0, 2**62),
    Float("x", 2.0, 2.0),
]
STEPPED = [
    Float("x", 0.0, 1.0, step=0.1),
    Float("x", 1e-5, 1e-1, step=10, sampling="log"),
    Float("x", 1.0, 8.0, step=2, sampling="reverse_log"),
    Int("x", 2, 300, step=3, sampling="log"),
    Int("x", 2, 300, step=3, sampling="reverse_log"),
    Int("x", 5, 30, step=7),
    Choice("x", ("a", "b", "c")),
    Boolean("x"),
    Fixed("x", 3),
]


@pytest.mark.parametrize("parameter", ENDLESS + STEPPED, ids=repr)
def test_both_ends_of_the_interval_are_values(parameter):
    assert parameter.contains(parameter.decode(0.0))
    assert parameter.contains(parameter.decode(1.0))


@given(finite_parameters("p", ()))
@settings(max_examples=60, deadline=None)
def test_every_value_comes_back(parameter):
    for value in parameter.values():
        again = parameter.decode(parameter.encode(value))
        assert again == value
        assert type(again) is type(value)


@pytest.mark.parametrize("parameter", ENDLESS[:-1], ids=repr)
@given(fraction=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_fractions_come_back_within_the_width_of_a_value(parameter, fraction):
    value = parameter.decode(fraction)
    assert parameter.decode(parameter.encode(value)) == pytest.approx(value)
    if isinstance(parameter, Float):
        assert parameter.encode(value) == pytest.approx(fraction, abs=1e-6)


@pytest.mark.parametrize("parameter", STEPPED, ids=repr)
def test_steps_are_as_wide_as_each_other(parameter):
    values = parameter.values()
    decoded = collections.Counter(
        parameter.decode((index + 0.5) / (12 * len(values)))
        for index in range(12 * len(values))
    )
    assert decoded == dict.fromkeys(values, 12)


@pytest.mark.parametrize("parameter", ENDLESS + STEPPED, ids=repr)
def test_even_fractions_are_distributed_as_random_draws(parameter):
    """Kolmogorov-Smirnov, 2 x 2,000 points: .08 is exceeded once in 1e5 runs."""
    rng = np.random.default_rng(0)
    drawn = sorted(parameter.encode(parameter.sample(rng)) for _ in range(2000))
    even = sorted(
        parameter.encode(parameter.decode((i + 0.5) / 2000)) for i in range(2000)
    )
    both = np.unique([*drawn, *even])
    distance = np.searchsorted(drawn, both, "right") - np.searchsorted(
        even, both, "right"
    )
    assert np.abs(distance).max() / 2000 < 0.08


def test_a_default_between_two_steps_counts_as_the_nearest():
    parameter = Int("x", 0, 8, step=4, default=3)
    assert parameter.decode(parameter.encode(3)) == 4
    stepped = Float("x", 1, 100, step=10, sampling="log", default=20)
    assert stepped.decode(stepped.encode(20.0)) == 10


def test_numbers_are_ordered_and_names_are_not():
    ordered = {repr(p): p.is_ordered for p in [*ENDLESS, *STEPPED[:-3]]}
    assert set(ordered.values()) == {True}
    assert not any(p.is_ordered for p in STEPPED[-3:])
    assert Choice("x", (1, 2)).is_ordered
    assert not Choice("x", (1, 2), ordered=False).is_ordered


def test_ordered_choices_are_alike_where_they_are_close_however_listed():
    parameter = Choice("x", (64, 8, 256))
    assert [parameter.decode(f) for f in (0.1, 0.5, 0.9)] == [8, 64, 256]
    assert [parameter.encode(v) for v in (8, 64, 256)] == [1 / 6, 0.5, 5 / 6]
    listed = Choice("x", (64, 8, 256), ordered=False)
    assert [listed.decode(f) for f in (0.1, 0.5, 0.9)] == [64, 8, 256]
