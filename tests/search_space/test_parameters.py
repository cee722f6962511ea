from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner_component.errors import SearchSpaceError
from tuner_component.search_space import Boolean, Choice, Condition, Fixed, Float, Int

EVERY_KIND = [
    Float("p", 0.5, 2),
    Float("p", 1e-4, 1e-1, sampling="log"),
    Float("p", 1e-4, 1e-1, sampling="reverse_log"),
    Float("p", 0, 1, step=0.1),
    Float("p", 1e-4, 1e-1, step=10, sampling="log"),
    Int("p", -3, 7),
    Int("p", 3, 17, step=5),
    Int("p", 1, 100, sampling="log"),
    Int("p", 1, 100, sampling="reverse_log"),
    Int("p", 2, 33, step=2, sampling="log"),
    Int("p", 2, 33, step=2, sampling="reverse_log"),
    Choice("p", ("a", "b")),
    Choice("p", (0.5, 1.5), default=1.5),
    Boolean("p", default=True),
    Fixed("p", 3),
]


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        (Int("p", 3, 17, step=5), [3, 8, 13]),
        (Int("p", 2, 33, step=2, sampling="log"), [2, 4, 8, 16, 32]),
        (Int("p", 2, 33, step=2, sampling="reverse_log"), [33, 31, 27, 19, 3]),
        (Int("p", 1, 1000, step=10, sampling="log"), [1, 10, 100, 1000]),
        (Int("p", 2, 4, sampling="log"), [2, 3, 4]),
        (Int("p", 5, 5), [5]),
        (Float("p", 0.5, 0.5), [0.5]),
        (Float("p", 0, 1, step=0.4), [0, 0.4, 0.8]),
        (Choice("p", ("a", "b", "a")), ["a", "b"]),
        (Boolean("p"), [True, False]),
        (Fixed("p", "x"), ["x"]),
    ],
)
def test_values_are_exact(parameter, expected):
    assert list(parameter.values()) == expected


def test_a_float_keeps_its_upper_end_although_the_division_rounds_down():
    assert 1.0 // 0.1 == 9  # what KerasTuner 1.4.8 computes
    assert Float("p", 0, 1, step=0.1).values()[-1] == 1.0
    assert len(Float("p", 0, 1, step=0.1).values()) == 11


def test_a_continuous_float_has_no_end_of_values():
    assert Float("p", 0, 1).values() is None


@pytest.mark.parametrize("parameter", EVERY_KIND, ids=repr)
def test_random_values_and_grid_points_are_plain_values_of_the_parameter(parameter):
    rng = np.random.default_rng(0)
    values = [parameter.sample(rng) for _ in range(300)]
    for value in [*values, *parameter.grid(7), parameter.default]:
        assert type(value) in (str, int, float, bool)
        assert parameter.contains(value)
        assert parameter.canonical(value) == value
    if parameter.values() is not None and len(parameter.values()) <= 11:
        assert set(values) == set(parameter.values())


@pytest.mark.parametrize(
    ("parameter", "grid"),
    [
        (Float("p", 0, 1), (0.0, 0.25, 0.5, 0.75, 1.0)),
        (Float("p", 1e-4, 1, sampling="log"), (1e-4, 1e-3, 1e-2, 1e-1, 1)),
        (Float("p", 1, 16, sampling="reverse_log"), (1, 9, 13, 15, 16)),
        (Float("p", 0, 1, step=0.5), (0, 0.5, 1)),
        (Int("p", 1, 7), (1, 2, 3, 4, 5, 6, 7)),
    ],
)
def test_grid_is_even_on_the_scale_and_holds_both_ends(parameter, grid):
    assert parameter.grid(5) == pytest.approx(grid, rel=1e-12)


def test_a_grid_of_one_point_is_the_default():
    assert Float("p", 0, 1, default=0.3).grid(1) == (0.3,)


@pytest.mark.parametrize("sampling", ["linear", "log", "reverse_log"])
@pytest.mark.parametrize("kind", [Float, Int])
def test_random_values_are_uniform_on_their_scale(kind, sampling):
    """Kolmogorov-Smirnov: sqrt(n) D > 2.6 by chance in 2.7e-6 of the runs.

    2 exp(-2 x 2.6^2) = 2.7e-6; the seed is fixed besides. The range is wide, so
    that whole numbers are as good as continuous: each holds less than 0.1 % of the
    probability, which the tolerance adds (the first integers excepted: they are
    compared at the upper ends of their unit intervals).
    """
    low, high, num = 1000, 100_000, 4000
    rng = np.random.default_rng(7)
    parameter = kind("p", low, high, sampling=sampling)
    top = high + (kind is Int)
    values = np.sort([parameter.sample(rng) for _ in range(num)]) + (kind is Int)
    if sampling == "linear":
        expected = (values - low) / (top - low)
    elif sampling == "log":
        expected = np.log(values / low) / math.log(top / low)
    else:
        expected = 1 - np.log((top + low - values) / low) / math.log(top / low)
    observed = np.arange(1, num + 1) / num
    assert np.max(np.abs(observed - expected)) < 2.6 / math.sqrt(num) + 0.001


