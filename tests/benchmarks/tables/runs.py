"""Finished searches, kept on disk so that an interrupted benchmark continues."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import numpy as np

from tests.benchmarks.tables.simulation import Searcher, run
from tests.benchmarks.tables.task import Task, Values, best_so_far, regret

ROOT = Path(__file__).resolve().parents[3]
CACHE = ROOT / "build" / "bench" / "cache"
_TABLES = Path(__file__).parent
_ANSWERS = [_TABLES / name for name in ("curves.py", "grids.py", "simulation.py")]


@dataclasses.dataclass(frozen=True)
class Run:
    """What was found after each trial; shorter if the search ended by itself.

    Attributes:
        regrets: Of the trial with the least loss so far, from 0 to 1.
        test_losses: Of the same; None before the first trial that did not diverge.
        cpu: CPU seconds of each suggestion, with what was told before it.
    """

    regrets: list[float]
    test_losses: list[float | None]
    cpu: list[float]

    def at(self, num_trials: int) -> int:
        """Returns the index of the last trial of this budget."""
        return min(num_trials, len(self.regrets)) - 1


class TimedSearcher(Searcher, Protocol):
    """A searcher that knows what it costs.

    Attributes:
        cpu: CPU seconds of each suggestion, with what was told before it.
    """

    cpu: list[float]


class Timed:
    """Measures a searcher of this process."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._told = 0.0
        self.cpu: list[float] = []

    def ask(self) -> Values | None:
        begin = time.process_time()
        values = self._searcher.ask()
        if values is not None:
            self.cpu.append(time.process_time() - begin + self._told)
            self._told = 0.0
        return values

    def tell(self, number: int, loss: float) -> None:
        begin = time.process_time()
        self._searcher.tell(number, loss)
        self._told += time.process_time() - begin


@dataclasses.dataclass(frozen=True)
class Key:
    """Which run.

    Attributes:
        searcher: Name of the strategy or peer.
        version: Changes when its answers may.
        task: Name of the task.
        seed: Of everything random.
        num_trials: How many trials it may run.
        parallel: How many of them at a time.
    """

    searcher: str
    version: str
    task: str
    seed: int
    num_trials: int
    parallel: int

    def path(self, folder: Path) -> Path:
        key = json.dumps([*dataclasses.astuple(self), digest(_ANSWERS)])
        name = hashlib.sha256(key.encode()).hexdigest()[:24]
        return folder / self.searcher / f"{name}.json"


def cached(key: Key, folder: Path) -> Run | None:
    """Returns the run if it was finished before."""
    path = key.path(folder)
    return Run(**json.loads(path.read_text())) if path.exists() else None


def measure(
    key: Key, task: Task, start: Callable[[], TimedSearcher], folder: Path
) -> Run:
    """Runs the search and keeps what came out."""
    searcher = start()
    trials = run(searcher, task, key.num_trials, key.seed, key.parallel)
    found = _judged(task, trials, searcher.cpu)
    path = key.path(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(dataclasses.asdict(found)))
    draft.replace(path)
    return found


def digest(paths: Iterable[Path]) -> str:
    """Returns a text that changes with the content of the files."""
    contents = b"".join(path.read_bytes() for path in sorted(paths))
    return hashlib.sha256(contents).hexdigest()[:16]


def strategies_version() -> str:
    """Returns the digest of everything that decides what our strategies propose."""
    package = ROOT / "tuner_component"
    folders = (package / "strategies", package / "search_space")
    return digest(path for folder in folders for path in folder.rglob("*.py"))


def _judged(task: Task, trials: list[tuple[Values, float]], cpu: list[float]) -> Run:
    best = best_so_far([loss for _, loss in trials])
    tests = [None if n is None else task.test_loss(trials[n][0]) for n in best]
    known = [None if test is None or np.isnan(test) else test for test in tests]
    regrets = [1.0 if test is None else regret(task, test) for test in known]
    return Run(regrets, known, cpu)
