from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from typing_extensions import override

from tests.contracts.strategy_contract import (
    CONTINUOUS,
    FINITE,
    StrategyContract,
    ended,
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
from tuner_component.strategies.base import Done
from tuner_component.strategies.bayesian import Bayesian, is_wide
from tuner_component.strategies.prior_studies import PriorStudy, PriorTrial
from tuner_component.strategies.random import Random
from tuner_component.trial import Reason, Trial, TrialError, TrialState

MIXED = SearchSpace(
    [
        Float("rate", 1e-5, 1.0, sampling="log", default=1e-5),
        Int("units", 4, 512, sampling="log"),
        Choice("optimizer", ("sgd", "adam", "rmsprop")),
        Float("momentum", 0.0, 1.0, conditions=(Condition("optimizer", ("sgd",)),)),
        Choice("batch", (16, 32, 64, 128, 256)),
        Boolean("norm"),
        Float("dropout", 0.0, 0.8, step=0.05),
        Int("layers", 1, 5),
        Float("decay", 1e-8, 1e-1, sampling="log"),
        Choice("activation", ("relu", "tanh", "gelu", "elu")),
    ]
)


def loss(values) -> float:
    """From 0; adam, 64 to 128 units, a rate of 0.001 and batches of 64 are best."""
    rate = (np.log10(values["rate"]) + 3) ** 2
    units = (np.log2(values["units"]) - 6.5) ** 2 / 4
    optimizer = {"adam": 0.0, "rmsprop": 0.3, "sgd": 0.6}[values["optimizer"]]
    momentum = abs(values.get("momentum", 0.9) - 0.9)
    batch = abs(np.log2(values["batch"]) - 6) / 8
    rest = (values["dropout"] - 0.2) ** 2 + 0.2 * abs(values["layers"] - 3)
    return float(rate + units + optimizer + momentum + batch + rest)


def scored(trial: Trial, score: float, seconds: float = 1.0) -> Trial:
    return dataclasses.replace(
        trial,
        state=TrialState.COMPLETED,
        score=score,
        loss=score,
        duration_seconds=seconds,
    )


def minimise(strategy, function, length: int) -> list[Trial]:
    trials: list[Trial] = []
    while len(trials) < length:
        (action,) = strategy.propose(trials, 1)
        trial = pending(action, len(trials))
        trials.append(scored(trial, function(trial.values)))
    return trials


def best(trials) -> float:
    return min(trial.loss for trial in trials)


class TestBayesian(StrategyContract):
    def create(self, space, seed):
        return Bayesian(space, seed)

    @override
    def test_asking_for_one_or_for_four_gives_the_same_set(self, strategy, space):
        """Together, each is what it would be if those before it were running."""
        trials, _ = search(strategy, length=8)
        together = self.create(space, 3).propose(trials, 4)
        one_by_one = []
        for _ in range(4):
            one_by_one += strategy.propose(trials, 1)
            trials = [*trials, pending(one_by_one[-1], len(trials))]
        assert together == one_by_one


class TestCostAware(StrategyContract):
    """Durations are history like losses."""

    def create(self, space, seed):
        return Bayesian(space, seed, cost_aware=True)

    test_asking_for_one_or_for_four_gives_the_same_set = (
        TestBayesian.test_asking_for_one_or_for_four_gives_the_same_set
    )


def test_the_defaults_come_first_then_points_that_fill_the_space():
    space = SearchSpace([Float(f"x{i}", 0, 1) for i in range(3)])
    trials, _ = search(Bayesian(space, 0, initial_trials=8), length=8)
    assert trials[0].values == space.defaults()
    for name in ("x0", "x1", "x2"):
        eighths = {int(8 * trial.values[name]) for trial in trials[1:]}
        assert len(eighths) == 7


def test_with_earlier_studies_the_fourth_trial_is_the_models_already():
    """Without them it would be the fourth of six that fill the space."""
    space = SearchSpace([Float(name, 0, 1) for name in "abcdefgh"])

    def bowl(values) -> float:
        return sum((value - 0.3) ** 2 for value in values.values())

    points = [space.sample(np.random.default_rng(n)) for n in range(60)]
    earlier = PriorStudy("it", tuple(PriorTrial(v, bowl(v)) for v in points))
    *_, last = minimise(Bayesian(space, 0, prior_studies=[earlier]), bowl, 4)
    *_, blind = minimise(Bayesian(space, 0), bowl, 4)
    assert last.loss < min(bowl(values) for values in points) < blind.loss


def test_an_earlier_study_of_two_trials_says_nothing_of_where_to_begin():
    points = [MIXED.sample(np.random.default_rng(n)) for n in range(2)]
    two = PriorStudy("two", tuple(PriorTrial(v, loss(v)) for v in points))
    with_two = minimise(Bayesian(MIXED, 0, prior_studies=[two]), loss, 6)
    without = minimise(Bayesian(MIXED, 0), loss, 6)
    assert [t.values for t in with_two] == [t.values for t in without]


def test_a_mixed_conditional_space_is_searched_ten_times_as_fast_as_at_random():
    model = [best(minimise(Bayesian(MIXED, seed), loss, 40)) for seed in range(4)]
    chance = [best(minimise(Random(MIXED, seed), loss, 400)) for seed in range(4)]
    assert np.mean(model) < np.mean(chance)


def test_a_smooth_optimum_is_found_precisely():
    space = SearchSpace([Float("x", 0, 1), Float("y", 0, 1)])
    trials = minimise(
        Bayesian(space, 0), lambda v: (v["x"] - 0.3) ** 2 + (v["y"] - 0.7) ** 2, 30
    )
    assert best(trials) < 1e-5


def test_what_runs_is_not_proposed_again_nor_what_is_like_it():
    space = SearchSpace([Float("x", 0, 1)])
    strategy = Bayesian(space, 0, initial_trials=4, random_share=0)
    trials = minimise(strategy, lambda v: np.sin(9 * v["x"]), 4)
    (alone,) = strategy.propose(trials, 1)
    running = [*trials, pending(alone, 4)]
    (beside,) = strategy.propose(running, 1)
    assert abs(alone.values["x"] - beside.values["x"]) > 0.01


@pytest.mark.parametrize(
    ("losses", "num_wide"),
    [
        ([5, 4, 3, 2, 1, 0], 3),
        ([0, *range(1, 8)], 3),  # the best is 7 trials ago
        ([0, *range(1, 9)], 6),
        ([0, *[np.nan] * 8], 6),
        ([np.nan] * 8 + [0], 3),
        ([0] * 9, 6),  # equal is not better
    ],
)
def test_proposals_look_wider_when_looking_closer_gains_nothing(losses, num_wide):
    wide = [is_wide(number, np.array(losses, float)) for number in range(9)]
    assert sum(wide) == num_wide
    assert not all(wide)


def test_a_region_that_fails_is_left_alone():
    space = SearchSpace([Float("x", 0, 1, default=0.5), Float("y", 0, 1)])
    strategy = Bayesian(space, 0, random_share=0)
    trials: list[Trial] = []
    while len(trials) < 40:
        (action,) = strategy.propose(trials, 1)
        trial = pending(action, len(trials))
        failed = trial.values["x"] > 0.6  # where the losses would be least
        state = TrialState.FAILED if failed else TrialState.COMPLETED
        trial = ended(trial, state)
        trials.append(trial if failed else scored(trial, -trial.values["x"]))
    assert sum(trial.state is TrialState.FAILED for trial in trials[-20:]) <= 10
    assert -best(t for t in trials if t.loss is not None) > 0.57


def test_a_worker_that_died_says_nothing_about_its_configuration():
    trials, _ = search(Bayesian(CONTINUOUS, 0), length=9)
    pairs = []
    for index in range(1, 9):
        proposals = []
        for reason in (Reason.INFRASTRUCTURE, Reason.USER_ERROR):
            gone = dataclasses.replace(
                trials[index],
                state=TrialState.FAILED,
                loss=None,
                score=None,
                error=TrialError(reason, "It went wrong."),
            )
            history = [*trials[:index], gone, *trials[index + 1 :]]
            proposals.append(Bayesian(CONTINUOUS, 0).propose(history, 1))
        pairs.append(proposals)
    assert any(lost != failed for lost, failed in pairs)


def test_without_a_single_success_it_goes_on_filling_the_space():
    trials, _ = search(Bayesian(CONTINUOUS, 0), length=30, states=(TrialState.FAILED,))
    assert len(set(keys(CONTINUOUS, trials))) == 30


@pytest.mark.parametrize("value", [1e300, -1e300, 0.0])
def test_losses_of_any_size_are_taken(value):
    trials, _ = search(Bayesian(CONTINUOUS, 0), length=8)
    trials = [scored(t, value if t.number % 2 else t.loss) for t in trials]
    (action,) = Bayesian(CONTINUOUS, 0).propose(trials, 1)
    CONTINUOUS.check_values(action.values)


def test_equal_losses_everywhere_are_taken():
    trials = minimise(Bayesian(CONTINUOUS, 0), lambda values: 1.0, 20)
    assert len(set(keys(CONTINUOUS, trials))) == 20


def test_cost_aware_prefers_the_cheap_side_of_a_plateau():
    space = SearchSpace([Float("x", 0, 1), Float("work", 0, 1)])

    def mean_work(cost_aware: bool) -> float:
        strategy = Bayesian(space, 0, cost_aware=cost_aware, random_share=0)
        trials: list[Trial] = []
        while len(trials) < 30:
            (action,) = strategy.propose(trials, 1)
            x, work = action.values["x"], action.values["work"]
            trial = pending(action, len(trials))
            trials.append(scored(trial, (x - 0.4) ** 2, seconds=10 ** (3 * work)))
        return float(np.mean([10 ** (3 * t.values["work"]) for t in trials[5:]]))

    assert mean_work(True) < 0.5 * mean_work(False)


def test_a_space_of_one_configuration_is_done_after_it():
    space = SearchSpace([Fixed("a", 1)])
    trials, last = search(Bayesian(space, 0), length=5)
    assert len(trials) == 1
    assert isinstance(last, Done)


@pytest.mark.parametrize(
    "space",
    [
        SearchSpace([Float("x", 0, 1), Float("y", 0, 1)], ["x + y <= 0.5"]),
        SearchSpace([Int("x", 0, 9), Int("y", 0, 9)], ["x + y <= 5"]),
    ],
)
def test_only_what_the_constraints_allow_is_tried(space):
    """Without them, x and y would both be as great as they can."""
    trials = minimise(
        Bayesian(space, 0), lambda values: -min(values["x"], values["y"]), 20
    )
    assert all(space.allows(trial.values) for trial in trials)
    assert best(trials) <= -0.2


def test_paused_trials_count_with_their_losses():
    trials, _ = search(Bayesian(CONTINUOUS, 0), length=9)
    paused = [dataclasses.replace(t, state=TrialState.PAUSED) for t in trials]
    strategy = Bayesian(CONTINUOUS, 0)
    assert strategy.propose(paused, 1) == strategy.propose(trials, 1)


def test_random_share_1_is_random_search_after_the_first_trials():
    ours, _ = search(Bayesian(FINITE, 4, initial_trials=1, random_share=1), length=10)
    theirs, _ = search(Random(FINITE, 4), length=10)
    assert keys(FINITE, ours) == keys(FINITE, theirs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"initial_trials": 0}, r"initial_trials=0; expected an integer, at least 1"),
        ({"initial_trials": True}, r"initial_trials=True; expected an integer"),
        ({"initial_trials": 2.5}, r"initial_trials=2.5; expected an integer"),
        (
            {"random_share": 1.5},
            r"random_share=1.5; expected a finite number from 0 to 1",
        ),
        (
            {"random_share": "0"},
            r"random_share='0'; expected a finite number from 0 to 1",
        ),
        ({"random_share": float("nan")}, r"random_share=nan; expected a finite number"),
        ({"cost_aware": 1}, r"cost_aware=1; expected True or False"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Bayesian(FINITE, 0, **options)
