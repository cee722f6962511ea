"""What cheap rungs save, and what they cost where they mislead, on learning curves.

    python -m tests.benchmarks.fidelities --parts halving,guard,model --seeds 20

Regret is that of the trial the study would return, from 0 (best of the table) to 1
(its median), after as much training as so many full trainings.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

import numpy as np

from tests.benchmarks.figures import Figure, report
from tests.benchmarks.tables import lcbench, taskset
from tests.benchmarks.tables.crossing import misleading_lcdb, synthetic
from tests.benchmarks.tables.curves import Curves as Table
from tests.benchmarks.tables.fidelities import Course, Curves, by_epochs, follow
from tests.benchmarks.tables.statistics import interval
from tuner_component.strategies import registry
from tuner_component.strategies.base import Strategy

Start = Callable[[Curves, int], Strategy]
Tasks = Sequence[Table]

_CONFIGURATIONS = 64
_RUNGS = 32
_BUDGETS = (16, 32)
_PLENTY = 1_000
_OTHER_SEEDS = 1_000


def main() -> int:
    options = _options()
    figures: list[Figure] = []
    for part in options.parts.split(","):
        figures += _PARTS[part](range(options.seeds))
    return report("fidelities", figures)


def halving_figures(seeds: Sequence[int]) -> list[Figure]:
    """Returns what the preset saves and what it loses against random search."""
    found = []
    for name, tasks in (("LCBench", lcbench()), ("TaskSet", taskset())):
        ours, random = _against_random(name, tasks, seeds, _halving(guard=False))
        saved = _CONFIGURATIONS / np.mean([course.total for course in ours])
        ratio = _ratio(_ends(ours), random)
        found += [
            Figure(f"halving preset: fewer iterations, {name}", saved, 8.9, True),
            Figure(f"halving preset: regret / random's, {name}", ratio, 0.25),
        ]
    return found


def guard_figures(seeds: Sequence[int]) -> list[Figure]:
    """Returns what the guard costs, and what it prevents where curves cross."""
    found = []
    for name, tasks in (("LCBench", lcbench()), ("TaskSet", taskset())):
        ours, _ = _against_random(name, tasks, seeds, _halving(guard=True))
        saved = _CONFIGURATIONS / np.mean([course.total for course in ours])
        found.append(Figure(f"guard: fewer iterations, {name}", saved, 5, True))
    crossing = (
        ("LCDB", misleading_lcdb()),
        ("unrelated", synthetic(reverse=False)),
        ("reverse", synthetic(reverse=True)),
    )
    for name, tasks in crossing:
        _against_random(f"{name}, no guard", tasks, seeds, _halving(guard=False))
        ours, random = _against_random(name, tasks, seeds, _halving(guard=True))
        worse = float(np.mean(_ends(ours)) - np.mean(random))
        found.append(Figure(f"guard: regret - random's, {name}", worse, 0.0))
    return found


def model_figures(seeds: Sequence[int]) -> list[Figure]:
    """Returns what a model that proposes adds to Hyperband, on LCBench."""
    starts = {
        "random": _full("random"),
        "asha": _rungs("asha"),
        "hyperband": _rungs("hyperband", guard=False),
        "bayesian": _full("bayesian"),
        "model": _rungs("hyperband", guard=False, proposals="bayesian"),
    }
    means: dict[str, np.ndarray] = {}
    for name, start in starts.items():
        courses = _courses(lcbench(), seeds, start, max(_BUDGETS))
        regrets = np.array([[c.at(budget) for budget in _BUDGETS] for c in courses])
        means[name] = regrets.mean(axis=0)
        cells = ", ".join(f"{value:.3f}" for value in means[name])
        _say(f"LCBench at {_BUDGETS} full trainings' worth, {name}: {cells}")
    found = []
    for place, budget in enumerate(_BUDGETS):
        for other, goal in (("hyperband", 0.6), ("random", 0.35)):
            ratio = float(means["model"][place] / means[other][place])
            title = f"model-based Hyperband: regret / {other}'s at {budget}"
            found.append(Figure(title, ratio, goal))
    return found


_PARTS = {
    "halving": halving_figures,
    "guard": guard_figures,
    "model": model_figures,
}


def _halving(*, guard: bool) -> Start:
    def start(curves: Curves, seed: int) -> Strategy:
        size = curves.task.space.size()
        audited = 5 if guard else 0
        most = _CONFIGURATIONS if size is None else size - audited
        options = {
            "num_configurations": min(_CONFIGURATIONS, most),
            "min_resource": max(curves.max_resource // _RUNGS, 1),
            "max_resource": curves.max_resource,
            "guard": guard,
        }
        space = curves.task.space
        return registry.create("successive_halving", space, seed, options)

    return start


def _rungs(name: str, **options: object) -> Start:
    def start(curves: Curves, seed: int) -> Strategy:
        given = {"max_resource": curves.max_resource, "max_trials": _PLENTY, **options}
        return registry.create(name, curves.task.space, seed, given)

    return start


def _full(name: str) -> Start:
    def start(curves: Curves, seed: int) -> Strategy:
        return registry.create(name, curves.task.space, seed, {})

    return start


def _courses(
    tasks: Tasks, seeds: Sequence[int], start: Start, budget: float = float("inf")
) -> list[Course]:
    curves = [by_epochs(task) for task in tasks]
    return [
        follow(start(each, seed), each, seed, budget)
        for seed in seeds
        for each in curves
    ]


def _against_random(
    name: str, tasks: Tasks, seeds: Sequence[int], start: Start
) -> tuple[list[Course], list[float]]:
    """Returns the searches, and random's regrets after as much training."""
    ours = _courses(tasks, seeds, start)
    most = max(course.total for course in ours)
    other = [seed + _OTHER_SEEDS for seed in seeds]
    theirs = _courses(tasks, other, _full("random"), most)
    pairs = zip(theirs, ours, strict=True)
    random = [course.at(each.total) for course, each in pairs]
    total = np.mean([course.total for course in ours])
    mean, half = interval(np.subtract(_ends(ours), random).tolist())
    _say(
        f"{name}: {total:.2f} full trainings, regret {np.mean(_ends(ours)):.3f}, "
        f"random's {np.mean(random):.3f}, difference {mean:.3f} ± {half:.3f}"
    )
    return ours, random


def _ends(courses: Sequence[Course]) -> list[float]:
    return [course.regrets[-1] for course in courses]


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return float(np.mean(ours) / np.mean(theirs))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", default=",".join(_PARTS), help="with commas")
    parser.add_argument("--seeds", type=int, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
