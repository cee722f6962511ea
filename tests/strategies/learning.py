"""What the strategies that learn from results have in common."""

from __future__ import annotations

from tests.contracts.strategy_contract import (
    CONTINUOUS,
    StrategyContract,
    ended,
    keys,
    pending,
    search,
)
from tuner_component.strategies.base import Suggest
from tuner_component.trial import Trial, TrialState

HALF = (TrialState.COMPLETED, TrialState.FAILED, TrialState.COMPLETED)


def completed(values, number: int, loss: float) -> Trial:
    """Returns a trial that has completed with this loss."""
    made = ended(pending(Suggest(values), number))
    return Trial(**{**vars(made), "loss": loss, "score": loss})


class LearningContract(StrategyContract):
    """The suite for a strategy whose proposals depend on results."""

    def test_asking_for_one_or_for_four_gives_the_same_set(self, strategy, space):
        """While none has ended; later the results of the first three would matter."""
        trials, _ = search(strategy, length=8)
        ones = list(trials)
        for _ in range(4):
            (action,) = strategy.propose(ones, 1)
            assert isinstance(action, Suggest)
            ones.append(pending(action, len(ones)))
        fours = [pending(a, 8 + n) for n, a in enumerate(strategy.propose(trials, 4))]
        assert keys(space, ones[8:]) == keys(space, fours)

    def test_resumed_among_failures_and_running_trials(self, space):
        used = self.create(space, 3)
        trials, _ = search(used, length=14, states=HALF)
        for end in range(1, 14):
            history = list(trials[:end])
            history[end // 2] = pending(Suggest(history[end // 2].values), end // 2)
            fresh = self.create(space, 3).propose(history, 2)
            assert list(used.propose(history, 2)) == list(fresh)

    def test_results_from_before_the_space_changed_are_tolerated(self):
        foreign = [
            ended(pending(Suggest(values), number))
            for number, values in enumerate(
                [
                    {"model": "mlp"},
                    {"model": "mlp", "rate": "fast"},
                    {"model": "transformer", "rate": 99.0},
                    {"other": 1.5},
                    {"model": "cnn", "rate": 0.01, "filters": 1000},
                ]
            )
        ]
        trials, _ = search(self.create(CONTINUOUS, 3), foreign, length=25)
        for trial in trials[5:]:
            CONTINUOUS.check_values(trial.values)

    def test_results_matter(self, strategy):
        """The same trials with losses turned round lead elsewhere."""
        trials, _ = search(strategy, length=8)
        turned = [type(t)(**{**vars(t), "loss": -(t.loss or 0.0)}) for t in trials]
        assert strategy.propose(trials, 4) != strategy.propose(turned, 4)
