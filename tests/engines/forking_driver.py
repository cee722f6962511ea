"""A driver whose fork server is a fork of it: prints what its worker is like, as JSON.

With `used` as its second argument it has run TensorFlow before, with `bare` it has no
standard streams. It logs to memory, which a fork of it has no use for.
"""

from __future__ import annotations

import fcntl
import importlib
import io
import json
import logging
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
        logging.getLogger("a.library").warning("logged by the worker")
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
    logging.getLogger().addHandler(logging.StreamHandler(io.StringIO()))
    if rest == ["used"]:
        tensorflow.constant(1.0)
    output = sys.stdout
    if rest == ["bare"]:
        sys.stdin = sys.stdout = sys.stderr = None  # type: ignore[assignment]
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
    output.write(json.dumps(told))


if __name__ == "__main__":
    main()
