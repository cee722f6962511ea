"""Runs one Tuner step in this process and writes what it cost.

    python -m tests.benchmarks.steps.one_step TASK VARIANT DATA_FOLDER RESULT_FILE

`stock` is TFX's Tuner, `ours` this component with the same module, `build_model` this
component with a module that has no `tuner_fn`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any


def main() -> int:
    name, variant, data, result = sys.argv[1:]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")
    begin = time.monotonic()
    from tests.benchmarks.steps.tasks import TASKS

    task = TASKS[name]
    executor = _executor(variant)
    imported = _cpu_seconds()
    inputs = task.inputs(Path(data))
    prepared = _cpu_seconds()
    with tempfile.TemporaryDirectory() as folder:
        module = task.write_module(Path(folder), stock=variant != "build_model")
        given = task.properties(module, stock=variant != "build_model")
        if variant == "build_model":
            from tuner_component import Search

            search = Search(
                max_trials=task.num_trials, epochs=task.epochs, strategy="random"
            )
            given["search"] = search.to_json()
        outputs = _outputs(Path(folder))
        executor.Do(inputs, outputs, given)
        _reap()
        best = _best(outputs)
    written = {
        "import_cpu": imported,
        "step_cpu": _cpu_seconds() - prepared,
        "wall": time.monotonic() - begin,
        "driver_cpu": resource.getrusage(resource.RUSAGE_SELF).ru_utime,
        "peak_bytes": 1024
        * (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        ),
        "best": best,
    }
    Path(result).write_text(json.dumps(written))
    return 0


def _executor(variant: str) -> Any:
    from tuner_component.engines import processes

    processes.adopt_orphans()  # Their CPU seconds are to be counted too.
    from tfx.dsl.components.base import base_executor

    context = base_executor.BaseExecutor.Context(
        tmp_dir=tempfile.mkdtemp(), unique_id="1"
    )
    if variant == "stock":
        from tfx.components.tuner import executor

        return executor.Executor(context)
    from tuner_component.executor import Executor

    return Executor(context)


def _outputs(root: Path) -> dict[str, list[Any]]:
    from tfx.types import standard_artifacts

    types = {
        "best_hyperparameters": standard_artifacts.HyperParameters,
        "tuner_results": standard_artifacts.TunerResults,
    }
    made = {key: [kind()] for key, kind in types.items()}
    for key, (artifact,) in made.items():
        artifact.uri = str(root / "Tuner" / key / "1")
    return made


def _best(outputs: dict[str, list[Any]]) -> dict[str, Any]:
    (file,) = Path(outputs["best_hyperparameters"][0].uri).iterdir()
    best: dict[str, Any] = json.loads(file.read_text())["values"]
    return best


def _cpu_seconds() -> float:
    """Returns the CPU seconds of this process and of its children that have ended."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    usages = [resource.getrusage(one) for one in who]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _reap() -> None:
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


if __name__ == "__main__":
    sys.exit(main())
