"""Runs a search on a task: sequentially, or with several trials at a time."""

from __future__ import annotations

import dataclasses
import heapq
import math
from typing import Protocol

import numpy as np

from tests.benchmarks.tables.task import Task, Values
from tuner_component.strategies.base import Strategy, Suggest
from tuner_component.trial import Reason, Trial, TrialError, TrialState

_DURATION_SIGMA = 0.5


class Searcher(Protocol):
    """Whatever proposes configurations, by ask and tell."""

    def ask(self) -> Values | None:
        """Returns the next configuration, or None: not before another `tell`."""

    def tell(self, number: int, loss: float) -> None:
        """Takes the loss of the configuration asked as `number`, from 0.

        Args:
            number: Which of the configurations that `ask` returned.
            loss: NaN if it failed.
        """


def run(
    searcher: Searcher, task: Task, num_trials: int, seed: int, parallel: int = 1
) -> list[tuple[Values, float]]:
    """Returns the configurations in the order asked, with their losses.

    Trials take log-normal times, so that those in parallel end in another order than
    they began. A trial's duration and noise depend on the seed and its number only.
    The list is shorter than `num_trials` if the search ends by itself.
    """
    trials: list[tuple[Values, float]] = []
    running: list[tuple[float, int]] = []
    now = 0.0
    while True:
        while len(trials) < num_trials and len(running) < parallel:
            values = searcher.ask()
            if values is None:
                break
            number = len(trials)
            trials.append((values, task.loss(values, trial_seed(seed, number))))
            heapq.heappush(running, (now + _duration(seed, number), number))
        if not running:
            return trials
        now, number = heapq.heappop(running)
        searcher.tell(number, trials[number][1])


def simulate(
    strategy: Strategy, task: Task, num_trials: int, seed: int, parallel: int = 1
) -> list[Trial]:
    """Returns the trials of one of our strategies, in the order of their numbers."""
    searcher = History(strategy, seed)
    run(searcher, task, num_trials, seed, parallel)
    return searcher.trials


class History:
    """A `Searcher` that asks a strategy.

    Attributes:
        trials: All so far.
    """

    def __init__(self, strategy: Strategy, seed: int) -> None:
        self._strategy = strategy
        self._seed = seed
        self.trials: list[Trial] = []

    def ask(self) -> Values | None:
        for action in self._strategy.propose(self.trials, 1):
            if isinstance(action, Suggest):
                self.trials.append(self._pending(action))
                return action.values
        return None

    def tell(self, number: int, loss: float) -> None:
        self.trials[number] = _ended(self.trials[number], loss)

    def _pending(self, action: Suggest) -> Trial:
        number = len(self.trials)
        return Trial(
            trial_id=f"{number:04d}",
            number=number,
            values=action.values,
            seed=trial_seed(self._seed, number),
            fidelity=action.fidelity,
            note=action.note,
        )


def trial_seed(seed: int, number: int) -> int:
    """Returns the seed of a trial."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def _ended(trial: Trial, loss: float) -> Trial:
    if math.isnan(loss):
        error = TrialError(Reason.NON_FINITE, "The training diverged.")
        return dataclasses.replace(trial, state=TrialState.FAILED, error=error)
    return dataclasses.replace(trial, state=TrialState.COMPLETED, score=loss, loss=loss)


def _duration(seed: int, number: int) -> float:
    generator = np.random.default_rng([seed, number, 1])
    return float(generator.lognormal(0.0, _DURATION_SIGMA))
