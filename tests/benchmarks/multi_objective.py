"""How much of the Pareto front our strategies find, beside Optuna's and by chance.

    python -m tests.benchmarks.multi_objective --strategies bayesian --seeds 5

Two and three objectives of tables of real trainings (the validation error; latency,
FLOPs, the number of weights) and of functions whose front is known (ZDT, DTLZ, over
numbers, integers and choices). Reported is the gap: the share of the largest
hypervolume there can be that the trials so far miss, from 0 (the whole front) to 1,
mean over seeds with its 95 % interval. Hypervolumes are taken of what the table knows,
not of the noisy error that the search saw, and of the box from the best value of each
objective to the table's median.

What has finished is kept in build/bench/cache, so that an interrupted run continues.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.parts.figures import Figure, report
from tests.benchmarks.peers.client import PeerSearcher, Worker
from tests.benchmarks.peers.environments import Peer, lock_of, python_of
from tests.benchmarks.tables.data import FOLDER as TABLES
from tests.benchmarks.tables.data import is_there
from tests.benchmarks.tables.fronts import HistoryOfSeveral, Problem, names, problem
from tests.benchmarks.tables.pooled import Results, Work, collect
from tests.benchmarks.tables.runs import (
    CACHE,
    ROOT,
    Timed,
    TimedSearcher,
    digest,
    strategies_version,
)
from tests.benchmarks.tables.simulation import run
from tests.benchmarks.tables.statistics import interval, resampled
from tuner_component.strategies import registry
from tuner_component.strategies.scalarised import Scalarised

PEERS = {
    "optuna_nsga2": Peer("optuna", "several.optuna_sampler:Nsga2"),
    "optuna_tpe": Peer("optuna", "several.optuna_sampler:Tpe"),
}
_BUDGETS = (50, 100, 200)
_BASELINE = "random"
_OURS = "bayesian"
_GOALS = {_BASELINE: 0.6, **dict.fromkeys(PEERS, 1.0)}
_LEAST_GAP = 1e-3
"""What is smaller is as good as nothing, so that no ratio decides alone."""
_LOGS = ROOT / "build" / "bench" / "logs"

Gaps = Mapping[str, Mapping[str, Sequence[Sequence[float]]]]
"""Of a searcher on a problem: a row a seed, the gap at each budget."""


def main() -> int:
    options = _options()
    if not is_there():
        sys.stderr.write(f"The benchmark needs the tables in {TABLES}.\n")
        return 2
    wanted = tuple(options.tasks.split(","))
    tasks = [name for name in names() if name.startswith(wanted)]
    searchers = [_BASELINE, *options.strategies.split(","), *_present(options.peers)]
    budgets = [budget for budget in _BUDGETS if budget <= options.trials]
    works = [
        _work(name, task, seed, budgets, options.parallel)
        for seed in range(options.seeds)
        for task in tasks
        for name in searchers
    ]
    deadline = time.monotonic() + 60 * options.minutes
    results = collect(works, CACHE, options.processes, deadline)
    gaps = _gaps(works, results)
    sys.stdout.write("\n".join(table(gaps, budgets)) + "\n\n")
    return report("multi_objective", figures(gaps, budgets))


def start(name: str, task: Problem, seed: int) -> TimedSearcher:
    """Returns a new search of a strategy of ours, or of a peer."""
    if name in PEERS:
        return PeerSearcher(_worker(name), task.space, seed, task.num_objectives)
    strategy = registry.create(name, task.space, seed, {})
    several = Scalarised(strategy, task.num_objectives, seed)
    return Timed(HistoryOfSeveral(several, seed))


def searched(
    name: str, task: str, seed: int, budgets: Sequence[int], parallel: int
) -> dict[str, Any]:
    """Runs a search; returns its gap at each budget, and the CPU seconds a trial."""
    of = problem(task)
    searcher = start(name, of, seed)
    trials = run(searcher, of, max(budgets), seed, parallel)
    gaps = of.gaps([values for values, _ in trials], budgets)
    return {"gaps": gaps, "cpu": float(np.mean(searcher.cpu))}


def table(gaps: Gaps, budgets: Sequence[int]) -> list[str]:
    """Returns the lines of gaps, problem by problem."""
    heads = "".join(f"{f'gap@{budget}':>16}" for budget in budgets)
    lines = [f"{'problem':28} {'searcher':14}{heads}"]
    for task in dict.fromkeys(task for tasks in gaps.values() for task in tasks):
        for name, tasks in gaps.items():
            pairs = map(interval, zip(*tasks.get(task, ()), strict=True))
            cells = "".join(f"{mean:9.4f}±{half:.4f}" for mean, half in pairs)
            lines.append(f"{task:28} {name:14}{cells}")
    return lines


def figures(gaps: Gaps, budgets: Sequence[int]) -> list[Figure]:
    """Returns our gap as a share of the others', the geometric mean over problems.

    Problems are the sample of its interval.
    """
    found = []
    for other in [name for name in _GOALS if name in gaps and _OURS in gaps]:
        common = [task for task in gaps[_OURS] if task in gaps[other]]
        for place, budget in enumerate(budgets):
            ours, theirs = (
                np.array([np.mean(gaps[name][task], axis=0)[place] for task in common])
                for name in (_OURS, other)
            )
            ratios = np.maximum(ours, _LEAST_GAP) / np.maximum(theirs, _LEAST_GAP)
            name = f"{_OURS}: gap at {budget} trials / that of {other}"
            between = resampled(ratios, _geometric_mean)
            mean = _geometric_mean(ratios)
            found.append(Figure(name, mean, _GOALS[other], interval=between))
    return found


def _geometric_mean(ratios: np.ndarray) -> float:
    return float(np.exp(np.log(ratios).mean()))


def _gaps(works: Sequence[Work], results: Results) -> Gaps:
    found: dict[str, dict[str, list[list[float]]]] = {}
    for work in works:
        if work in results:
            name, task, *_ = work.arguments
            of_task = found.setdefault(name, {}).setdefault(task, [])
            of_task.append(results[work]["gaps"])
    return found


def _work(
    name: str, task: str, seed: int, budgets: Sequence[int], parallel: int
) -> Work:
    arguments = (name, task, seed, list(budgets), parallel)
    return Work(f"{name}, several", searched, arguments, _version(name))


@functools.cache
def _version(name: str) -> str:
    """Returns what changes when the answers may."""
    tables = ROOT / "tests/benchmarks/tables"
    answers = [tables / f"{part}.py" for part in ("fronts", "grids", "simulation")]
    if name in PEERS:
        adapters = ROOT / "tests/benchmarks/peers/adapters/several"
        return digest([*answers, lock_of(PEERS[name]), *adapters.glob("*.py")])
    package = ROOT / "tuner_component/pareto"
    return f"{digest([*answers, *package.glob('*.py')])} {strategies_version()}"


@functools.cache
def _worker(name: str) -> Worker:
    """Returns the process of a peer, which ends with this one of the pool."""
    return Worker(PEERS[name], _LOGS / f"{name}-{os.getpid()}.log")


def _present(peers: str) -> list[str]:
    found = []
    for name in filter(None, peers.split(",")):
        try:
            python_of(PEERS[name])
            found.append(name)
        except OSError as error:
            sys.stderr.write(f"{name} is left out: {error}\n")
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--strategies", default="bayesian,evolution", help="ours, with commas")
    add("--peers", default=",".join(PEERS), help="with commas; '' for none")
    add("--tasks", default="", help="beginnings of names, with commas")
    add("--seeds", type=int, default=20, help="at least 2")
    add("--trials", type=int, default=_BUDGETS[-1], help="50, 100 or 200")
    add("--parallel", type=int, default=1, help="trials at a time")
    add("--minutes", type=float, default=float("inf"), help="then no new searches")
    add("--processes", type=int, help="default: one for each core")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
