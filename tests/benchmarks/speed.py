"""Whole Tuner steps: TFX's and KerasTuner's, ours, and the bare arithmetic.

`make bench-speed` runs each step in a process of its own, A and B in turn, and writes
a table, build/bench/speed.json and build/bench/speed.svg (where the CPU seconds go).
`ARGS="--tasks penguin --rounds 3"` chooses. Unless `--steps-only` the rates of training
(`bench-speed_training`), of two workers, and `bench-studies` are measured too.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.benchmarks import speed_training, studies
from tests.benchmarks.parts.figures import Figure, report
from tests.benchmarks.steps import workers
from tests.benchmarks.steps.bars import write_bars
from tests.benchmarks.steps.tasks import TASKS, is_there
from tests.benchmarks.tables.runs import ROOT

_FOLDER = ROOT / "build" / "bench"
_VARIANTS = ("stock", "ours", "build_model")

Costs = dict[str, float]
"""Median of `import_cpu`, `step_cpu`, `wall` and `peak_bytes` of a variant."""


def main() -> int:
    options = _options()
    if not is_there():
        sys.stderr.write("The benchmark needs TFX's example data.\n")
        return 2
    names = [name for name in options.tasks.split(",") if name]
    found = _measured(names, options.rounds)
    _print(found)
    write_bars(found, _FOLDER / "speed.svg")
    figures = [figure for name in names for figure in _figures(name, found[name])]
    if not options.steps_only:
        figures += speed_training.figures() + workers.figures() + studies.figures()
    return report("speed", figures)


def _measured(names: list[str], rounds: int) -> dict[str, dict[str, Costs]]:
    runs: dict[str, dict[str, list[Costs]]] = {name: {} for name in names}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for name in names:
                data = Path(folder) / name
                data.mkdir(exist_ok=True)
                for variant in ("bare", *_variants(name)):
                    one = _run(name, variant, data)
                    runs[name].setdefault(variant, []).append(one)
    return {
        name: {variant: _median(all_runs) for variant, all_runs in variants.items()}
        for name, variants in runs.items()
    }


def _variants(name: str) -> tuple[str, ...]:
    """The stock step of the long search would take half of the benchmark's time."""
    return ("build_model",) if name == "long" else _VARIANTS


def _run(name: str, variant: str, data: Path) -> Costs:
    result = data / "result.json"
    module = "tests.benchmarks.steps." + ("bare" if variant == "bare" else "one_step")
    given = [name] if variant == "bare" else [name, variant]
    one_thread = {} if variant == "stock" else _ONE_THREAD
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", module, *given, data, result],
        cwd=ROOT,
        env={**os.environ, **one_thread, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name} {variant}: {done.stderr[-3000:]}")
    costs = json.loads(result.read_text())
    numbers = {key: float(costs[key]) for key in costs if key != "best"}
    sys.stdout.write(f"{name:10} {variant:12} {numbers}\n")
    sys.stdout.flush()
    return numbers


_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


def _median(runs: list[Costs]) -> Costs:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def _print(found: Mapping[str, Mapping[str, Costs]]) -> None:
    heads = ("imports", "step", "wall s", "peak MB")
    sys.stdout.write(f"\n{'CPU s':26}" + "".join(f"{h:>10}" for h in heads) + "\n")
    for name, variants in found.items():
        for variant, costs in variants.items():
            cells = (
                costs.get("import_cpu", 0.0),
                costs["step_cpu"],
                costs.get("wall", 0.0),
                costs.get("peak_bytes", 0.0) / 1e6,
            )
            text = "".join(f"{cell:10.1f}" for cell in cells)
            sys.stdout.write(f"{name:12}{variant:14}{text}\n")
    sys.stdout.write("\n")


def _figures(name: str, found: Mapping[str, Costs]) -> list[Figure]:
    model, bare = found["build_model"], found["bare"]["step_cpu"]
    stock, ours = found.get("stock", {}), found.get("ours", {})
    made = []
    if name == "penguin":
        made = [
            _ratio(f"{name} step, stock / ours, CPU, imports counted", _all, stock, ours, 5),
            _ratio(f"{name} step, stock / ours, CPU, without imports", _step, stock, ours, 5),
            _ratio(f"{name} step, stock / build_model, imports counted", _all, stock, model, 15),
            _ratio(f"{name} step, stock / build_model, without imports", _step, stock, model, 15),
        ]  # fmt: skip
    if name == "taxi":
        made = [_ratio(f"{name} step, stock / ours, wall", _wall, stock, ours, 5)]
    if name != "penguin":
        ratio = _all(model) / bare
        made.append(Figure(f"{name} search / bare arithmetic, CPU", ratio, 1.25))
        ratio = _all(model) / found["bare"]["script_cpu"]
        text = f"{name} search / the whole hand-written script, CPU"
        made.append(Figure(text, ratio, 1.25))
    return made


def _ratio(
    name: str, measure: Callable[[Costs], float], stock: Costs, ours: Costs, goal: float
) -> Figure:
    return Figure(name, measure(stock) / measure(ours), goal, at_least=True)


def _all(costs: Costs) -> float:
    return costs["import_cpu"] + costs["step_cpu"]


def _step(costs: Costs) -> float:
    return costs["step_cpu"]


def _wall(costs: Costs) -> float:
    return costs["wall"]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", default=",".join(TASKS), help="with commas")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--steps-only", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
