"""Runs a strategy with rungs on learning curves, under a budget of resource."""

from __future__ import annotations

import dataclasses
import functools
import heapq
import math

import numpy as np

from tests.benchmarks.tables import curves as tables
from tests.benchmarks.tables.pool import Pool
from tests.benchmarks.tables.simulation import trial_seed
from tests.benchmarks.tables.task import Values, regret
from tuner_component.strategies import rungs
from tuner_component.strategies.base import Promote, Strategy, Suggest
from tuner_component.study.checkpoints import ranked
from tuner_component.trial import (
    Fidelity,
    Reason,
    RungResult,
    Trial,
    TrialError,
    TrialState,
)

_SPEED_SIGMA = 0.5


@dataclasses.dataclass(frozen=True)
class Curves:
    """What a task's curves show of a training that got so much.

    Attributes:
        task: Where the curves come from.
        max_resource: The full training, in the strategy's units.
    """

    task: tables.Curves
    max_resource: int

    def loss(self, values: Values, resource: float) -> float:
        """Returns the last loss of a training that ends there; NaN if it diverged.

        Not the best until then: what is reported of a configuration is its end. The
        full training is the whole curve; between two of its points it is straight.
        """
        reached = resource / self.max_resource * self.task.resources[-1]
        curve = self.task.curve(values, 0)
        return float(np.interp(reached, self.task.resources, curve))


def by_epochs(task: tables.Curves) -> Curves:
    """Returns what a search by epochs sees of the task, or by examples for LCDB."""
    if task.family == "lcdb":
        return Curves(task, 64)
    return Curves(task, int(task.resources[-1]))


@dataclasses.dataclass(frozen=True)
class Course:
    """How a search went.

    Attributes:
        spent: Resource after each evaluation that ended, in full trainings.
        regrets: Of the incumbent then.
        trials: All trials at the end.
    """

    spent: list[float]
    regrets: list[float]
    trials: list[Trial]

    def at(self, budget: float) -> float:
        """Returns the regret when so many full trainings' worth is spent."""
        ended = sum(spent <= budget + 1e-9 for spent in self.spent)
        return self.regrets[ended - 1] if ended else 1.0

    @property
    def total(self) -> float:
        """What all of it cost, in full trainings."""
        return self.spent[-1]


def follow(
    strategy: Strategy,
    curves: Curves,
    seed: int,
    budget: float = math.inf,
    parallel: int = 1,
) -> Course:
    """Runs a search until it is done, or its budget is used up.

    The table is a pool: each of its configurations is tried at most once.
    A training takes as long as it has epochs; in parallel, some are faster than
    others. A trial without a fidelity gets the full training.

    Args:
        strategy: What proposes trials, with the task's `max_resource`.
        curves: Answers.
        seed: Of the trials' speeds.
        budget: Full trainings' worth of resource at most.
        parallel: Trials at a time.
    """
    search = _Search(curves)
    running: list[tuple[float, int]] = []
    now = 0.0
    while True:
        free = parallel - len(running) if search.total < budget else 0
        for action in strategy.propose(search.trials, free) if free else ():
            if isinstance(action, Suggest | Promote):
                number, cost = search.start(action)
                speed = _speed(seed, number) if parallel > 1 else 1.0
                heapq.heappush(running, (now + cost * speed, number))
        if not running:
            return Course(search.spent, search.regrets, search.trials)
        now, number = heapq.heappop(running)
        search.end(number)


class _Search:
    def __init__(self, curves: Curves) -> None:
        self._curves = curves
        self._pool = Pool(curves.task)
        self.trials: list[Trial] = []
        self.spent: list[float] = []
        self.regrets: list[float] = []

    @property
    def total(self) -> float:
        return self.spent[-1] if self.spent else 0.0

    def start(self, action: Suggest | Promote) -> tuple[int, float]:
        """Returns the trial's number and what its evaluation costs."""
        self.trials = rungs.after(self.trials, action)
        if isinstance(action, Suggest):
            number = len(self.trials) - 1
            self.trials[number] = dataclasses.replace(
                self.trials[number],
                values=self._pool.take(action.values),
                seed=trial_seed(0, number),
            )
        else:
            number = next(
                t.number for t in self.trials if t.trial_id == action.trial_id
            )
        return number, self._cost(self.trials[number])

    def end(self, number: int) -> None:
        trial = self.trials[number]
        self.spent.append(self.total + self._cost(trial) / self._curves.max_resource)
        loss = self._curves.loss(trial.values, self._resource(trial))
        self.trials[number] = ended(trial, loss)
        task = self._curves.task
        best = next(iter(ranked(self.trials)), None)
        test = math.nan if best is None else task.test_loss(best.values)
        self.regrets.append(regret(task, test))

    def _resource(self, trial: Trial) -> float:
        full = self._curves.max_resource
        return full if trial.fidelity is None else trial.fidelity.value

    def _cost(self, trial: Trial) -> float:
        before = trial.rungs[-1].resource if trial.rungs else 0.0
        return self._resource(trial) - before


def ended(trial: Trial, loss: float) -> Trial:
    """Returns the trial with the outcome that the study would give it."""
    if math.isnan(loss):
        error = TrialError(Reason.NON_FINITE, "The training diverged.")
        return dataclasses.replace(trial, state=TrialState.FAILED, error=error)
    fidelity = trial.fidelity or Fidelity("epochs", 1)
    reached = () if trial.fidelity is None else (RungResult(fidelity.value, loss),)
    state = TrialState.COMPLETED if fidelity.is_full else TrialState.PAUSED
    return dataclasses.replace(
        trial, state=state, score=loss, loss=loss, rungs=(*trial.rungs, *reached)
    )


@functools.lru_cache(maxsize=100_000)
def _speed(seed: int, number: int) -> float:
    generator = np.random.default_rng([seed, number, 1])
    return float(generator.lognormal(0.0, _SPEED_SIGMA))
