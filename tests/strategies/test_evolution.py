from __future__ import annotations

import collections
import dataclasses

import numpy as np
import pytest

from tests.benchmarks.tables import is_there, nasbench201, simulate
from tests.benchmarks.tables.task import best_so_far
from tests.contracts.strategy_contract import (
    CONTINUOUS,
    StrategyContract,
    ended,
    keys,
    pending,
    search,
)
from tests.strategies.learning import LearningContract, completed
from tuner_component.search_space import Boolean, Choice, Float, Int, SearchSpace
from tuner_component.strategies.base import Suggest
from tuner_component.strategies.evolution import Evolution
from tuner_component.strategies.random import Random
from tuner_component.strategies.tried import extended
from tuner_component.trial import Inheritance, Trial, TrialState

WIDE = SearchSpace([Int(f"x{n}", 0, 99) for n in range(6)])


class TestDefaults(StrategyContract):
    def create(self, space, seed):
        return Evolution(space, seed)


class TestAge(LearningContract):
    def create(self, space, seed):
        return Evolution(space, seed, population_size=4)


class TestPerformance(LearningContract):
    def create(self, space, seed):
        return Evolution(space, seed, population_size=4, removal="performance")


class TestInheriting(LearningContract):
    def create(self, space, seed):
        return Evolution(space, seed, population_size=4, inherit_weights=True)


def parents(strategy, history) -> set[int]:
    """Returns which completed trials the proposals are one change away from."""
    completed = [each for each in history if each.loss is not None]
    found = set()
    for _ in range(40):
        (action,) = strategy.propose(history, 1)
        found |= {
            each.number
            for each in completed
            if sum(action.values[k] != v for k, v in each.values.items()) == 1
        }
        history = [*history, pending(action, len(history))]
    return found


HISTORY = [
    completed({f"x{i}": 9 * n + i for i in range(6)}, n, loss)
    for n, loss in enumerate([3.0, 1.0, 9.0, 5.0, 8.0, 6.0])
]


@pytest.mark.parametrize(
    ("removal", "expected"), [("age", {2, 3, 4, 5}), ("performance", {0, 1, 3, 5})]
)
def test_the_oldest_or_the_worst_leave(removal, expected):
    strategy = Evolution(
        WIDE,
        0,
        population_size=4,
        sample_size=1,
        removal=removal,
        crossover_probability=0,
    )
    assert parents(strategy, HISTORY) == expected


def test_the_best_of_the_sample_is_the_parent():
    large = Evolution(
        WIDE, 0, population_size=6, sample_size=100, crossover_probability=0
    )
    assert parents(large, HISTORY) == {1}


def test_without_crossover_one_parameter_changes_and_with_it_more():
    def changes(probability: float) -> set[int]:
        strategy = Evolution(
            WIDE,
            0,
            population_size=6,
            sample_size=1,
            crossover_probability=probability,
        )
        actions = strategy.propose(HISTORY, 40)
        return {
            min(
                sum(action.values[k] != v for k, v in each.values.items())
                for each in HISTORY
            )
            for action in actions
        }

    assert changes(0.0) == {1}
    assert changes(1.0) >= {1, 2, 3}


def test_the_first_population_is_random_and_failures_do_not_count():
    trials, _ = search(Evolution(WIDE, 0, population_size=5), length=5)
    assert keys(WIDE, trials) == keys(WIDE, search(Random(WIDE, 0), length=5)[0])
    failed = [ended(t, TrialState.FAILED) for t in trials]
    for history in (failed, [*trials[:3], *failed[3:]]):
        assert Evolution(WIDE, 0, population_size=5).propose(history, 2) == Random(
            WIDE, 0
        ).propose(history, 2)


def test_running_trials_neither_wait_nor_take_part():
    strategy = Evolution(
        WIDE, 0, population_size=4, sample_size=1, crossover_probability=0
    )
    running = [
        pending(Suggest(each.values), each.number) if each.number in (1, 5) else each
        for each in HISTORY
    ]
    assert parents(strategy, running) == {0, 2, 3, 4}
    none_ended = [pending(Suggest(t.values), t.number) for t in HISTORY]
    assert strategy.propose(none_ended, 3) == Random(WIDE, 0).propose(none_ended, 3)


def test_where_all_children_were_tried_they_go_further():
    """Of 2**10 configurations the 10 next to the only good one are tried first."""
    space = SearchSpace([Boolean(f"x{n}") for n in range(10)])
    best = dict.fromkeys((f"x{n}" for n in range(10)), True)
    history = [completed(best, 0, 0.0), completed(space.defaults(), 1, 9.0)]
    strategy = Evolution(
        space, 0, population_size=2, sample_size=20, crossover_probability=0
    )
    distances = []
    for _ in range(40):
        (action,) = strategy.propose(history, 1)
        distances.append(10 - sum(action.values.values()))
        history.append(pending(action, len(history)))
    counts = collections.Counter(distances)
    assert counts[1] == 10
    assert counts[2] > 20
    assert distances[:5] == [1] * 5


@pytest.mark.parametrize("removal", ["age", "performance"])
def test_good_defaults_between_two_steps_do_not_make_the_space_larger(removal):
    space = SearchSpace(
        [
            Int("a", 0, 10, step=2, default=5),
            Float("b", 0, 1, step=0.2, default=0.5),
        ]
    )
    strategy = Evolution(space, 0, population_size=4, removal=removal)
    history: list[Trial] = []
    while isinstance((action := strategy.propose(history, 1)[0]), Suggest):
        loss = abs(action.values["a"] - 5) + abs(action.values["b"] - 0.5)
        history.append(completed(action.values, len(history), loss))
    assert len(history) == space.size() + 1


