import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.spaces import finite_spaces
from tuner_component.errors import SearchSpaceError
from tuner_component.search_space import (
    Boolean,
    Choice,
    Condition,
    Configurations,
    Float,
    Int,
    SearchSpace,
)
from tuner_component.search_space.variation import crossover, mutate

UNITS = [Int("units_1", 1, 4), Int("units_2", 1, 4)]
CNN = Condition("model", ("cnn",))
CONDITIONAL = [
    Choice("model", ("mlp", "cnn")),
    Int("units", 1, 4),
    Int("filters", 1, 4, conditions=(CNN,)),
]


@st.composite
def constrained(draw: st.DrawFn):
    """Parameters of a finite space, and constraints that name some of them."""
    space = draw(finite_spaces(4))
    kinds = {}
    for parameter in space.parameters:
        kind = type(parameter.default)
        kind = float if kind is int else kind
        kinds.setdefault(parameter.name, set()).add(kind)
    numbers = [name for name, own in kinds.items() if own in ({float}, {bool})]
    texts = [name for name, own in kinds.items() if own == {str}]
    chosen = []
    for _ in range(draw(st.integers(1, 2))):
        parts = []
        if numbers:
            one, other = (draw(st.sampled_from(numbers)) for _ in range(2))
            parts.append(f"{one} + {draw(st.integers(-2, 2))} <= {other} * 1.5")
        if texts:
            parts.append(f"{draw(st.sampled_from(texts))} != 'a'")
        chosen += draw(st.lists(st.sampled_from(parts), max_size=2)) if parts else []
    return space.parameters, chosen


@given(constrained())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_numbered_is_what_a_filter_leaves(drawn):
    parameters, constraints = drawn
    every = SearchSpace(parameters)
    expected = [
        every.key(values)
        for values in every.enumerate()
        if all(python_agrees(text, values) for text in constraints)
    ]
    if not expected:
        with pytest.raises(SearchSpaceError, match="no configuration fulfils them"):
            SearchSpace(parameters, constraints)
        return
    space = SearchSpace(parameters, constraints)
    assert sorted(map(space.key, space.enumerate())) == sorted(expected)
    assert space.size() == len(expected)
    for values in every.enumerate():
        rank = space.configurations().rank(values)
        assert (rank is not None) == space.allows(values)
        assert rank is None or space.unrank(rank) == values


def python_agrees(text: str, values: dict) -> bool:
    """Whether Python itself finds an expression true; true without a value."""
    names = {node for node in text.replace("'", " ").split() if node.startswith("p")}
    if not names <= values.keys():
        return True
    return bool(eval(text, {}, dict(values)))


@given(constrained(), st.integers(0, 2**32))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_drawn_mutated_or_crossed_is_allowed(drawn, seed):
    try:
        space = SearchSpace(*drawn)
    except SearchSpaceError:
        return
    rng = np.random.default_rng(seed)
    one, other = space.sample(rng), space.defaults()
    for values in (
        one,
        other,
        mutate(space, one, rng, 0.1),
        crossover(space, one, other, rng),
    ):
        space.check_values(values)
        assert space.allows(values)


def test_huge_spaces_are_counted_where_few_values_are_tied():
    free = [Int(f"free_{i}", 1, 10) for i in range(20)]
    space = SearchSpace([UNITS[0], *free, UNITS[1]], ["units_2 <= units_1"])
    assert space.size() == 10 * 10**20
    assert space.configurations().rank(space.unrank(3 * 10**20)) == 3 * 10**20


def test_grid_points_count_under_constraints():
    space = SearchSpace([Float("a", 0, 1), Float("b", 0, 1)], ["a < b"])
    assert space.size() is None
    assert space.size(5) == 10


def test_too_many_tied_values_are_not_counted_but_drawn():
    space = SearchSpace(
        [Int("a", 1, 10_000), Int("b", 1, 10_000)], ["a + b <= 60", "a * b > 500"]
    )
    assert space.size() is None
    with pytest.raises(SearchSpaceError, match="tie too many values"):
        list(space.enumerate())
    with pytest.raises(IndexError):
        space.unrank(0)


def test_a_tight_continuous_space_is_sampled_by_a_walk():
    space = SearchSpace([Float("a", 0, 1), Float("b", 0, 1)], ["abs(a - b) < 0.0001"])
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(8)]
    assert all(map(space.allows, drawn))
    assert len({space.key(values) for values in drawn}) == 8


def test_a_tiny_finite_space_is_sampled_evenly():
    """40 draws of 2: each 8 times at least, but in 5e-5 of the cases."""
    space = SearchSpace([Int("a", 1, 300), Int("b", 1, 300)], ["a * b == 299 * 300"])
    drawn = [space.sample(np.random.default_rng(i))["a"] for i in range(40)]
    assert set(drawn) == {299, 300}
    assert 8 <= drawn.count(299) <= 32


def test_inactive_hyperparameters_fulfil_every_constraint():
    space = SearchSpace(CONDITIONAL, ["filters < units"])
    assert space.size() == 4 + 6
    assert sum(values["model"] == "mlp" for values in space.enumerate()) == 4


