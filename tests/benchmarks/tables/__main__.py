"""A quick look at some of our strategies on some of the tasks.

    python -m tests.benchmarks.tables --strategies random,grid --tasks nasbench201

The full comparison is `make bench-search`.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from tests.benchmarks.tables.families import FAMILIES, tasks_named
from tests.benchmarks.tables.simulation import simulate
from tests.benchmarks.tables.task import Task, regrets
from tuner_component.strategies import registry


def main() -> int:
    options = _parser().parse_args()
    budgets = [n for n in (20, 50, 100, 200) if n < options.trials] + [options.trials]
    heads = "".join(f"{f'regret@{budget}':>14}" for budget in budgets)
    sys.stdout.write(f"{'task':40} {'strategy':12}{heads}   test loss  CPU s/trial\n")
    for task in tasks_named(options.tasks.split(",")):
        for name in options.strategies.split(","):
            _show(task, name, budgets, options)
    return 0


def _show(
    task: Task, name: str, budgets: list[int], options: argparse.Namespace
) -> None:
    begin = time.process_time()
    found, ends = [], []
    for seed in range(options.seeds):
        strategy = registry.create(name, task.space, seed, {})
        trials = simulate(strategy, task, options.trials, seed, options.parallel)
        found.append(regrets(task, trials)[[min(n, len(trials)) - 1 for n in budgets]])
        done = [trial for trial in trials if trial.loss is not None]
        best = min(done, key=lambda trial: trial.loss)
        ends.append(task.test_loss(best.values))
    seconds = (time.process_time() - begin) / (options.seeds * options.trials)
    mean = np.mean(found, axis=0)
    error = 1.96 * np.std(found, axis=0, ddof=1) / np.sqrt(options.seeds)
    cells = "".join(f"{m:8.3f}±{e:.3f}" for m, e in zip(mean, error, strict=True))
    sys.stdout.write(
        f"{task.name[:40]:40} {name:12}{cells} {np.mean(ends):11.5g} {seconds:12.4f}\n"
    )
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strategies", default="random,grid")
    parser.add_argument(
        "--tasks",
        default="nasbench201",
        help=f"beginnings of names, with commas; families: {', '.join(FAMILIES)}",
    )
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=5, help="at least 2")
    parser.add_argument("--parallel", type=int, default=1)
    return parser


if __name__ == "__main__":
    sys.exit(main())