@pytest.mark.parametrize("removal", ["age", "performance"])
def test_it_approaches_an_optimum_that_random_search_does_not(removal):
    space = SearchSpace(
        [Float("a", 1e-5, 1.0, sampling="log"), Float("b", 0, 1), Choice("c", "vwxyz")]
    )

    def loss(values) -> float:
        where = space.parameters[0].encode(values["a"]) - 0.7
        return where**2 + (values["b"] - 0.3) ** 2 + (values["c"] != "y")

    def best(strategy) -> float:
        trials: list[Trial] = []
        while len(trials) < 100:
            (action,) = strategy.propose(trials, 1)
            trials.append(completed(action.values, len(trials), loss(action.values)))
        return min(t.loss for t in trials)

    evolved = [best(Evolution(space, seed, removal=removal)) for seed in range(8)]
    drawn = [best(Random(space, seed)) for seed in range(8)]
    assert np.median(evolved) < np.median(drawn) / 3


def ids(numbers: str) -> set[str]:
    return {f"{int(number):04d}" for number in numbers}


def heirs(history, **options):
    """Returns as many trials as before again, all of whose members may inherit."""
    strategy = Evolution(
        WIDE, 0, population_size=4, sample_size=4, inherit_weights=True, **options
    )
    trials = [dataclasses.replace(t, inheritance=Inheritance()) for t in history]
    for action in strategy.propose(trials, len(history)):
        trials.append(extended(trials, action))
    return strategy, trials


def test_a_child_inherits_from_the_one_that_it_was_made_of():
    _, trials = heirs(HISTORY, crossover_probability=0)
    for each in trials[len(HISTORY) :]:
        parent = trials[int(each.inheritance.parent)]
        changed = [n for n, v in parent.values.items() if each.values[n] != v]
        assert len(changed) == 1
    crossed = heirs(HISTORY, crossover_probability=1)[1][len(HISTORY) :]
    assert {each.inheritance.parent for each in crossed} <= ids("2345")
    assert len({each.inheritance.parent for each in crossed}) > 1


def test_the_first_population_inherits_from_nobody_and_leaves_its_weights():
    strategy = Evolution(WIDE, 0, population_size=4, inherit_weights=True)
    assert {a.inheritance for a in strategy.propose([], 4)} == {Inheritance()}
    plain = Evolution(WIDE, 0, population_size=4)
    assert {a.inheritance for a in plain.propose(HISTORY, 4)} == {None}
    assert plain.keeps(HISTORY) == ()


def test_inheriting_changes_nothing_else():
    plain = Evolution(WIDE, 0, population_size=4, sample_size=4)
    proposed = heirs(HISTORY)[1][len(HISTORY) :]
    assert [a.values for a in plain.propose(HISTORY, 6)] == [t.values for t in proposed]


@pytest.mark.parametrize(
    ("removal", "members"), [("age", "2345"), ("performance", "0135")]
)
def test_members_and_the_parents_of_running_trials_keep_their_weights(removal, members):
    strategy, trials = heirs(HISTORY, removal=removal)
    assert strategy.keeps(trials) == ids(members)
    heritage = Inheritance("0001")
    pending_of_gone = dataclasses.replace(trials[-1], inheritance=heritage)
    if removal == "age":
        assert strategy.keeps([*trials, pending_of_gone]) == ids(members + "1")
        over = dataclasses.replace(pending_of_gone, state=TrialState.FAILED)
        assert strategy.keeps([*trials, over]) == ids(members)


def test_who_is_the_worst_of_several_objectives_may_change():
    several = [dataclasses.replace(t, losses=(t.loss, 1.0)) for t in HISTORY]
    strategy, trials = heirs(several, removal="performance")
    assert strategy.keeps(trials) == ids("012345")
    strategy, trials = heirs(several, removal="age")
    assert strategy.keeps(trials) == ids("2345")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"population_size": 1}, "population_size=1; expected an integer, at least 2"),
        ({"population_size": 2.5}, "population_size=2.5; expected an integer"),
        ({"population_size": True}, "population_size=True; expected an integer"),
        ({"sample_size": 0}, "sample_size=0; expected an integer, at least 1"),
        ({"removal": "aging"}, "removal='aging'; expected 'age' or 'performance'"),
        ({"removal": "performence"}, "Did you mean 'performance'"),
        (
            {"crossover_probability": 1.5},
            r"crossover_probability=1.5; expected a finite number from 0.0 to 1.0",
        ),
        ({"mutation_width": 0}, "mutation_width=0; expected a finite number from"),
        ({"inherit_weights": 1}, "inherit_weights=1; expected True or False"),
        ({"mutation_width": "x"}, "mutation_width='x'; expected a finite number"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Evolution(CONTINUOUS, 0, **options)


def test_the_sample_is_half_of_the_population_if_not_said_otherwise():
    halves = Evolution(WIDE, 0, population_size=6).propose(HISTORY, 20)
    threes = Evolution(WIDE, 0, population_size=6, sample_size=3).propose(HISTORY, 20)
    assert halves == threes


@pytest.mark.slow
@pytest.mark.skipif(not is_there(), reason="The benchmark tables are not there.")
@pytest.mark.parametrize("removal", ["age", "performance"])
def test_accuracy_of_cells_after_100_trials(removal):
    """Mean of 200 runs, standard error 0.015; random search: 93.8."""
    task = nasbench201(noisy=True)
    accuracies = []
    for seed in range(200):
        strategy = Evolution(task.space, seed, removal=removal)
        trials = simulate(strategy, task, 100, seed)
        best = best_so_far([each.loss for each in trials])[-1]
        accuracies.append(100 - task.test_loss(trials[best].values))
    assert np.mean(accuracies) >= 94.1
