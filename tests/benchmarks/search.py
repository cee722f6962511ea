"""Compares our strategies with others' on tables of real trainings.

`make bench-search` prints normalised regret at budgets (mean ± 95 % interval over
seeds of the mean over tasks), the mean rank over tasks, the trials to reach what
random reaches at the end (median over tasks) and the CPU seconds a suggestion. It
runs seed by seed and keeps every finished search in build/bench/cache, so that one
that was interrupted continues, and --minutes=0 prints what is there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.figures import Figure, report
from tests.benchmarks.peers.client import PeerError
from tests.benchmarks.peers.contestants import Contestant, Ours, Theirs, explain
from tests.benchmarks.peers.environments import PEERS, python_of, version_of
from tests.benchmarks.tables import comparison
from tests.benchmarks.tables.data import FOLDER as TABLES
from tests.benchmarks.tables.data import is_there
from tests.benchmarks.tables.families import tasks_named
from tests.benchmarks.tables.runs import ROOT, Key, cached, measure
from tests.benchmarks.tables.statistics import Runs
from tests.benchmarks.tables.task import Task
from tuner_component.strategies.registry import STRATEGIES
from tuner_component.strategies.registry import options as options_of

_FOLDER = ROOT / "build" / "bench"
_CACHE = _FOLDER / "cache"
_TASKS = "nasbench201,hpobench_mlp,fcnet,taskset,lcbench"
_QUICK_TASKS = (
    "nasbench201,hpobench_mlp/vehicle,fcnet/naval_propulsion,lcbench/3945,"
    "taskset/imdb_patch32_GRU64_avg_bs128"
)
_PEERS = ",".join(name for name, peer in PEERS.items() if not peer.slow)
# Those with rungs are compared by what they spend: tests.benchmarks.fidelities.
_FULL = ",".join(name for name in STRATEGIES if "max_resource" not in options_of(name))
_CELL_GOALS = ((50, 94.1), (100, 94.2))


def main() -> int:
    options = _options()
    if not is_there():
        sys.stderr.write(f"The benchmark needs the tables in {TABLES}.\n")
        return 2
    tasks = tasks_named(_names(options.tasks))
    contestants = _contestants(options)
    deadline = time.monotonic() + 60 * options.minutes
    figures: list[Figure] = []
    panels = {}
    _sweep(contestants, tasks, options, deadline)
    for parallel in options.parallel:
        runs = _found(contestants, tasks, options, parallel)
        mode = "sequential" if parallel == 1 else f"{parallel} in parallel"
        _print(runs, mode, options)
        panels[mode] = comparison.curves(runs, options.trials) if runs else {}
        if options.default in runs:
            figures += comparison.figures(runs, options.default, options.trials, mode)
            if parallel == 1:
                figures += comparison.cell_figures(runs, options.default, _CELL_GOALS)
    _plot(panels)
    return report("search", figures)


def _sweep(
    contestants: Sequence[Contestant],
    tasks: Sequence[Task],
    options: argparse.Namespace,
    deadline: float,
) -> None:
    """Runs what is not there yet, seed by seed, until the deadline."""
    broken: set[tuple[str, str]] = set()
    for contestant, task, key in _keys(contestants, tasks, options):
        if time.monotonic() >= deadline:
            break
        if (key.searcher, key.task) in broken or cached(key, _CACHE):
            continue
        try:
            measure(
                key,
                task,
                lambda c=contestant, t=task, k=key: c.start(t, k.seed, k.num_trials),
                _CACHE,
            )
        except (PeerError, OSError) as error:
            explain(contestant, task, error)
            broken.add((key.searcher, key.task))
    for contestant in contestants:
        if isinstance(contestant, Theirs):
            contestant.close()


def _keys(
    contestants: Sequence[Contestant],
    tasks: Sequence[Task],
    options: argparse.Namespace,
) -> Iterator[tuple[Contestant, Task, Key]]:
    for seed in range(max(options.seeds, options.peer_seeds)):
        for parallel in options.parallel:
            for task in tasks:
                for one in contestants:
                    theirs = isinstance(one, Theirs)
                    if seed < (options.peer_seeds if theirs else options.seeds):
                        yield one, task, _key(one, task, seed, parallel, options)


def _key(
    contestant: Contestant,
    task: Task,
    seed: int,
    parallel: int,
    options: argparse.Namespace,
) -> Key:
    version = contestant.version
    return Key(contestant.name, version, task.name, seed, options.trials, parallel)


def _found(
    contestants: Sequence[Contestant],
    tasks: Sequence[Task],
    options: argparse.Namespace,
    parallel: int,
) -> Runs:
    """Returns the finished searches of those that have any."""
    runs: dict = defaultdict(lambda: defaultdict(dict))
    for contestant, task, key in _keys(contestants, tasks, options):
        run = cached(key, _CACHE) if key.parallel == parallel else None
        if run is not None:
            runs[contestant.name][task.name][key.seed] = run
    return {name: dict(by_task) for name, by_task in runs.items()}


def _print(runs: Runs, mode: str, options: argparse.Namespace) -> None:
    sys.stdout.write(f"\n{mode}, {options.trials} trials\n")
    if not runs:
        sys.stdout.write("Nothing has finished yet.\n")
        return
    lines = comparison.table(runs, options.trials)
    if options.by_task:
        lines += ["", *comparison.task_table(runs, options.trials)]
    sys.stdout.write("\n".join(lines) + "\n")


def _plot(panels: dict) -> None:
    """Draws build/bench/search.png, with the matplotlib of the peers' environment."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    source, target = _FOLDER / "search_curves.json", _FOLDER / "search.png"
    source.write_text(json.dumps({"panels": panels}))
    module = "tests.benchmarks.peers.plot"
    try:
        python = python_of(next(iter(PEERS.values())))
    except OSError as error:
        sys.stderr.write(f"No plot: {error}\n")
        return
    subprocess.run([python, "-m", module, source, target], cwd=ROOT, check=True)
    sys.stdout.write(f"\nPlot: {target.relative_to(Path.cwd())}\n")


def _contestants(options: argparse.Namespace) -> list[Contestant]:
    peers = _names(options.peers)
    for name in peers:
        sys.stdout.write(f"{name}: {PEERS[name].package} {version_of(PEERS[name])}\n")
    logs = _FOLDER / "logs"
    return [
        *(Ours(name) for name in _names(options.strategies)),
        *(Theirs(name, logs / f"{name}.log") for name in peers),
    ]


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--strategies", default=_FULL, help="ours, with commas")
    add("--peers", default=_PEERS, help=f"of {', '.join(PEERS)}; '' for none")
    add("--tasks", default=None, help=f"default: {_TASKS}")
    add("--trials", type=int, default=None, help="default: 200")
    add("--seeds", type=int, default=None, help="default: 20")
    add("--peer-seeds", type=int, default=None, help="default: as --seeds")
    add("--parallel", default="1,8", help="trials at a time, with commas")
    add("--default", default="bayesian", help="whose figures are judged")
    add("--minutes", type=float, default=float("inf"), help="then no new searches")
    add("--by-task", action="store_true", help="also the regret of each task")
    add("--quick", action="store_true", help="5 tasks, 50 trials, 3 seeds")
    options = parser.parse_args()
    options.tasks = options.tasks or (_QUICK_TASKS if options.quick else _TASKS)
    options.trials = options.trials or (50 if options.quick else 200)
    options.seeds = options.seeds or (3 if options.quick else 20)
    if options.peer_seeds is None:
        options.peer_seeds = options.seeds
    options.parallel = [int(number) for number in _names(options.parallel)]
    return options


if __name__ == "__main__":
    sys.exit(main())
