"""Measures what the search strategies have to show, beside other people's searches.

`make bench-search` prints, for our default and for peers on tables of real trainings,
normalised regret at budgets (mean ± 95 % interval over seeds of the mean over tasks),
the mean rank over tasks, the trials to reach what random reaches at the end (median
over tasks) and the CPU seconds a suggestion; then every figure that is asked of
cells, evolution, reinforcement, rungs, the guard, proposals by a model, resuming,
coverage and real trainings, with 95 % bootstrap intervals. Without arguments it takes
about an hour on two free cores, with few seeds and one or two tasks a table;
ARGS=--full takes all tables, strategies and 20 seeds: days, of which most are the
peers'. What has finished is kept in build/bench/cache, so that an interrupted run
continues, and --minutes=0 prints what is there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from tests.benchmarks.parts import (
    cells,
    contests,
    guard,
    halving,
    model_based,
    replay,
    suggestions,
    training,
)
from tests.benchmarks.parts.contests import Contest
from tests.benchmarks.parts.figures import Figure, report
from tests.benchmarks.parts.plots import draw
from tests.benchmarks.peers.environments import PEERS, python_of, version_of
from tests.benchmarks.real.tasks import is_there as is_real_there
from tests.benchmarks.tables import comparison
from tests.benchmarks.tables.data import FOLDER as TABLES
from tests.benchmarks.tables.data import is_there
from tests.benchmarks.tables.families import tasks_named
from tests.benchmarks.tables.pooled import Results, Work, collect
from tests.benchmarks.tables.runs import CACHE
from tuner_component.strategies.registry import STRATEGIES
from tuner_component.strategies.registry import options as options_of

_TASKS = "nasbench201,hpobench_mlp,fcnet,taskset,lcbench"
_FEW_TASKS = (
    "nasbench201,hpobench_mlp/vehicle,fcnet/naval_propulsion,lcbench/3945,"
    "taskset/imdb_patch32_GRU64_avg_bs128"
)
_PEERS = ",".join(name for name, peer in PEERS.items() if not peer.slow)
_FEW_PEERS = "kt_bayesian,optuna_tpe,optuna_gp,smac"
# Those with rungs are compared by what they spend.
_STRATEGIES = ",".join(n for n in STRATEGIES if "max_resource" not in options_of(n))
_NUM_CELL_RUNS = 200


class Part(NamedTuple):
    """What is measured together.

    Attributes:
        works: Returns what to run.
        figures: Returns what came out.
    """

    works: Callable[[], list[Work]]
    figures: Callable[[Results], Iterable[Figure]]


def main() -> int:
    options = _options()
    if not is_there():
        sys.stderr.write(f"The benchmark needs the tables in {TABLES}.\n")
        return 2
    contest = _contest(options)
    every = _parts(contest, options)
    names = _names(options.parts) or list(every)
    unknown = sorted(set(names) - set(every))
    if unknown:
        sys.stderr.write(f"Received --parts {unknown}; expected some of {[*every]}.\n")
        return 2
    chosen = [every[name] for name in names]
    works = {name: part.works() for name, part in zip(names, chosen, strict=True)}
    deadline = time.monotonic() + 60 * options.minutes
    every_work = [work for some in works.values() for work in some]
    results = collect(every_work, CACHE, options.processes, deadline)
    _print(contest, results, options)
    for name, some in works.items():
        left = sum(work not in results for work in some)
        if left:
            sys.stdout.write(f"{name}: {left} of {len(some)} are not measured yet\n")
    figures = [figure for part in chosen for figure in part.figures(results)]
    return report("search", figures)


def _parts(contest: Contest, options: argparse.Namespace) -> dict[str, Part]:
    default, seeds = options.default, range(options.rung_seeds)
    parts = {
        "resume": Part(lambda: replay.works(range(3)), replay.figures),
        "suggestions": Part(lambda: suggestions.works([default]), suggestions.figures),
        "halving": Part(lambda: halving.works(seeds), halving.figures),
        "cells": Part(
            lambda: contests.cell_works(default, options.cell_seeds),
            lambda results: contests.cell_figures(results, default),
        ),
        "evolution": Part(lambda: cells.works(_NUM_CELL_RUNS), cells.figures),
        "guard": Part(lambda: guard.works(seeds), guard.figures),
        "model": Part(
            lambda: model_based.works(range(options.model_seeds)), model_based.figures
        ),
        "training": Part(
            lambda: training.works([default], range(options.training_seeds)),
            lambda results: training.figures(results, default),
        ),
        "peers": Part(
            contest.works, lambda results: _contest_figures(contest, results, default)
        ),
    }
    if not is_real_there():
        del parts["training"]
    return parts


def _contest_figures(
    contest: Contest, results: Results, default: str
) -> Iterable[Figure]:
    for parallel in contest.parallel:
        runs = contest.runs(results, parallel)
        if default in runs:
            mode = _mode(parallel)
            yield from comparison.figures(runs, default, contest.num_trials, mode)


def _print(contest: Contest, results: Results, options: argparse.Namespace) -> None:
    panels = {}
    for parallel in contest.parallel:
        runs = contest.runs(results, parallel)
        if runs:
            sys.stdout.write(f"\n{_mode(parallel)}, {contest.num_trials} trials\n")
            lines = comparison.table(runs, contest.num_trials)
            if options.by_task:
                lines += ["", *comparison.task_table(runs, contest.num_trials)]
            sys.stdout.write("\n".join(lines) + "\n")
            panels[_mode(parallel)] = comparison.curves(runs, contest.num_trials)
    lines = model_based.means(results)
    if any(work.function is training.trained for work in results):
        lines += training.lines(results)
    sys.stdout.write("\n".join(["", *lines]) + "\n")
    if any(panels.values()):
        draw("search", panels)


def _mode(parallel: int) -> str:
    return "sequential" if parallel == 1 else f"{parallel} in parallel"


def _contest(options: argparse.Namespace) -> Contest:
    peers = []
    wanted = "peers" in options.parts or not options.parts
    for name in _names(options.peers) if wanted else ():
        sys.stdout.write(f"{name}: {PEERS[name].package} {version_of(PEERS[name])}\n")
        try:
            python_of(PEERS[name])
            peers.append(name)
        except OSError as error:
            sys.stderr.write(f"{name} is left out: {error}\n")
    return Contest(
        _names(options.strategies),
        peers,
        [task.name for task in tasks_named(_names(options.tasks))],
        options.trials,
        [int(number) for number in _names(options.parallel)],
        options.seeds,
        options.peer_seeds,
    )


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


_USUAL = {
    "strategies": (_STRATEGIES, "random,bayesian"),
    "peers": (_PEERS, _FEW_PEERS),
    "tasks": (_TASKS, _FEW_TASKS),
    "seeds": (20, 3),
    "peer_seeds": (20, 1),
    "cell_seeds": (20, 20),
    "rung_seeds": (20, 6),
    "model_seeds": (20, 2),
    "training_seeds": (5, 1),
}
"""With and without --full."""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--full", action="store_true", help="all tables, strategies and peers")
    add("--parts", default="", help="with commas; default: all")
    add("--strategies", help="ours, with commas")
    add("--peers", help=f"of {', '.join(PEERS)}; '' for none")
    add("--tasks", help=f"default: some of {_TASKS}")
    add("--trials", type=int, default=200)
    for name in [name for name in _USUAL if name.endswith("seeds")]:
        full, few = _USUAL[name]
        flag = "--" + name.replace("_", "-")
        add(flag, type=int, help=f"default: {few}, with --full {full}")
    add("--parallel", default="1,8", help="trials at a time, with commas")
    add("--default", default="bayesian", help="whose figures are judged")
    add("--minutes", type=float, default=float("inf"), help="then no new searches")
    add("--processes", type=int, help="default: one for each core")
    add("--by-task", action="store_true", help="also the regret of each task")
    options = parser.parse_args()
    if options.seeds is not None and options.peer_seeds is None:
        options.peer_seeds = options.seeds
    for name, (full, few) in _USUAL.items():
        if getattr(options, name) is None:
            setattr(options, name, full if options.full else few)
    return options


if __name__ == "__main__":
    sys.exit(main())