@given(
    low=st.integers(1, 1000),
    span=st.integers(0, 10**6),
    sampling=st.sampled_from(["linear", "log", "reverse_log"]),
    step=st.none() | st.integers(2, 50),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=100, deadline=None)
def test_integers_never_leave_their_range(low, span, sampling, step, seed):
    parameter = Int("p", low, low + span, step=step, sampling=sampling)
    rng = np.random.default_rng(seed)
    for value in (parameter.sample(rng) for _ in range(20)):
        assert low <= value <= low + span
        assert value in parameter.values()


@given(
    low=st.floats(1e-6, 1e3),
    factor=st.floats(1.001, 1e6),
    sampling=st.sampled_from(["linear", "log", "reverse_log"]),
    parts=st.integers(1, 40),
)
@settings(max_examples=100, deadline=None)
def test_steps_of_a_float_are_found_again_from_rounded_values(
    low, factor, sampling, parts
):
    high = low * factor
    step = (high - low) / parts if sampling == "linear" else 1 + factor / parts
    parameter = Float("p", low, high, step=step, sampling=sampling)
    for value in parameter.values():
        assert low <= value <= high
        assert parameter.canonical(float(f"{value:.15g}")) == value


@pytest.mark.parametrize(
    ("parameter", "value", "own"),
    [
        (Int("p", 0, 3), 1.0, 1),
        (Int("p", 0, 3), True, None),
        (Int("p", 0, 3), 1.5, None),
        (Int("p", 0, 3), "1", None),
        (Int("p", 0, 8, step=4, default=3), 3, 3),
        (Int("p", 0, 8, step=4, default=3), 2, None),
        (Float("p", 0, 3), 1, 1.0),
        (Float("p", 0, 3), np.float32(0.5), 0.5),
        (Float("p", 0, 3), math.nan, None),
        (Float("p", 0, 3), 3.1, None),
        (Float("p", 1e-4, 0.1), 0.1 + 1e-17, 0.1),
        (Float("p", 0, 1, step=0.1), 0.3, 0.30000000000000004),
        (Float("p", 0, 1, step=0.1), 0.35, None),
        (Float("p", 0, 1, step=0.4, default=0.5), 0.5, 0.5),
        (Choice("p", (0, 1)), True, 1),
        (Choice("p", ("1",)), 1, None),
        (Boolean("p"), 1, True),
        (Boolean("p"), "True", None),
    ],
)
def test_values_take_the_form_of_their_parameter(parameter, value, own):
    assert parameter.canonical(value) == own
    assert type(parameter.canonical(value)) is type(own)
    assert parameter.contains(value) is (own is not None)


def test_defaults_are_the_lowest_or_first_value():
    assert Int("p", 3, 9).default == 3
    assert Float("p", 3, 9).default == 3.0
    assert Choice("p", ("b", "a")).default == "b"
    assert Boolean("p").default is False


def test_numpy_and_integral_bounds_become_plain_numbers():
    parameter = Int("p", np.int64(1), 4.0, step=np.int32(1))
    assert [type(n) for n in (parameter.low, parameter.high, parameter.step)] == [
        int
    ] * 3
    assert type(Choice("p", (np.float64(1.5),)).choices[0]) is float


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Int("p", 3, 1), r"Int\('p'\) received low=3 above high=1"),
        (lambda: Int("p", 1.5, 3), "low=1.5; expected an integer"),
        (lambda: Int("p", 0, 2**63), r"fewer than 2\*\*63"),
        (lambda: Float("p", 0, math.inf), "high=inf; expected a finite number"),
        (lambda: Float("p", 0, "1"), "high='1'; expected a finite number"),
        (lambda: Float("p", 0, 1, sampling="log"), "expected low > 0"),
        (lambda: Float("p", 0, 1, sampling="lin"), "'linear', 'log' or"),
        (lambda: Float("p", 0, 1, step=0), "step=0.0 with sampling='linear'"),
        (lambda: Float("p", 1, 2, step=1, sampling="log"), "expected step > 1"),
        (lambda: Float("p", 0, 1, step=1e-9), "at most 1000000"),
        (lambda: Float("p", 0, 1, default=2), "default=2.0; expected a value from"),
        (lambda: Choice("p", ()), "received no values"),
        (lambda: Choice("p", (1, "a")), "values of one type"),
        (lambda: Choice("p", (1, True)), "values of one type"),
        (lambda: Choice("p", (math.nan,)), "values of one type"),
        (lambda: Choice("p", ([1],)), "values of one type"),
        (lambda: Choice("p", ("a",), default="b"), r"expected one of \['a'\]"),
        (lambda: Choice("p", ("a",), ordered=True), "ordered=True with strings"),
        (lambda: Boolean("p", default="yes"), "default='yes'; expected True or"),
        (lambda: Fixed("p", None), "None of type NoneType"),
        (lambda: Condition("p", ()), "received no values"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(SearchSpaceError, match=message):
        make()


@pytest.mark.parametrize(
    ("low", "high", "sampling"),
    [(-1e308, 1e308, "linear"), (1e-300, 1e300, "log"), (1e-300, 1e300, "reverse_log")],
)
def test_a_range_that_numbers_cannot_divide_up_is_refused(low, high, sampling):
    with pytest.raises(SearchSpaceError, match=r"not wider than 1\.8e"):
        Float("x", low, high, sampling=sampling)
