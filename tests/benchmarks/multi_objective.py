"""How much of the Pareto front our strategies find, against random search.

    python -m tests.benchmarks.multi_objective --strategies bayesian --seeds 5

Two objectives of table problems: the validation error, and the latency or the number of
weights. Reported is the gap: the share of the largest hypervolume there can be that
the trials so far miss, mean over seeds, from 0 (the whole front) to 1. Hypervolumes
are taken of what the table knows, not of the noisy error that the search saw, and of
the box from the best value of each objective to the table's median.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tests.benchmarks.parts.figures import Figure, report
from tests.benchmarks.tables.data import FOLDER as TABLES
from tests.benchmarks.tables.data import is_there
from tests.benchmarks.tables.grids import Grid, costs, fcnet, hpobench, nasbench201
from tests.benchmarks.tables.simulation import trial_seed
from tests.benchmarks.tables.statistics import interval
from tests.benchmarks.tables.task import Values
from tuner_component.pareto.hypervolume import hypervolume
from tuner_component.strategies import registry
from tuner_component.strategies.base import Strategy, Suggest
from tuner_component.strategies.scalarised import Scalarised
from tuner_component.trial import Trial, TrialState

_BUDGETS = (50, 100, 200)
_BASELINE = "random"
_GOAL = 0.6
_NUM_FEATURES = {"naval_propulsion": 14, "protein_structure": 9, "vehicle": 18}


@dataclasses.dataclass(frozen=True, eq=False)
class Problem:
    """A table and a second objective.

    Attributes:
        name: For people.
        grid: Space and first objective.
        second: The second objective of a configuration.
        truth: Both objectives of every configuration, shape (configurations, 2).
    """

    name: str
    grid: Grid
    second: Callable[[Values], float]
    truth: np.ndarray

    @functools.cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """The best and the median value of each objective."""
        return self.truth.min(axis=0), np.median(self.truth, axis=0)

    @functools.cached_property
    def most(self) -> float:
        """The hypervolume of the whole table."""
        return self._volume(self.truth)

    def losses(self, values: Values, seed: int) -> tuple[float, float]:
        """Returns what a search sees."""
        return self.grid.loss(values, seed), self.second(values)

    def gaps(self, trials: Sequence[Trial], budgets: Sequence[int]) -> list[float]:
        """Returns the gap at each of the budgets."""
        rows = self.truth[[self.grid.index(trial.values) for trial in trials]]
        return [1 - self._volume(rows[:budget]) / self.most for budget in budgets]

    def _volume(self, points: np.ndarray) -> float:
        best, median = self.ends
        return hypervolume((points - best) / (median - best), np.ones(2))


def main() -> int:
    options = _options()
    if not is_there():
        sys.stderr.write(f"The benchmark needs the tables in {TABLES}.\n")
        return 2
    wanted = options.tasks.split(",")
    problems = [each for each in _problems() if each.name.startswith(tuple(wanted))]
    names = [_BASELINE, *options.strategies.split(",")]
    budgets = [budget for budget in _BUDGETS if budget <= options.trials]
    heads = "".join(f"{f'gap@{budget}':>16}" for budget in budgets)
    sys.stdout.write(f"{'problem':28} {'strategy':14}{heads}   CPU s/trial\n")
    means = {name: [] for name in names}
    for problem in problems:
        for name in names:
            means[name].append(_measured(problem, name, options.seeds, budgets))
    return report("multi_objective", _figures(means, budgets))


def _measured(
    problem: Problem, name: str, num_seeds: int, budgets: Sequence[int]
) -> list[float]:
    begin, most = time.process_time(), max(budgets)
    gaps = [
        problem.gaps(search(problem, name, seed, most), budgets)
        for seed in range(num_seeds)
    ]
    seconds = (time.process_time() - begin) / (num_seeds * most)
    cells = ""
    for column in zip(*gaps, strict=True):
        mean, half = interval(column)
        cells += f"{mean:9.4f}±{half:.4f}"
    sys.stdout.write(f"{problem.name:28} {name:14}{cells} {seconds:12.4f}\n")
    sys.stdout.flush()
    return [float(mean) for mean in np.mean(gaps, axis=0)]


def search(problem: Problem, name: str, seed: int, num_trials: int) -> list[Trial]:
    """Returns the trials of a strategy of ours, one after the other."""
    inner = registry.create(name, problem.grid.space, seed, {})
    strategy: Strategy = Scalarised(inner, 2, seed)
    trials: list[Trial] = []
    while len(trials) < num_trials:
        (action,) = strategy.propose(trials, 1)
        if not isinstance(action, Suggest):
            break
        trials.append(_ended(problem, action, len(trials), seed))
    return trials


def _ended(problem: Problem, action: Suggest, number: int, seed: int) -> Trial:
    seed = trial_seed(seed, number)
    losses = problem.losses(action.values, seed)
    return Trial(
        f"{number:04d}",
        number,
        action.values,
        seed,
        TrialState.COMPLETED,
        score=losses[0],
        loss=losses[0],
        losses=losses,
        note=action.note,
    )


def _figures(
    means: Mapping[str, Sequence[Sequence[float]]], budgets: Sequence[int]
) -> list[Figure]:
    """Returns each strategy's mean gap over problems, as a share of random's."""
    random = np.mean(means[_BASELINE], axis=0)
    return [
        Figure(f"{name}: gap at {budget} trials / random's", float(share), _GOAL)
        for name, gaps in means.items()
        if name != _BASELINE
        for budget, share in zip(budgets, np.mean(gaps, axis=0) / random, strict=True)
    ]


def _problems() -> list[Problem]:
    cells = nasbench201()
    of_cells = [
        _problem(f"nasbench201/{name}", cells, costs(name))
        for name in ("latency", "weights")
    ]
    perceptrons = [
        _problem(f"{grid.name}/weights", grid, _num_weights(grid))
        for grid in (*fcnet(), *hpobench())
        if grid.name.split("/")[-1] in _NUM_FEATURES
    ]
    return [*of_cells, *perceptrons]


def perceptrons_by_size() -> Problem:
    """Returns the first of FCNet's tasks, with the number of weights."""
    grid = fcnet()[0]
    return _problem(f"{grid.name}/weights", grid, _num_weights(grid))


def _problem(name: str, grid: Grid, second: np.ndarray) -> Problem:
    first = np.nanmean(grid.losses, axis=1)
    first = np.log(first) if grid.log else first
    truth = np.column_stack([first, second])
    return Problem(name, grid, lambda values: float(second[grid.index(values)]), truth)


def _num_weights(grid: Grid) -> np.ndarray:
    """Returns how many weights each of the perceptrons has, in thousands."""
    inputs = _NUM_FEATURES[grid.name.split("/")[-1]]

    def count(values: Values) -> int:
        if "width" in values:
            widths = [int(values["width"])] * int(values["depth"])
        else:
            widths = [int(values["n_units_1"]), int(values["n_units_2"])]
        layers = zip([inputs, *widths], [*widths, 1], strict=True)
        return sum((before + 1) * after for before, after in layers)

    return np.array([count(values) / 1000 for values in grid.space.enumerate()])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--strategies", default="bayesian,evolution", help="ours, with commas")
    add("--tasks", default="nasbench201,fcnet,hpobench", help="beginnings of names")
    add("--seeds", type=int, default=20, help="at least 2")
    add("--trials", type=int, default=_BUDGETS[-1], help="50, 100 or 200")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
