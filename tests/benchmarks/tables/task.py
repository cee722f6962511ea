"""What a search problem answers, and how far a search is from its best answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from tuner_component.search_space import SearchSpace
from tuner_component.trial import Trial, Value

Values = Mapping[str, Value]


class Task(Protocol):
    """A search space and what every configuration of it leads to.

    Attributes:
        name: Unique among all tasks.
        family: The table it comes from; tasks of a family share a space.
        space: What can be tried; the defaults are what a user might write down.
        best: Least `test_loss` in the table.
        worst: Median `test_loss` of the configurations that do not diverge: what
            picking one blindly gives.
        log: Whether test losses are compared by their ratio, not their difference.
    """

    name: str
    family: str
    space: SearchSpace
    best: float
    worst: float
    log: bool

    def loss(self, values: Values, seed: int) -> float:
        """Returns what a search sees: one validation; NaN if it diverged."""

    def test_loss(self, values: Values) -> float:
        """Returns what is reported of the configuration; NaN if it diverged."""


class CurveTask(Task, Protocol):
    """A task that also knows the losses on the way; `loss` is the end of it.

    Attributes:
        resources: What was spent at each point of a curve, increasing.
    """

    resources: np.ndarray

    def curve(self, values: Values, seed: int) -> np.ndarray:
        """Returns the validation loss at each of the `resources`."""


def regret(task: Task, test_loss: float) -> float:
    """Returns where a test loss lies between the best (0) and the median (1)."""
    return max(scaled(task, test_loss), 0.0)


def scaled(task: Task, loss: float) -> float:
    """Returns any loss on the scale of regret; a validation's may lie below 0."""
    if math.isnan(loss) or loss >= task.worst:
        return 1.0
    found, best, worst = loss, task.best, task.worst
    if task.log:
        found, best, worst = math.log(found), math.log(best), math.log(worst)
    return (found - best) / (worst - best)


def best_so_far(losses: Sequence[float]) -> list[int | None]:
    """Returns, after each trial, which has the least loss; None: all are NaN."""
    best: int | None = None
    after = []
    for number, loss in enumerate(losses):
        if not math.isnan(loss) and (best is None or loss < losses[best]):
            best = number
        after.append(best)
    return after


def regrets(task: Task, trials: Sequence[Trial]) -> np.ndarray:
    """Returns the regret of the trial with the least loss, after each trial."""
    losses = [math.nan if trial.loss is None else trial.loss for trial in trials]
    return np.array(
        [
            1.0 if best is None else regret(task, task.test_loss(trials[best].values))
            for best in best_so_far(losses)
        ]
    )