def test_defaults_that_are_allowed_stay():
    assert SearchSpace(UNITS, ["units_2 <= units_1"]).defaults() == {
        "units_1": 1,
        "units_2": 1,
    }


def test_other_defaults_give_way_to_the_nearest_allowed_ones():
    space = SearchSpace(
        [
            Int("units_1", 1, 9, default=3),
            Choice("model", ("mlp", "cnn")),
            Int("units_2", 1, 9, default=6),
        ],
        ["units_2 < units_1", "units_1 != 5"],
    )
    defaults = space.defaults()
    assert defaults["model"] == "mlp"
    distances = {
        abs(values["units_1"] - 3) + abs(values["units_2"] - 6): values
        for values in space.enumerate()
    }
    assert abs(defaults["units_1"] - 3) + abs(defaults["units_2"] - 6) == min(distances)


def test_defaults_of_a_continuous_space_move_as_far_as_the_constraint_asks():
    space = SearchSpace(
        [Float("a", 0, 1, default=0.0), Float("b", 0, 1, default=0.5)], ["a >= 0.25"]
    )
    assert space.defaults()["b"] == 0.5
    assert space.defaults()["a"] == pytest.approx(0.25, abs=1e-3)


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        (["units_1 < 2", "units_1 > 3"], "no configuration fulfils them all"),
        (["units_1 * units_2 == 17"], "'units_1 \\* units_2 == 17' rejects most, 100%"),
        (["unit_2 < units_1"], "Did you mean 'units_2'"),
        (["units_1 < 'relu'"], "compares units_1 \\(a number\\) with 'relu'"),
        (["units_1"], "has a number where True or False is expected"),
        (["units_1 + 'a' < 3"], "has a text where a number is expected"),
        (["1 < 2"], "names no hyperparameter"),
        (["units_1 <"], "cannot be read"),
    ],
)
def test_constraints_that_cannot_be_are_refused(constraints, message):
    with pytest.raises(SearchSpaceError, match=message):
        SearchSpace(UNITS, constraints)


@pytest.mark.parametrize(
    "text", ["model != 'cn'", "'cn' == model", "model in ['mlp', 'cn']"]
)
def test_a_text_that_a_hyperparameter_cannot_be_is_refused(text):
    with pytest.raises(SearchSpaceError, match=r"(?s)cannot be:.*mean 'cnn'"):
        SearchSpace(CONDITIONAL, [text])


def test_a_continuous_space_without_an_allowed_draw_is_refused():
    with pytest.raises(SearchSpaceError, match="nor any of 100,000 random") as raised:
        SearchSpace([Float("a", 0, 1), Boolean("c")], ["a > 1", "a < 2 or c"])
    assert "'a > 1' rejects most, 100%" in str(raised.value)


def test_a_name_of_texts_and_of_numbers_is_refused():
    parameters = [
        Boolean("deep"),
        Choice("size", ("s", "l"), conditions=(Condition("deep", (True,)),)),
        Int("size", 1, 3, conditions=(Condition("deep", (False,)),)),
    ]
    with pytest.raises(SearchSpaceError, match="different names"):
        SearchSpace(parameters, ["size != 's'"])


def test_constraints_are_part_of_json_fingerprint_and_merge():
    texts = ["units_2 <= units_1", "units_1 > 1"]
    space = SearchSpace(UNITS, texts)
    assert SearchSpace.from_json(space.to_json()) == space
    prints = [
        SearchSpace(UNITS, some).fingerprint()
        for some in (texts, texts[::-1], texts[:1], ())
    ]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3
    merged = space.merge(SearchSpace([Int("c", 1, 2)], ["c < 2"]))
    assert [c.text for c in merged.constraints] == [*texts, "c < 2"]


def test_without_constraints_json_and_fingerprint_are_what_they_were():
    space = SearchSpace([Boolean("a")])
    parameters = [{"kind": "boolean", "name": "a"}]
    assert space.to_json() == {"version": 1, "parameters": parameters}
    assert space.fingerprint().startswith("4883ba5bf6aa71f1")


def test_configurations_of_several_constraints_are_counted_by_name():
    parameters = [Int(name, 1, 5) for name in "abcd"]
    texts = ["a < b", "c < d", "a != d"]
    numbered = Configurations(
        parameters, constraints=SearchSpace(parameters, texts).constraints
    )
    assert numbered.size == sum(
        a < b and c < d and a != d
        for a, b, c, d in itertools.product(range(1, 6), repeat=4)
    )


@pytest.mark.parametrize("text", ["a + b + c + d <= 0.001", "a == b"])
def test_defaults_that_are_allowed_are_enough(text):
    """However small their share of what could be drawn."""
    space = SearchSpace([Float(name, 0, 1) for name in "abcd"], [text])
    assert space.defaults() == dict.fromkeys("abcd", 0.0)
    generator = np.random.default_rng(0)
    assert all(space.allows(space.sample(generator)) for _ in range(3))


def test_a_name_of_several_kinds_cannot_be_constrained():
    parameters = [
        Choice("model", ("mlp", "cnn")),
        Int("more", 1, 4, conditions=(CNN,)),
        Boolean("more"),
    ]
    with pytest.raises(SearchSpaceError, match="True or False but a number under"):
        SearchSpace(parameters, ["more < 3"])
