"""Evolution and REINFORCE on NAS-Bench-201, through the space that a model declares."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.tables.grids import OPERATIONS, Grid, nasbench201
from tests.benchmarks.tables.simulation import simulate
from tests.benchmarks.tables.statistics import resampled
from tests.benchmarks.tables.task import best_so_far
from tuner_component import nas
from tuner_component.keras_tuner_adapter.space import from_keras_tuner
from tuner_component.search_space import SearchSpace
from tuner_component.strategies import registry

_SEARCHES: tuple[tuple[str, dict[str, Any], dict[int, float]], ...] = (
    ("evolution", {"removal": "age"}, {100: 94.1}),
    ("evolution", {"removal": "performance"}, {100: 94.1}),
    ("reinforcement", {}, {100: 93.93, 200: 94.2}),
)
"""Strategy, options, and the accuracies to reach by numbers of trials."""
_NUM_RUNS = 200


def cell() -> nas.Cell:
    """Returns the cell of NAS-Bench-201, with the operations' names of the table."""
    own = nas.convolutions()
    made = ("none", "skip", "conv_1x1", "conv_3x3", "avg_pool_3x3")
    operations = {name: own[mine] for name, mine in zip(OPERATIONS, made, strict=True)}
    return nas.Cell(operations, num_nodes=4)


def space_of(architecture: Any) -> SearchSpace:
    """Returns the search space of the hyperparameters that an architecture declares."""
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    architecture.declare(hp)
    return from_keras_tuner(hp.get_config())


def task() -> Grid:
    """Returns the table of CIFAR-10, over the space of `cell()`."""
    return dataclasses.replace(nasbench201(), space=space_of(cell()))


def figures(num_runs: int = _NUM_RUNS) -> list[Figure]:
    """Returns the mean one-seed test accuracies of the cells with the best validation.

    Args:
        num_runs: Seeds of each search.
    """
    table, found = task(), []
    for name, options, goals in _SEARCHES:
        rows, repeats = _accuracies(table, name, options, list(goals), num_runs)
        how = "".join(f", removal by {value}" for value in options.values())
        for column, (budget, goal) in enumerate(goals.items()):
            within = resampled(rows[:, column], _mean)
            title = f"{name}{how}: accuracy of cells at {budget} trials, %"
            found.append(Figure(title, _mean(rows[:, column]), goal, True, within))
        title = f"{name}{how}: graphs tried more than once"
        found.append(Figure(title, float(repeats), 0.0))
    return found


def _accuracies(
    table: Grid, name: str, options: dict[str, Any], budgets: Sequence[int], runs: int
) -> tuple[np.ndarray, int]:
    """Returns test accuracies, shape `(runs, budgets)`, and how many graphs repeat."""
    rows, repeats = [], 0
    for seed in range(runs):
        strategy = registry.create(name, table.space, seed, options)
        trials = simulate(strategy, table, max(budgets), seed)
        best = best_so_far([trial.loss for trial in trials])
        picked = [trials[best[number - 1] or 0] for number in budgets]
        rows.append([100 - table.test_loss(trial.values) for trial in picked])
        hashes = {nas.architecture_hash(trial.values) for trial in trials}
        repeats += len(trials) - len(hashes)
    return np.array(rows), repeats


def _mean(values: np.ndarray) -> float:
    return float(values.mean())
