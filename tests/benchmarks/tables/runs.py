"""What searches found, and what decides whether an earlier result still counts."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import numpy as np

from tests.benchmarks.tables.simulation import Searcher, run
from tests.benchmarks.tables.task import Task, Values, best_so_far, regret, scaled

ROOT = Path(__file__).resolve().parents[3]
CACHE = ROOT / "build" / "bench" / "cache"
_TABLES = Path(__file__).parent
ANSWERS = [_TABLES / name for name in ("curves.py", "grids.py", "simulation.py")]


@dataclasses.dataclass(frozen=True)
class Run:
    """What was found after each trial; shorter if the search ended by itself.

    Attributes:
        regrets: Of the trial with the least loss so far, from 0 to 1.
        test_losses: Of the same; None before the first trial that did not diverge.
        seen: The least loss that the search saw, on the scale of the task's regret.
        cpu: CPU seconds of each suggestion, with what was told before it.
    """

    regrets: list[float]
    test_losses: list[float | None]
    seen: list[float]
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


def measure(
    task: Task, searcher: TimedSearcher, num_trials: int, seed: int, parallel: int = 1
) -> Run:
    """Runs the search; returns what came out."""
    trials = run(searcher, task, num_trials, seed, parallel)
    return _judged(task, trials, searcher.cpu)


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
    losses = [loss for _, loss in trials]
    best = best_so_far(losses)
    seen = [scaled(task, math.nan if n is None else losses[n]) for n in best]
    tests = [None if n is None else task.test_loss(trials[n][0]) for n in best]
    known = [None if test is None or np.isnan(test) else test for test in tests]
    regrets = [1.0 if test is None else regret(task, test) for test in known]
    return Run(regrets, known, seen, cpu)
