"""From finished searches to a table, to curves for a plot, and to figures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.tables.exhaustive import regret_of_all
from tests.benchmarks.tables.families import tasks_named
from tests.benchmarks.tables.runs import Run
from tests.benchmarks.tables.statistics import (
    Runs,
    interval,
    mean_curve,
    mean_ranks,
    regret_over_tasks,
    tasks_of_all,
    trials_to_reach,
)

BUDGETS = (20, 50, 100, 200)
_BASELINE = "random"
_CELLS = "nasbench201"


def budgets_up_to(num_trials: int) -> list[int]:
    """Returns the budgets to report."""
    return [*(n for n in BUDGETS if n < num_trials), num_trials]


def table(runs: Runs, num_trials: int) -> list[str]:
    """Returns the lines, best first.

    For each budget the regret over tasks with its 95 % interval, and the mean rank.
    """
    tasks = tasks_of_all(runs)
    if not tasks:
        return ["There is no task yet that every searcher finished."]
    budgets = budgets_up_to(num_trials)
    ranks = [mean_ranks(runs, tasks, budget) for budget in budgets]
    heads = "".join(f"{f'regret@{n}':>15}{'rank':>6}" for n in budgets)
    lines = [f"{'':16}{heads}{'seeds':>7}{'reached':>9}{'seen':>7}{'CPU s':>9}"]
    for name in sorted(runs, key=lambda name: ranks[-1][name]):
        cells = ""
        for budget, rank in zip(budgets, ranks, strict=True):
            mean, half = regret_over_tasks(runs[name], tasks, budget)
            cells += f"{mean:8.4f}±{half:.4f}{rank[name]:6.2f}"
        seeds = min(len(runs[name][task]) for task in tasks)
        reached, seen = (
            _or_more(median_trials_to_reach(runs, name, num_trials, seen=s), num_trials)
            for s in (False, True)
        )
        lines.append(
            f"{name:16}{cells}{seeds:7}{reached:>9}{seen:>7}"
            f"{_cpu(runs[name], tasks):9.4f}"
        )
    return lines


def task_table(runs: Runs, num_trials: int) -> list[str]:
    """Returns the mean regret at the end, by task and searcher.

    The last column has that of a search which tries everything.
    """
    heads = "".join(f"{name:>13.12}" for name in (*runs, "all tried"))
    lines = [f"{'regret at ' + str(num_trials):44}{heads}"]
    for task in tasks_of_all(runs):
        ends = [mean_curve(by_task[task], num_trials)[-1] for by_task in runs.values()]
        ends += [regret_of_all(table) for table in tasks_named([task])]
        lines.append(f"{task[:43]:44}" + "".join(f"{end:13.4f}" for end in ends))
    return lines


def curves(runs: Runs, num_trials: int) -> dict[str, list[tuple[float, float]]]:
    """Returns, by searcher, the regret over tasks and its half width after each trial."""
    tasks = tasks_of_all(runs)
    found = {}
    for name in runs if tasks else ():
        pairs = (
            regret_over_tasks(runs[name], tasks, n) for n in range(1, num_trials + 1)
        )
        found[name] = [
            (mean, 0.0 if math.isnan(half) else half) for mean, half in pairs
        ]
    return found


def median_trials_to_reach(
    runs: Runs, name: str, num_trials: int, *, seen: bool = False
) -> float:
    """Returns after how many trials random's value at the end is reached.

    The median over tasks of means over seeds; infinite where more than half the tasks
    do not get there.

    Args:
        runs: Every searcher's.
        name: The searcher.
        num_trials: Where the end is.
        seen: Whether the value is the least loss that the search saw, and not the
            regret of the trial that had it. Where one validation is noisy, the
            regret of many random trials can be below that of a search of everything.
    """
    needed = []
    for task in tasks_of_all(runs) if _BASELINE in runs else ():
        goal = mean_curve(runs[_BASELINE][task], num_trials, seen=seen)[-1]
        curve = mean_curve(runs[name][task], num_trials, seen=seen)
        number = trials_to_reach(curve, goal)
        needed.append(math.inf if number is None else number)
    return float(np.median(needed)) if needed else math.inf


def figures(runs: Runs, name: str, num_trials: int, mode: str) -> list[Figure]:
    """Returns what a strategy has to show."""
    tasks = tasks_of_all(runs)
    if not tasks:
        return []
    found = []
    for budget in budgets_up_to(num_trials):
        for seen, by in ((False, ""), (True, ", by least loss seen")):
            ranks = mean_ranks(runs, tasks, budget, seen=seen)
            others = [rank for other, rank in ranks.items() if other != name]
            title = f"{name}: mean rank less the best other's, {budget} trials, {mode}"
            if others:
                found.append(Figure(title + by, ranks[name] - min(others), 0))
    for seen, value in ((True, "least loss seen"), (False, "regret")):
        reached = median_trials_to_reach(runs, name, num_trials, seen=seen)
        title = f"{name}: trials to random's {value} at {num_trials}, {mode}"
        found.append(Figure(title, min(reached, num_trials + 1), num_trials / 10))
    return found


def cell_figures(
    runs: Runs, name: str, goals: Sequence[tuple[int, float]]
) -> list[Figure]:
    """Returns the mean test accuracy on NAS-Bench-201 after some numbers of trials.

    Args:
        goals: Numbers of trials, and the accuracies in percent to reach.
    """
    found = []
    for budget, goal in goals:
        ends = [
            100 - run.test_losses[run.at(budget)]
            for run in runs[name].get(_CELLS, {}).values()
            if len(run.regrets) >= budget
        ]
        if ends:
            title = f"{name}: NAS-Bench-201 test accuracy at {budget} trials"
            mean, half = interval(ends)
            within = (mean - half, mean + half)
            found.append(Figure(title, mean, goal, True, within))
    return found


def _cpu(by_task: dict[str, dict[int, Run]], tasks: Sequence[str]) -> float:
    seconds = [run.cpu for task in tasks for run in by_task[task].values()]
    return float(np.mean(np.concatenate(seconds)))


def _or_more(number: float, num_trials: int) -> str:
    return f">{num_trials}" if math.isinf(number) else f"{number:g}"
