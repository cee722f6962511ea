"""What every strategy with rungs must do. Subclass it once for each of them."""

from __future__ import annotations

import collections
from collections.abc import Sequence

import numpy as np
import pytest

from tests.contracts.strategy_contract import (
    CONTINUOUS,
    FINITE,
    StrategyContract,
    ended,
    keys,
    pending,
    promote,
)
from tuner_component.strategies.base import Action, Done, Promote, Strategy, Suggest
from tuner_component.strategies.plan import Plan
from tuner_component.trial import Trial, TrialState

COMPLETED = (TrialState.COMPLETED,)
FAILURES = (*COMPLETED * 3, TrialState.FAILED, *COMPLETED * 2, TrialState.INFEASIBLE)
Step = tuple[list[Trial], list[Action]]


def played(
    strategy: Strategy,
    parallel: int = 1,
    states: Sequence[TrialState] = COMPLETED,
    seed: int = 0,
) -> list[Step]:
    """Runs to the end; returns every history and what was proposed after it.

    Trials in parallel end in a random order. What becomes of a trial depends on its
    number; a trial that is to fail does so at its second rung, if it gets there.
    """
    generator = np.random.default_rng(seed)
    trials: list[Trial] = []
    steps: list[Step] = []
    while len(steps) < 5_000:
        running = [t.number for t in trials if t.state is TrialState.PENDING]
        if len(running) < parallel:
            actions = list(strategy.propose(trials, parallel - len(running)))
            steps.append((list(trials), actions))
            for action in actions:
                if isinstance(action, Promote):
                    promote(trials, action)
                elif isinstance(action, Suggest):
                    trials.append(pending(action, len(trials)))
            running = [t.number for t in trials if t.state is TrialState.PENDING]
            if not running:
                assert isinstance(actions[-1], Done)
                return steps
        number = running[generator.integers(len(running))]
        trials[number] = _end(trials[number], states)
    raise AssertionError("It does not end.")


def _end(trial: Trial, states: Sequence[TrialState]) -> Trial:
    state = states[trial.number % len(states)]
    if state is TrialState.FAILED and not trial.rungs:
        state = TrialState.COMPLETED
    return ended(trial, state)


def spent(trials: Sequence[Trial]) -> float:
    """Returns the resource of all trials; those that were infeasible do not count."""
    return sum(t.fidelity.value for t in trials if t.state is not TrialState.INFEASIBLE)


def by_rung(trials: Sequence[Trial]) -> dict[float, int]:
    """Returns how many trials got to each resource as the end of a rung."""
    return collections.Counter(
        resource
        for trial in trials
        if trial.state is not TrialState.INFEASIBLE
        for resource in {*(r.resource for r in trial.rungs), trial.fidelity.value}
    )


def planned(plan: Plan) -> dict[float, int]:
    """Returns how many configurations the plan gets to each resource."""
    found: collections.Counter[float] = collections.Counter()
    for bracket in plan.brackets:
        for rung in bracket.rungs:
            found[rung.resource] += rung.num_configurations
    return found


class FidelityContract(StrategyContract):
    """The suite; a subclass says how its strategy is made, with 27 epochs."""

    def limited(self, space, seed: int, max_trials: int) -> Strategy:
        """Returns the strategy for at most so many configurations."""
        raise NotImplementedError

    @pytest.mark.parametrize("parallel", [1, 4])
    @pytest.mark.parametrize("states", [COMPLETED, FAILURES], ids=["all", "failures"])
    def test_after_replay_of_every_history_it_goes_the_same_way(self, parallel, states):
        used = self.limited(CONTINUOUS, 3, 20)
        for history, actions in played(used, parallel, states):
            count = parallel - sum(t.state is TrialState.PENDING for t in history)
            fresh = self.limited(CONTINUOUS, 3, 20)
            assert list(fresh.propose(history, count)) == actions

    @pytest.mark.parametrize("parallel", [1, 4])
    @pytest.mark.parametrize("states", [COMPLETED, FAILURES], ids=["all", "failures"])
    def test_it_ends_with_a_full_training_of_one_of_the_best(self, parallel, states):
        steps = played(self.limited(CONTINUOUS, 3, 20), parallel, states)
        trials, (*_, last) = steps[-1]
        assert isinstance(last, Done)
        completed = [t for t in trials if t.state is TrialState.COMPLETED]
        assert completed
        counted = [t for t in trials if t.state is not TrialState.INFEASIBLE]
        assert len(counted) == 20
        assert len(set(keys(CONTINUOUS, trials))) == len(trials)
        assert str(20) in last.reason

    def test_a_trial_only_goes_up(self):
        trials = played(self.limited(CONTINUOUS, 3, 20), 4)[-1][0]
        for trial in trials:
            resources = [rung.resource for rung in trial.rungs]
            assert resources == sorted(set(resources))
            assert resources[-1] == trial.fidelity.value <= trial.fidelity.most == 27
            assert trial.fidelity.kind == "epochs"

    def test_workers_are_never_idle_before_the_last_configuration_started(self):
        for history, actions in played(self.limited(CONTINUOUS, 3, 20), 4):
            running = sum(t.state is TrialState.PENDING for t in history)
            started = sum(isinstance(a, Promote | Suggest) for a in actions)
            if len(history) + started < 20:
                assert running + started == 4

    @pytest.mark.parametrize("states", [COMPLETED, FAILURES], ids=["all", "failures"])
    def test_only_trials_that_it_keeps_are_promoted(self, states):
        strategy = self.limited(CONTINUOUS, 3, 20)
        kept: set[str] = set()
        for history, actions in played(strategy, 4, states):
            paused = {t.trial_id for t in history if t.state is TrialState.PAUSED}
            kept = {name for name in kept if name not in paused}
            now = set(strategy.keeps(history))
            assert now <= paused
            for action in actions:
                if isinstance(action, Promote):
                    assert action.trial_id in now

    def test_what_it_does_not_keep_is_never_promoted_later(self):
        strategy = self.limited(CONTINUOUS, 3, 20)
        dropped: set[str] = set()
        for history, actions in played(strategy, 4):
            promoted = {a.trial_id for a in actions if isinstance(a, Promote)}
            assert not promoted & dropped
            paused = {t.trial_id for t in history if t.state is TrialState.PAUSED}
            dropped |= paused - set(strategy.keeps(history))

    @pytest.mark.parametrize("states", [COMPLETED, FAILURES], ids=["all", "failures"])
    def test_a_finite_space_is_covered_in_parallel(self, states):
        trials = played(self.create(FINITE, 3), 4, states)[-1][0]
        assert len(trials) == len(set(keys(FINITE, trials))) == self.finite_size


class SynchronousContract(FidelityContract):
    """The suite for a strategy whose plan is kept to the letter."""

    @pytest.mark.parametrize("parallel", [1, 4])
    @pytest.mark.parametrize("states", [COMPLETED, FAILURES], ids=["all", "failures"])
    def test_what_was_planned_is_what_is_executed(self, parallel, states):
        for num in (20, 33):
            strategy = self.limited(CONTINUOUS, 3, num)
            trials = played(strategy, parallel, states)[-1][0]
            assert by_rung(trials) == planned(strategy.plan)
            assert spent(trials) == strategy.plan.total_resource

    def test_in_parallel_the_same_trials_go_equally_far(self):
        def reached(parallel):
            trials = played(self.limited(CONTINUOUS, 3, 33), parallel)[-1][0]
            pairs = zip(keys(CONTINUOUS, trials), trials, strict=True)
            return {key: trial.fidelity.value for key, trial in pairs}

        assert reached(1) == reached(4) == reached(7)
