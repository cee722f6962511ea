"""Our strategies and the peers on the same tasks, as works of a pool."""

from __future__ import annotations

import dataclasses
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.peers.client import PeerError
from tests.benchmarks.peers.contestants import Ours, Theirs
from tests.benchmarks.peers.environments import PEERS
from tests.benchmarks.tables import comparison
from tests.benchmarks.tables.families import tasks_named
from tests.benchmarks.tables.pooled import Results, Work
from tests.benchmarks.tables.runs import ANSWERS, ROOT, Run, digest, measure
from tests.benchmarks.tables.statistics import Runs

_CELLS, _CELL_TRIALS = "nasbench201", 100
_CELL_GOALS = ((50, 94.1), (100, 94.2))
_LOGS = ROOT / "build" / "bench" / "logs"

_started: dict[str, Theirs] = {}
"""The peers of this process of the pool."""


@dataclasses.dataclass(frozen=True)
class Contest:
    """Who searches what.

    Attributes:
        strategies: Ours.
        peers: Theirs.
        tasks: Names.
        num_trials: Of each search.
        parallel: Trials at a time; several make several contests.
        seeds: How many for ours.
        peer_seeds: How many for peers.
    """

    strategies: Sequence[str]
    peers: Sequence[str]
    tasks: Sequence[str]
    num_trials: int
    parallel: Sequence[int]
    seeds: int
    peer_seeds: int

    def works(self) -> list[Work]:
        """Returns what to run, seed by seed."""
        return [
            _work(name, task, seed, self.num_trials, parallel)
            for seed in range(max(self.seeds, self.peer_seeds))
            for parallel in self.parallel
            for task in self.tasks
            for name in self._those_with(seed)
        ]

    def _those_with(self, seed: int) -> Iterator[str]:
        yield from self.strategies if seed < self.seeds else ()
        yield from self.peers if seed < self.peer_seeds else ()

    def runs(self, results: Results, parallel: int) -> Runs:
        """Returns the searches that ended, with so many trials at a time."""
        return _runs(results, self.num_trials, parallel)


def searched(
    name: str, task_name: str, seed: int, num_trials: int, parallel: int
) -> dict[str, Any]:
    """Runs a search by a strategy of ours or a peer; returns the fields of a `Run`."""
    (task,) = tasks_named([task_name])
    one: Ours | Theirs = _peer(name) if name in PEERS else Ours(name)
    try:
        searcher = one.start(task, seed, num_trials)
        run = measure(task, searcher, num_trials, seed, parallel)
    except PeerError as error:
        _started.pop(name).close()
        last = str(error).strip().splitlines()[-1:] or ["it ended without a word"]
        raise RuntimeError(last[0]) from None
    return dataclasses.asdict(run)


def cell_works(name: str, seeds: int) -> list[Work]:
    """Returns the searches for cells of NAS-Bench-201."""
    return [_work(name, _CELLS, seed, _CELL_TRIALS, 1) for seed in range(seeds)]


def cell_figures(results: Results, name: str) -> list[Figure]:
    """Returns the accuracies of the cells found."""
    runs = _runs(results, _CELL_TRIALS, 1)
    return comparison.cell_figures(runs, name, _CELL_GOALS) if name in runs else []


def _work(name: str, task: str, seed: int, num_trials: int, parallel: int) -> Work:
    one: Ours | Theirs = _peer(name) if name in PEERS else Ours(name)
    version = f"{one.version} {digest(ANSWERS)}"
    arguments = (name, task, seed, num_trials, parallel)
    return Work(f"{name}, {num_trials} trials", searched, arguments, version)


def _peer(name: str) -> Theirs:
    if name not in _started:
        _started[name] = Theirs(name, _LOGS / f"{name}-{os.getpid()}.log")
    return _started[name]


def _runs(results: Results, num_trials: int, parallel: int) -> Runs:
    runs: dict[str, dict[str, dict[int, Run]]] = defaultdict(lambda: defaultdict(dict))
    for (name, task, seed), result in _matching(results, num_trials, parallel):
        runs[name][task][seed] = Run(**result)
    return {name: dict(by_task) for name, by_task in runs.items()}


def _matching(
    results: Results, num_trials: int, parallel: int
) -> Iterable[tuple[tuple[str, str, int], dict[str, Any]]]:
    for work, result in results.items():
        if work.function is searched and work.arguments[3:] == (num_trials, parallel):
            yield work.arguments[:3], result
