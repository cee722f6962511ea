"""NAS-Bench-201: cells are chosen after 12 epochs and checked again after 200.

python -m tests.benchmarks.architectures.lower_fidelity
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from tests.benchmarks.parts.figures import Figure, report
from tests.benchmarks.tables.fidelities import ended
from tests.benchmarks.tables.grids import Grid, nasbench201, validations_at_12
from tests.benchmarks.tables.statistics import interval
from tuner_component.pareto.ranking import ranked
from tuner_component.strategies import registry, rungs
from tuner_component.strategies.base import Promote, Strategy, Suggest
from tuner_component.trial import Trial

_LOW, _FULL = 12, 200
_CONFIGURATIONS, _CHECKED = 64, 8
_FEWER = 4.0


def screened(seed: int, *, guard: bool) -> tuple[float, float]:
    """Returns what the winner's test accuracy is, and the epochs of the search.

    Every training begins anew: those of 12 epochs have a schedule of their own.
    """
    task = nasbench201()
    options = {
        "num_configurations": _CONFIGURATIONS,
        "num_checked": _CHECKED,
        "min_resource": _LOW,
        "max_resource": _FULL,
        "guard": guard,
    }
    strategy = registry.create("screening", task.space, seed, options)
    trials = _followed(strategy, task, seed)
    epochs = sum(rung.resource for trial in trials for rung in trial.rungs)
    return 100 - task.test_loss(ranked(trials)[0].values), epochs


def _followed(strategy: Strategy, task: Grid, seed: int) -> list[Trial]:
    trials: list[Trial] = []
    while True:
        (action,) = strategy.propose(trials, 1)
        if not isinstance(action, Suggest | Promote):
            return trials
        trials = rungs.after(trials, action)
        pending = next(t for t in trials if t.state.value == "PENDING")
        trials[pending.number] = ended(pending, _loss(task, pending, seed))


def _loss(task: Grid, trial: Trial, seed: int) -> float:
    if trial.fidelity is not None and trial.fidelity.value == _LOW:
        return float(100 - validations_at_12()[task.index(trial.values)])
    return task.loss(trial.values, seed)


def random_curve(most: int, runs: int, seed: int = 0) -> np.ndarray:
    """Returns the mean test accuracy of random search after 1, 2, ... trainings.

    Of 200 epochs each; the winner has the best validation of one training.
    """
    task, generator = nasbench201(), np.random.default_rng(seed)
    found = np.empty((runs, most))
    for run in range(runs):
        rows = generator.choice(len(task.tests), most, replace=False)
        column = generator.integers(task.losses.shape[1], size=most)
        losses = task.losses[rows, column]
        losses = np.where(np.isnan(losses), np.nanmean(task.losses[rows], 1), losses)
        best = np.minimum.accumulate(losses)
        winners = np.maximum.accumulate(np.where(losses == best, np.arange(most), 0))
        found[run] = 100 - task.tests[rows[winners]]
    return found.mean(axis=0)


def figures(seeds: Sequence[int] = range(200)) -> list[Figure]:
    """Returns how many times more epochs random search needs to be as good."""
    curve = random_curve(400, 1_000)
    found = []
    for guard in (False, True):
        runs = [screened(seed, guard=guard) for seed in seeds]
        mean, half = interval([accuracy for accuracy, _ in runs])
        epochs = float(np.mean([spent for _, spent in runs]))
        times = [
            _trainings(curve, m) * _FULL / epochs for m in (mean - half, mean + half)
        ]
        title = f"64 cells at 12 epochs, best 8 at 200{', guarded' if guard else ''}"
        sys.stdout.write(
            f"{title}: {epochs:.0f} epochs, test accuracy {mean:.3f} ± {half:.3f}\n"
        )
        fewer = _trainings(curve, mean) * _FULL / epochs
        name = f"{title}: times fewer epochs"
        found.append(Figure(name, fewer, _FEWER, True, (times[0], times[1])))
    return found


def _trainings(curve: np.ndarray, accuracy: float) -> int:
    """Returns after how many trainings random search is as good."""
    reached = np.flatnonzero(curve >= accuracy)
    return int(reached[0]) + 1 if len(reached) else len(curve)


if __name__ == "__main__":
    sys.exit(report("architectures_lower_fidelity", figures()))
