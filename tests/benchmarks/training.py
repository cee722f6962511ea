"""Compares searches that really train: taxi and MNIST, ours and KerasTuner's.

`make bench-training` gives each search the same number of epochs and prints the best
validation metric after each budget (median over seeds), and the CPU seconds. Finished
searches are kept in build/bench/training, so that an interrupted run continues.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.benchmarks.figures import Figure, report
from tests.benchmarks.peers.environments import PEERS, python_of
from tests.benchmarks.real.tasks import TASKS, RealTask, is_there
from tests.benchmarks.tables.runs import ROOT, strategies_version

_FOLDER = ROOT / "build" / "bench"
_CACHE = _FOLDER / "training"
_THEIRS = ("RandomSearch", "BayesianOptimization", "Hyperband")
_BUDGETS = (32, 64, 96)
_OURS = "bayesian,hyperband+bayesian"

Runs = dict[str, dict[str, dict[int, dict]]]
"""Task, searcher and seed to what `real.searches` wrote."""


def main() -> int:
    options = _options()
    if not is_there():
        sys.stderr.write("The benchmark needs TFX's example data.\n")
        return 2
    ours = [name for name in options.ours.split(",") if name]
    searchers = [*ours, *(f"keras_tuner.{one}" for one in _THEIRS)]
    runs = _measured(searchers, options)
    figures = []
    panels = {}
    for task in TASKS.values():
        found = runs.get(task.name, {})
        curves = {name: _curves(task, by_seed) for name, by_seed in found.items()}
        _print(task, curves, found)
        panels[task.name] = {name: _band(curve) for name, curve in curves.items()}
        figures += _figures(task, curves, options.default)
    _plot(panels)
    return report("training", figures)


def _measured(searchers: Sequence[str], options: argparse.Namespace) -> Runs:
    deadline = time.monotonic() + 60 * options.minutes
    runs: Runs = {}
    for seed in range(options.seeds):
        for task in TASKS:
            for searcher in searchers:
                found = _run(task, searcher, seed, deadline)
                if found is not None:
                    runs.setdefault(task, {}).setdefault(searcher, {})[seed] = found
    return runs


def _run(task: str, searcher: str, seed: int, deadline: float) -> dict | None:
    version = "" if searcher.startswith("keras_tuner.") else strategies_version()
    code = b"".join(path.read_bytes() for path in sorted(_REAL.glob("*.py")))
    key = json.dumps([task, searcher, version, seed, _BUDGETS]).encode() + code
    file = _CACHE / f"{hashlib.sha256(key).hexdigest()[:24]}.json"
    if not file.exists():
        if time.monotonic() >= deadline:
            return None
        file.parent.mkdir(parents=True, exist_ok=True)
        module = "tests.benchmarks.real.searches"
        command = [sys.executable, "-W", "ignore", "-m", module, task, searcher]
        done = subprocess.run(
            [*command, str(seed), str(_BUDGETS[-1]), str(file)],
            cwd=ROOT,
            env={**os.environ, **_ONE_THREAD},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{task} {searcher} {seed}: {done.stderr[-3000:]}")
    found: dict = json.loads(file.read_text())
    return found


_REAL = Path(__file__).parent / "real"
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def _curves(task: RealTask, by_seed: Mapping[int, dict]) -> np.ndarray:
    """Returns the best metric so far, shape (seeds, epochs)."""
    best = np.fmin if task.direction == "min" else np.fmax
    metrics = [found["metrics"][: _BUDGETS[-1]] for found in by_seed.values()]
    return np.stack([best.accumulate(np.array(curve)) for curve in metrics])


def _band(curves: np.ndarray) -> list[tuple[float, float]]:
    """Returns the mean after each epoch, and the half width of its 95 % interval."""
    half = 1.96 * curves.std(axis=0) / max(len(curves) - 1, 1) ** 0.5
    return list(zip(curves.mean(axis=0).tolist(), half.tolist(), strict=True))


def _print(
    task: RealTask, curves: Mapping[str, np.ndarray], found: Mapping[str, dict]
) -> None:
    heads = "".join(f"{f'@{budget} epochs':>22}" for budget in _BUDGETS)
    lines = [f"\n{task.name}, {task.objective}\n{'':34}{heads}{'seeds':>7}{'CPU s':>9}"]
    for name, curve in curves.items():
        cells = "".join(
            f"{np.median(curve[:, n - 1]):10.4f} ±{curve[:, n - 1].std():9.4f}"
            for n in _BUDGETS
        )
        cpu = np.median([one["cpu_seconds"] for one in found[name].values()])
        lines.append(f"{name:34}{cells}{len(curve):7}{cpu:9.1f}")
    sys.stdout.write("\n".join(lines) + "\n")


def _figures(
    task: RealTask, curves: Mapping[str, np.ndarray], default: str
) -> list[Figure]:
    """Returns the default against the best of KerasTuner's, at each budget."""
    theirs = [curve for name, curve in curves.items() if "keras_tuner" in name]
    if default not in curves or not theirs:
        return []
    sign = 1 if task.direction == "min" else -1
    figures = []
    for budget in _BUDGETS:
        ours = float(np.median(curves[default][:, budget - 1]))
        best = sign * min(sign * float(np.median(c[:, budget - 1])) for c in theirs)
        name = f"{task.name} {task.objective} after {budget} epochs, KerasTuner's best"
        figures.append(Figure(name, ours, best, at_least=sign < 0))
    return figures


_AXES = {"x": "epochs trained", "y": "best validation metric", "scale": "linear"}


def _plot(panels: Mapping[str, Mapping[str, list[tuple[float, float]]]]) -> None:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    source, target = _FOLDER / "training_curves.json", _FOLDER / "training.png"
    source.write_text(json.dumps({"panels": panels, **_AXES}))
    try:
        python = python_of(next(iter(PEERS.values())))
    except OSError as error:
        sys.stderr.write(f"No plot: {error}\n")
        return
    module = "tests.benchmarks.peers.plot"
    subprocess.run([python, "-m", module, source, target], cwd=ROOT, check=True)
    sys.stdout.write(f"\nPlot: {target.relative_to(Path.cwd())}\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ours", default=_OURS, help="strategies, with commas")
    parser.add_argument("--default", default="bayesian", help="whose figures count")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
