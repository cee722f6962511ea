from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.spaces import finite_spaces
from tuner_component.errors import SearchSpaceError
from tuner_component.search_space import (
    Boolean,
    Choice,
    Condition,
    Configurations,
    Fixed,
    Float,
    Int,
    SearchSpace,
)
from tuner_component.search_space.domain import nth_missing


def product(space: SearchSpace) -> set[str]:
    """Every configuration, by brute force: one parameter after the other."""
    partial: list[dict] = [{}]
    for parameter in space.parameters:
        partial = [
            {**values, parameter.name: value} if value is not None else values
            for values in partial
            for value in (
                parameter.values()
                if parameter.name not in values and parameter.is_active(values)
                else [None]
            )
        ]
    return {space.key(values) for values in partial}


@given(finite_spaces())
@settings(max_examples=100, deadline=None)
def test_size_and_enumeration_equal_the_brute_force_product(space):
    keys = [space.key(values) for values in space.enumerate()]
    assert len(keys) == len(set(keys)) == space.size()
    assert set(keys) == product(space)


@pytest.mark.parametrize("value", [True, 1])
def test_a_condition_takes_1_for_true_as_keras_tuner_does(value):
    space = SearchSpace(
        [
            Boolean("is_wide"),
            Boolean("a", conditions=[Condition("is_wide", (True,))]),
            Int("a", 1, 3),
            Choice("b", ["x", "y"], conditions=[Condition("a", (value,))]),
        ]
    )
    assert {space.key(values) for values in space.enumerate()} == product(space)
    assert space.size() == (2 + 1) + (2 + 1 + 1)


@given(finite_spaces())
@settings(max_examples=60, deadline=None)
def test_numbering_is_a_bijection(space):
    configurations = space.configurations()
    for number in range(configurations.size):
        values = configurations[number]
        space.check_values(values)
        assert list(values) == [p.name for p in space.active(values)]
        assert configurations.rank(values) == number
        assert space.unrank(number) == values


@given(st.sets(st.integers(0, 30)), st.integers(0, 30))
def test_nth_missing(present, nth):
    missing = (n for n in itertools.count() if n not in present)
    expected = next(itertools.islice(missing, nth, None))
    assert nth_missing(sorted(present), nth) == expected


def test_a_huge_conditional_space_is_counted_without_listing_it():
    parents = [Boolean(f"parent{i}") for i in range(60)]
    children = [
        Choice(f"child{i}", ("a", "b"), conditions=(Condition(f"parent{i}", (True,)),))
        for i in range(60)
    ]
    space = SearchSpace([*parents, *children])
    assert space.size() == 3**60
    last = space.unrank(3**60 - 1)
    assert space.configurations().rank(last) == 3**60 - 1


def test_layers_under_a_count_are_counted():
    def layer(i):
        enough = (Condition("layers", tuple(range(i + 1, 51))),)
        return [
            Choice(f"kind{i}", ("dense", "skip"), conditions=enough),
            Int(
                f"units{i}",
                1,
                9,
                conditions=(*enough, Condition(f"kind{i}", ("dense",))),
            ),
        ]

    space = SearchSpace(
        [Int("layers", 1, 50), *(p for i in range(50) for p in layer(i))]
    )
    assert space.size() == sum(10**n for n in range(1, 51))


def test_numbers_beyond_the_end_are_refused():
    space = SearchSpace([Boolean("a")])
    for number in (-1, 2):
        with pytest.raises(IndexError, match=r"2"):
            space.unrank(number)


def test_a_continuous_parameter_makes_the_space_endless():
    space = SearchSpace([Boolean("a"), Float("b", 0, 1)])
    assert space.size() is None
    assert space.size(grid_points=3) == 6
    with pytest.raises(SearchSpaceError, match="cannot be enumerated"):
        space.enumerate()
    with pytest.raises(IndexError):
        space.unrank(0)
    assert {values["b"] for values in space.enumerate(3)} == {0.0, 0.5, 1.0}


def test_a_continuous_parameter_that_is_always_shadowed_does_not():
    under = (Condition("a", (True,)),)
    space = SearchSpace(
        [Boolean("a"), Int("b", 1, 2), Float("b", 0, 1, conditions=under)]
    )
    assert space.size() == 4


def test_values_off_the_grid_have_no_number():
    space = SearchSpace([Int("a", 0, 8, step=4, default=3), Float("b", 0, 1)])
    assert space.configurations(3).rank({"a": 3, "b": 0.5}) is None
    assert space.configurations(3).rank({"a": 4, "b": 0.4}) is None
    assert space.configurations(3).rank({"a": 4, "b": 0.5}) is not None


def test_the_first_active_parameter_of_a_name_gives_the_value():
    space = SearchSpace(
        [
            Boolean("big"),
            Int("units", 100, 102, conditions=(Condition("big", (True,)),)),
            Int("units", 1, 2),
        ]
    )
    values = [(v["big"], v["units"]) for v in space.enumerate()]
    assert sorted(values) == [
        (False, 1),
        (False, 2),
        (True, 100),
        (True, 101),
        (True, 102),
    ]


def test_a_condition_sees_only_what_comes_before_it():
    def under(name):
        return Condition(name, (True,))

    space = SearchSpace(
        [
            Boolean("x"),
            Boolean("a", conditions=(under("x"),)),
            Boolean("z"),
            Int("child", 1, 9, conditions=(under("a"), under("z"))),
            Boolean("a"),
        ]
    )
    # x and a: z or not, 9 + 1; x without a: z or not, 2; no x: z times the later a, 4
    assert space.size() == 10 + 2 + 4
    assert {space.key(values) for values in space.enumerate()} == product(space)


def test_a_child_of_a_default_off_the_grid_counts_for_nothing_but_is_reached():
    parameters = [
        Int("a", 0, 8, step=4, default=3),
        Fixed("b", 1, conditions=(Condition("a", (3,)),)),
    ]
    configurations = Configurations(parameters)
    assert configurations.reached == {0, 1}
    assert configurations.size == 3
    assert SearchSpace(parameters).defaults() == {"a": 3, "b": 1}


def test_many_values_that_constraints_name_are_listed_one_by_one():
    """Linear in their number: as a square it would take minutes."""
    space = SearchSpace([Int("a", 1, 10_000), Int("b", 1, 2)], ["a * b >= 8"])
    listed = list(space.enumerate())
    assert len(listed) == space.size() == 20_000 - 7 - 3
    assert space.defaults() == {"a": 8, "b": 1}
    assert [space.unrank(number) for number in (0, 5, 19_989)] == [
        listed[number] for number in (0, 5, -1)
    ]
