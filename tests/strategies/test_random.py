from __future__ import annotations

import collections

import pytest

from tests.contracts.strategy_contract import (
    CONTINUOUS,
    FINITE,
    StrategyContract,
    pending,
    search,
)
from tuner_component.search_space import (
    Boolean,
    Choice,
    Condition,
    Float,
    Int,
    SearchSpace,
)
from tuner_component.strategies.base import Done, Suggest
from tuner_component.strategies.random import Random


class TestRandom(StrategyContract):
    def create(self, space, seed):
        return Random(space, seed)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    ("space", "size"),
    [
        (SearchSpace([Int("a", 1, 5), Int("b", 1, 6)]), 30),
        (
            SearchSpace([Choice("a", (1, 2, 4, 8)), Choice("b", ("w", "x", "y", "z"))]),
            16,
        ),
        (FINITE, 16),
    ],
    ids=["30", "16", "conditional"],
)
def test_finite_spaces_are_covered_exactly(space, size, seed):
    trials, last = search(Random(space, seed), length=100)
    assert len({space.key(t.values) for t in trials}) == len(trials) == size
    assert last == Done(f"all {size} configurations were tried")


@pytest.mark.parametrize("space", [FINITE, CONTINUOUS], ids=["finite", "continuous"])
def test_the_first_trial_has_the_defaults(space):
    assert Random(space, 5).propose([], 1) == [Suggest(space.defaults())]


def test_a_default_off_the_grid_comes_on_top():
    space = SearchSpace([Int("a", 0, 8, step=4, default=3)])
    trials, last = search(Random(space, 0), length=10)
    assert trials[0].values == {"a": 3}
    assert sorted(trial.values["a"] for trial in trials[1:]) == [0, 4, 8]
    assert isinstance(last, Done)


def test_the_last_configurations_of_a_rare_branch_are_found():
    """Drawing alone would need about 100,000 draws for each of the last ten."""
    space = SearchSpace(
        [
            Int("a", 1, 100_000),
            Int("b", 1, 10, conditions=(Condition("a", (77_777,)),)),
        ]
    )
    history = [
        pending(Suggest(values), number)
        for number, values in enumerate(space.enumerate())
        if "b" not in values
    ]
    found, last = search(Random(space, 0), history, length=len(history) + 20)
    assert {t.values.get("b") for t in found[len(history) :]} == set(range(1, 11))
    assert isinstance(last, Done)


def test_what_is_left_is_picked_evenly():
    """Binomial(300, 1/3): 6 sigma = 49; by chance about once in 1e8 runs."""
    space = SearchSpace([Int("a", 0, 999)])
    history = [
        pending(Suggest({"a": n}), n) for n in range(1000) if n not in (3, 500, 999)
    ]
    picked = collections.Counter(
        Random(space, seed).propose(history, 1)[0].values["a"] for seed in range(300)
    )
    assert set(picked) == {3, 500, 999}
    assert all(abs(number - 100) < 49 for number in picked.values())


def test_an_endless_space_with_hardly_any_values_ends_too():
    space = SearchSpace([Float("a", 1.0, 1.0000000000000002)])
    assert space.size() is None
    trials, last = search(Random(space, 0), length=10)
    assert len(trials) == 2
    assert last == Done("1000 draws in a row had been tried before")


def test_every_parameter_is_drawn_on_its_own_scale():
    """Binomial(1000, 1/2): 6 sigma = 95; by chance about once in 1e8 runs."""
    space = SearchSpace([Float("a", 1e-4, 1, sampling="log"), Boolean("b")])
    trials, _ = search(Random(space, 0), length=1001)
    low = sum(trial.values["a"] < 1e-2 for trial in trials[1:])
    true = sum(trial.values["b"] for trial in trials[1:])
    assert abs(low - 500) < 95
    assert abs(true - 500) < 95


def test_a_draw_depends_on_the_number_not_on_what_the_others_were():
    def drawn(*earlier: float) -> list:
        history = [
            pending(Suggest({"model": "mlp", "rate": rate}), number)
            for number, rate in enumerate(earlier)
        ]
        return Random(CONTINUOUS, 0).propose(history, 1)

    assert drawn(0.01, 0.02) == drawn(0.03, 0.04)
    assert drawn(0.01) != drawn(0.01, 0.02)
