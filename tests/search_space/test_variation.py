from __future__ import annotations

import collections

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.spaces import finite_spaces
from tuner_component.search_space import (
    Boolean,
    Choice,
    Condition,
    Fixed,
    Float,
    Int,
    SearchSpace,
)
from tuner_component.search_space.variation import crossover, mutate

SEEDS = st.integers(0, 2**32)
CNN = (Condition("model", ("cnn",)),)
MLP = (Condition("model", ("mlp",)),)
NESTED = SearchSpace(
    [
        Choice("model", ("mlp", "cnn")),
        Int("units", 1, 9, conditions=MLP),
        Int("units", 5, 12, conditions=CNN),
        Boolean("pool", conditions=CNN),
        Int("rate", 1, 99),
    ]
)


def different(space, one, other) -> list[str]:
    """Returns what differs of the parameters active in both."""
    both = [p for p in space.active(one) if p in space.active(other)]
    return [p.name for p in both if one[p.name] != other[p.name]]


@given(finite_spaces(), SEEDS)
@settings(max_examples=100, deadline=None)
def test_a_mutation_is_valid_and_changes_one_parameter(space, seed):
    rng = np.random.default_rng(seed)
    values = space.sample(rng)
    child = mutate(space, values, rng, 0.1)
    space.check_values(child)
    changeable = [p for p in space.active(values) if len(p.values()) > 1]
    assert len(different(space, values, child)) == bool(changeable)


@given(finite_spaces(), SEEDS)
@settings(max_examples=100, deadline=None)
def test_a_crossover_is_valid_and_takes_what_it_can_from_the_two(space, seed):
    rng = np.random.default_rng(seed)
    one, other = space.sample(rng), space.sample(rng)
    child = crossover(space, one, other, rng)
    space.check_values(child)
    for parameter in space.active(child):
        given = [v for v in (one, other) if parameter in space.active(v)]
        known = [values[parameter.name] for values in given]
        assert not known or child[parameter.name] in known


def test_a_mutation_leaves_no_trace_in_its_parent():
    values = {"model": "cnn", "units": 6, "pool": True, "rate": 3}
    before = dict(values)
    for seed in range(50):
        mutate(NESTED, values, np.random.default_rng(seed), 0.1)
    assert values == before


def test_what_a_change_activates_is_drawn_afresh_and_the_rest_stays():
    values = {"model": "mlp", "units": 6, "rate": 3}
    children = [
        mutate(NESTED, values, np.random.default_rng(seed), 0.1) for seed in range(600)
    ]
    changed = [child for child in children if child["model"] == "cnn"]
    assert {child["rate"] for child in changed} == {3}
    assert {child["pool"] for child in changed} == {True, False}
    assert {child["units"] for child in changed} == set(range(5, 13))


def test_every_active_parameter_is_as_likely_to_change():
    """Binomial(1500, 1/3): 6 sigma = 110; by chance about once in 1e8 runs."""
    values = {"model": "mlp", "units": 6, "rate": 3}
    changed = collections.Counter(
        different(NESTED, values, mutate(NESTED, values, np.random.default_rng(s), 1))[
            0
        ]
        for s in range(1500)
    )
    assert set(changed) == set(values)
    assert all(abs(number - 500) < 110 for number in changed.values())


def test_half_of_the_changes_of_a_number_are_close_on_its_scale():
    """Binomial(2000, 1/2): 6 sigma = 134. A close change is within 4 widths, and so is
    one in 11 of the others, which are 90 more."""
    space = SearchSpace([Float("x", 1e-6, 1.0, sampling="log")])
    middle = {"x": 1e-3}
    places = [
        space.parameters[0].encode(
            mutate(space, middle, np.random.default_rng(s), 0.01)["x"]
        )
        for s in range(2000)
    ]
    close = sum(abs(place - 0.5) < 0.045 for place in places)
    assert abs(close - 1090) < 134
    assert min(places) < 0.05
    assert max(places) > 0.95


def test_a_close_change_of_a_coarse_number_is_mostly_the_next_step():
    space = SearchSpace([Int("x", 0, 9)])
    steps = collections.Counter(
        abs(mutate(space, {"x": 0}, np.random.default_rng(s), 0.01)["x"])
        for s in range(400)
    )
    assert steps[1] > 120  # 44 if all changes were far, 6 sigma above: 82
    assert set(steps) == set(range(1, 10))


def test_what_cannot_change_stays():
    space = SearchSpace([Fixed("a", 1), Float("b", 2.0, 2.0)])
    values = space.defaults()
    assert mutate(space, values, np.random.default_rng(0), 0.1) == values


def test_a_crossover_takes_from_both_evenly():
    """Binomial(40 x 50, 1/2): 6 sigma = 134."""
    space = SearchSpace([Boolean(f"p{n}") for n in range(40)])
    one = {p.name: True for p in space.parameters}
    other = {p.name: False for p in space.parameters}
    children = [
        crossover(space, one, other, np.random.default_rng(s)) for s in range(50)
    ]
    assert abs(sum(sum(child.values()) for child in children) - 1000) < 134


def test_a_child_of_two_models_has_the_parameters_of_one():
    one = {"model": "mlp", "units": 2, "rate": 1}
    other = {"model": "cnn", "units": 11, "pool": True, "rate": 1}
    children = {
        tuple(crossover(NESTED, one, other, np.random.default_rng(s)).items())
        for s in range(40)
    }
    assert children == {tuple(one.items()), tuple(other.items())}


def test_what_is_active_in_neither_parent_is_drawn():
    both = (Condition("a", (True,)), Condition("b", (True,)))
    space = SearchSpace([Boolean("a"), Boolean("b"), Int("c", 1, 5, conditions=both)])
    one, other = {"a": True, "b": False}, {"a": False, "b": True}
    drawn = {
        crossover(space, one, other, np.random.default_rng(s)).get("c")
        for s in range(200)
    }
    assert drawn == {None, 1, 2, 3, 4, 5}


def test_a_default_between_two_steps_is_not_handed_on():
    space = SearchSpace(
        [
            Int("a", 0, 10, step=2, default=5),
            Int("b", 1, 16, step=2, sampling="log", default=5),
            Float("c", 0, 1, step=0.25, default=0.3),
            Float("d", 0, 1, default=0.3),
            Int("e", 0, 2**60, default=2**59 + 1),
        ]
    )
    defaults = space.defaults()
    nearest = {**defaults, "a": 4, "b": 4, "c": 0.25}
    assert crossover(space, defaults, defaults, np.random.default_rng(0)) == nearest
    changed = collections.Counter()
    for seed in range(100):
        child = mutate(space, defaults, np.random.default_rng(seed), 0.1)
        for parameter in space.parameters[:3]:
            assert child[parameter.name] in parameter.values()
        changed[sum(child[name] != value for name, value in nearest.items())] += 1
    assert set(changed) == {0, 1}


def test_values_from_before_the_space_changed_are_not_kept():
    old = {"model": "mlp", "units": 77, "rate": "slow"}
    other = {"model": "cnn", "units": 6, "pool": True, "rate": 3}
    for seed in range(30):
        rng = np.random.default_rng(seed)
        NESTED.check_values(mutate(NESTED, old, rng, 0.1))
        NESTED.check_values(crossover(NESTED, old, other, rng))
        NESTED.check_values(crossover(NESTED, old, old, rng))
