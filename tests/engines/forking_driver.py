"""A driver whose fork server is a fork of it: prints what its worker is like, as JSON.

With `used` as its second argument it has run TensorFlow before.
"""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import sys
from pathlib import Path

from tests.contracts.engine_contract import make_job, outcomes_of, run_all
from tuner_component.engines.local_pool import LocalPool
from tuner_component.engines.pool_server import Preload
from tuner_component.evaluation import Evaluation, Evaluator, Job, Report

KNOWN = "The driver's own."


def make() -> Evaluator:
    def evaluate(job: Job, report: Report) -> Evaluation:
        import keras
        import numpy as np

        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        rows = np.ones((8, 2), "float32")
        loss = model.fit(rows, rows[:, :1], verbose=0).history["loss"][-1]
        sys.stdout.write("written by the worker\n")
        files = [os.path.realpath(path) for path in Path("/proc/self/fd").iterdir()]
        facts = {
            "argv": sys.argv,
            "main": sorted(vars(sys.modules["__main__"])),
            "variable": os.environ.get("OF_THE_POOL"),
            "files": [
                file for file in files if file == job.values["under"] + "/locked"
            ],
            "stdin": os.path.realpath("/proc/self/fd/0"),
        }
        return Evaluation({"loss": float(loss)}, report=facts)

    return evaluate


def main() -> None:
    folder, *rest = sys.argv[1:]
    tensorflow = importlib.import_module("tensorflow")
    if rest == ["used"]:
        tensorflow.constant(1.0)
    locked = (Path(folder) / "locked").open("w")
    fcntl.flock(locked, fcntl.LOCK_EX)
    logs = f"{folder}/logs"
    pool = LocalPool(
        1,
        "tests.engines.forking_driver:make",
        {},
        log_folder=logs,
        preload=Preload(["tensorflow", "keras"]),
        environment={"OF_THE_POOL": "yes"},
    )
    command = Path(f"/proc/{pool.session}/cmdline").read_text()
    job = make_job(Path(folder), "t0", under=str(folder))
    outcome = outcomes_of(run_all(pool, [job]))["t0"]
    pool.close()
    told = {
        "is_fork": "forking_driver" in command,
        "error": str(outcome.error),
        "log": Path(f"{logs}/worker-0.log").read_text(),
        **outcome.report,
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
