"""Searches that really train: taxi and MNIST, ours and KerasTuner's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.real.tasks import TASKS, RealTask
from tests.benchmarks.tables.pooled import Results, Work
from tests.benchmarks.tables.runs import ROOT, digest, strategies_version

BUDGETS = (32, 64, 96)
THEIRS = tuple(
    f"keras_tuner.{name}"
    for name in ("RandomSearch", "BayesianOptimization", "Hyperband")
)
_REAL = ROOT / "tests" / "benchmarks" / "real"
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def trained(task: str, searcher: str, seed: int) -> dict[str, Any]:
    """Returns what `real.searches` wrote; runs it in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "found.json"
        module = "tests.benchmarks.real.searches"
        command = [sys.executable, "-W", "ignore", "-m", module, task, searcher]
        done = subprocess.run(
            [*command, str(seed), str(BUDGETS[-1]), str(file)],
            cwd=ROOT,
            env={**os.environ, **_ONE_THREAD},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        found: dict[str, Any] = json.loads(file.read_text())
    return found


def works(ours: Sequence[str], seeds: Sequence[int]) -> list[Work]:
    """Returns what to run.

    Args:
        ours: Our strategies; `hyperband+bayesian` has proposals.
        seeds: Of the searches.
    """
    code = digest(_REAL.glob("*.py"))
    return [
        Work(
            f"training {task}",
            trained,
            (task, searcher, seed),
            code if searcher in THEIRS else f"{code} {strategies_version()}",
        )
        for seed in seeds
        for task in TASKS
        for searcher in (*ours, *THEIRS)
    ]


def runs(results: Results, task: str) -> dict[str, list[dict[str, Any]]]:
    """Returns what each searcher's seeds found."""
    found: dict[str, list[dict[str, Any]]] = {}
    for work, result in results.items():
        if work.function is trained and work.arguments[0] == task:
            found.setdefault(work.arguments[1], []).append(result)
    return found


def curves(task: RealTask, found: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Returns the best metric so far, shape (seeds, epochs)."""
    best = np.fmin if task.direction == "min" else np.fmax
    metrics = [one["metrics"][: BUDGETS[-1]] for one in found]
    return np.stack([best.accumulate(np.array(curve)) for curve in metrics])


def lines(results: Results) -> Iterator[str]:
    """Yields the best metric of each searcher after each budget: median over seeds."""
    for task in TASKS.values():
        heads = "".join(f"{f'@{budget} epochs':>22}" for budget in BUDGETS)
        yield f"\n{task.name}, {task.objective}"
        yield f"{'':34}{heads}{'seeds':>7}{'CPU s':>9}"
        for name, found in runs(results, task.name).items():
            curve = curves(task, found)
            cells = "".join(
                f"{np.median(curve[:, n - 1]):10.4f} ±{curve[:, n - 1].std():9.4f}"
                for n in BUDGETS
            )
            cpu = np.median([one["cpu_seconds"] for one in found])
            yield f"{name:34}{cells}{len(curve):7}{cpu:9.1f}"


def figures(results: Results, default: str) -> Iterator[Figure]:
    """Yields the default's median at each budget, with KerasTuner's best as its goal.

    Until every searcher has ended once there are none for a task.
    """
    for task in TASKS.values():
        found = runs(results, task.name)
        if default not in found or not all(name in found for name in THEIRS):
            continue
        ends = {name: curves(task, each) for name, each in found.items()}
        sign = 1 if task.direction == "min" else -1
        for budget in BUDGETS:
            median = {n: float(np.median(c[:, budget - 1])) for n, c in ends.items()}
            best = sign * min(sign * median[name] for name in THEIRS)
            title = f"{task.name} {task.objective}, {budget} epochs: KerasTuner's best"
            yield Figure(title, median[default], best, at_least=sign < 0)


def panels(results: Results) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Returns, for a plot, mean and half width of the 95 % interval by epoch."""
    return {
        task.name: {
            name: _band(curves(task, found))
            for name, found in runs(results, task.name).items()
        }
        for task in TASKS.values()
    }


def _band(rows: np.ndarray) -> list[tuple[float, float]]:
    half = 1.96 * rows.std(axis=0) / max(len(rows) - 1, 1) ** 0.5
    return list(zip(rows.mean(axis=0).tolist(), half.tolist(), strict=True))
