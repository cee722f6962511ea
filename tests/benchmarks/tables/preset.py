"""The exact preset of successive halving, judged among the trials that it started."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.benchmarks.tables.curves import Curves as Table
from tests.benchmarks.tables.families import tasks_named
from tests.benchmarks.tables.fidelities import Curves, follow
from tuner_component.strategies import registry
from tuner_component.study.checkpoints import ranked
from tuner_component.trial import Trial

CONFIGURATIONS, FIRST, FULL = 64, 100, 3_200
"""64 configurations get 100 iterations each; the last one left gets 3,200."""


def halved(task_name: str, seed: int) -> dict[str, Any]:
    """Runs the preset, without its guard, on one task.

    A full training of 3,200 iterations is the whole curve of the task; in between the
    curve is interpolated linearly.

    Regret says where a test loss lies among the 64 configurations that started: 0 is
    the best of them. Random search at the same budget, 22,400 iterations, trains 7 of
    these 64 to the end and returns the one with the least validation loss; its regret
    is the mean over all possible choices of 7, computed and not drawn.

    Returns:
        `iterations`: what was spent. `worst` and `median`: the regrets of halving and
        of random search, where 1 is the worst or the median of the 64. `table`: the
        same, but from the best (0) to the median (1) of all that the table has.
    """
    (task,) = tasks_named([task_name])
    options = {
        "num_configurations": CONFIGURATIONS,
        "min_resource": FIRST,
        "max_resource": FULL,
        "guard": False,
    }
    strategy = registry.create("successive_halving", task.space, seed, options)
    trials = follow(strategy, Curves(task, FULL), seed).trials
    spent = sum(trial.fidelity.value for trial in trials if trial.fidelity)
    tests = np.array([task.test_loss(trial.values) for trial in trials])
    ours = task.test_loss(ranked(trials)[0].values)
    odds = _odds(_validated(task, trials), round(spent / FULL))
    scales = {
        "worst": (np.nanmin(tests), np.nanmax(tests)),
        "median": (np.nanmin(tests), np.nanmedian(tests)),
        "table": (task.best, task.worst),
    }
    found: dict[str, Any] = {"iterations": spent}
    for name, (best, worst) in scales.items():
        all_regrets = _regrets(tests, best, worst)
        random = float(odds @ all_regrets)
        found[name] = [float(_regrets(np.array([ours]), best, worst)[0]), random]
    return found


def _validated(task: Table, trials: list[Trial]) -> list[float]:
    losses = [task.loss(trial.values, 0) for trial in trials]
    return [math.inf if math.isnan(loss) else loss for loss in losses]


def _odds(losses: list[float], drawn: int) -> np.ndarray:
    """Returns how probable each is to be the least of so many drawn without return."""
    number = len(losses)
    ways = [math.comb(number - 1 - place, drawn - 1) for place in range(number)]
    odds = np.empty(number)
    odds[np.argsort(losses, kind="stable")] = np.array(ways) / math.comb(number, drawn)
    return odds


def _regrets(tests: np.ndarray, best: float, worst: float) -> np.ndarray:
    places = np.clip((tests - best) / (worst - best), 0, 1)
    return np.where(np.isnan(places), 1.0, places)
