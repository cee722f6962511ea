from __future__ import annotations

import collections
import itertools

import numpy as np
import pytest

from tests.contracts.strategy_contract import (
    CONTINUOUS,
    FINITE,
    StrategyContract,
    keys,
    pending,
    search,
)
from tuner_component.search_space import (
    Boolean,
    Choice,
    Condition,
    Fixed,
    Float,
    Int,
    SearchSpace,
)
from tuner_component.strategies import quasi_random, random
from tuner_component.strategies.base import Done, Suggest
from tuner_component.strategies.quasi_random import QuasiRandom


class TestQuasiRandom(StrategyContract):
    def create(self, space, seed):
        return QuasiRandom(space, seed)


@pytest.mark.parametrize("seed", range(5))
def test_every_cell_of_the_scale_gets_its_share(seed):
    """64 points of a Sobol net: one in each of 64 intervals of every coordinate."""
    space = SearchSpace([Float("x", 1e-4, 1.0, sampling="log"), Float("y", 0, 1)])
    trials, _ = search(QuasiRandom(space, seed), length=65)
    for parameter in space.parameters:
        places = [parameter.encode(t.values[parameter.name]) for t in trials[1:]]
        assert sorted(int(place * 64 - 1e-9) for place in places) == list(range(64))


def test_choices_come_equally_often_whatever_their_conditions():
    cnn = (Condition("model", ("cnn",)),)
    space = SearchSpace(
        [
            Choice("model", ("mlp", "cnn")),
            Choice("size", (1, 3, 5, 7), conditions=cnn),
            Float("rate", 0, 1),
        ]
    )
    trials, _ = search(QuasiRandom(space, 0), length=129)
    models = collections.Counter(t.values["model"] for t in trials[1:])
    sizes = collections.Counter(t.values.get("size") for t in trials[1:])
    assert models == {"mlp": 64, "cnn": 64}
    assert sizes == {None: 64, 1: 16, 3: 16, 5: 16, 7: 16}


def test_it_fills_the_square_more_evenly_than_random_points():
    """Star discrepancy of 256 points: about .01, of random ones about .06."""
    space = SearchSpace([Float("x", 0, 1), Float("y", 0, 1)])
    trials, _ = search(QuasiRandom(space, 0), length=257)
    points = np.array([[t.values["x"], t.values["y"]] for t in trials[1:]])
    corners = np.linspace(0.05, 1, 20)
    worst = max(
        abs(np.mean((points < (x, y)).all(axis=1)) - x * y)
        for x in corners
        for y in corners
    )
    assert worst < 0.025


@pytest.mark.parametrize("space", [FINITE, CONTINUOUS], ids=["finite", "continuous"])
def test_the_first_trial_has_the_defaults(space):
    assert QuasiRandom(space, 5).propose([], 1) == [Suggest(space.defaults())]


def test_trials_of_others_are_passed_over_and_move_nothing():
    own, _ = search(QuasiRandom(CONTINUOUS, 0), length=12)
    foreign = {"model": "mlp", "rate": 0.0123}
    history = [own[3], pending(Suggest(foreign), 1), own[0]]
    trials, _ = search(QuasiRandom(CONTINUOUS, 0), history, length=13)
    assert keys(CONTINUOUS, trials[3:]) == keys(
        CONTINUOUS, [trial for trial in own[1:] if trial is not own[3]]
    )


def test_single_values_take_no_coordinate():
    space = SearchSpace([Fixed("a", 1), Float("b", 2.0, 2.0), Float("x", 0, 1)])
    alone = SearchSpace([Float("x", 0, 1)])
    trials, _ = search(QuasiRandom(space, 0), length=10)
    expected, _ = search(QuasiRandom(alone, 0), length=10)
    assert [t.values["x"] for t in trials] == [t.values["x"] for t in expected]
    assert {(t.values["a"], t.values["b"]) for t in trials} == {(1, 2.0)}


def test_a_space_of_a_single_configuration_ends():
    trials, last = search(QuasiRandom(SearchSpace([Fixed("a", 1)]), 0), length=5)
    assert [trial.values for trial in trials] == [{"a": 1}]
    assert last == Done("all 1 configurations were tried")


def test_the_last_configurations_of_a_rare_branch_are_found():
    space = SearchSpace(
        [
            Int("a", 1, 5_000),
            Int("b", 1, 10, conditions=(Condition("a", (777,)),)),
        ]
    )
    history = [
        pending(Suggest(values), number)
        for number, values in enumerate(space.enumerate())
        if "b" not in values
    ]
    found, last = search(QuasiRandom(space, 0), history, length=len(history) + 20)
    assert {t.values.get("b") for t in found[len(history) :]} == set(range(1, 11))
    assert isinstance(last, Done)


def test_parameters_are_independent_of_each_other():
    """Each of the four combinations of any two comes 16 times in 64 points."""
    space = SearchSpace([Boolean(f"x{n}") for n in range(6)])
    trials, _ = search(QuasiRandom(space, 3), length=40)
    assert len(trials) == 40
    for one, other in itertools.combinations(space.parameters, 2):
        pairs = collections.Counter(
            (t.values[one.name], t.values[other.name]) for t in trials
        )
        assert len(pairs) == 4
        assert max(pairs.values()) <= 16


def test_hundreds_of_parameters_are_no_obstacle():
    space = SearchSpace([Boolean(f"x{n}") for n in range(300)])
    trials, _ = search(QuasiRandom(space, 0), length=65)
    assert all(
        sum(trial.values[p.name] for trial in trials[1:]) == 32
        for p in space.parameters
    )


def test_a_tight_space_is_not_looked_through_for_what_is_not_there():
    texts = ["a in [3, 5, 7]", "b not in [1, 2] and b in (a, 9)"]
    space = SearchSpace([Int("a", 1, 100), Int("b", 1, 100)], texts)
    strategy = QuasiRandom(space, 1)
    trials, _ = search(strategy, length=6)
    num_read = strategy._num_read
    _, last = search(strategy, trials, length=100)
    assert isinstance(last, Done)
    assert len(trials) == len(set(strategy._keys)) == space.size() == 6
    assert strategy._num_read < num_read + 10_000


def test_where_nobody_counts_it_ends_too(monkeypatch):
    """More configurations than can be counted, one of which is allowed."""
    monkeypatch.setattr(quasi_random, "_MAX_USELESS_IN_A_ROW", 1_000)
    monkeypatch.setattr(random, "_MAX_ENDLESS_DRAWS", 50)
    texts = ["a + b + c + d <= 0"]
    space = SearchSpace([Float(name, 0, 1) for name in "abcd"], texts)
    strategy = QuasiRandom(space, 0)
    trials, last = search(strategy, length=100)
    assert isinstance(last, Done)
    assert [dict(trial.values) for trial in trials] == [dict.fromkeys("abcd", 0.0)]
    assert strategy._num_read <= 1_000
