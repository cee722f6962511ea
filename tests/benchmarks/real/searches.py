"""One search on a real task, by KerasTuner's tuners or by our strategies.

    python -m tests.benchmarks.real.searches TASK SEARCHER SEED NUM_EPOCHS FILE

writes a JSON object: `metrics`, the objective after every epoch that was trained, in
order; `cpu_seconds` and `wall_seconds` of the whole search.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.parts.plain_search import run, started
from tests.benchmarks.real.tasks import TASKS, Arrays, RealTask
from tests.contracts.in_process_engine import InProcessEngine
from tuner_component.evaluation import Evaluation, Job, Report

_MANY = 10_000
_FEW = 20


class EnoughError(BaseException):
    """The epochs are used up; no `except Exception` of a tuner's may stop it."""


class Epochs:
    """The objective after each epoch trained, up to a number of them.

    Attributes:
        metrics: What was reported.
        best: The values of the best trial that has ended; empty if there is none.
    """

    def __init__(self, most: int) -> None:
        self.metrics: list[float] = []
        self.best: Mapping[str, Any] = {}
        self._most = most

    def add(self, value: float) -> None:
        self.metrics.append(value)
        if len(self.metrics) >= self._most:
            raise EnoughError


def theirs(task: RealTask, tuner_name: str, seed: int, epochs: Epochs) -> None:
    """Runs a tuner of KerasTuner as its documentation shows."""
    import keras
    import keras_tuner

    class Recorder(keras.callbacks.Callback):
        def __deepcopy__(self, memo: Any) -> Recorder:
            return Recorder()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            epochs.add(float(logs[task.objective]))

    objective = keras_tuner.Objective(task.objective, task.direction)
    limit = (
        {"max_epochs": task.epochs, "hyperband_iterations": 100}
        if tuner_name == "Hyperband"
        else {"max_trials": _MANY}
    )
    train, validation = task.load()
    with tempfile.TemporaryDirectory() as folder:
        tuner = getattr(keras_tuner, tuner_name)(
            task.build_model, objective=objective, seed=seed, directory=folder, **limit
        )
        try:
            tuner.search(
                *train,
                validation_data=validation,
                epochs=task.epochs,
                batch_size=task.batch_size,
                callbacks=[Recorder()],
                verbose=0,
            )
        finally:
            for trial in tuner.oracle.get_best_trials(1):
                epochs.best = trial.hyperparameters.values


def ours(task: RealTask, name: str, seed: int, epochs: Epochs) -> None:
    """Runs one of our strategies in this process; `hyperband+bayesian` has proposals."""
    from tuner_component.data import Split
    from tuner_component.keras_trials import evaluating
    from tuner_component.strategies import registry
    from tuner_component.study import StudyLimits
    from tuner_component.trial import Objective

    train, validation = (Split(None, _columns(arrays)) for arrays in task.load())
    code = evaluating.ModelCode(
        task.build_model,
        lambda hp: {},
        train,
        validation,
        {"epochs": task.epochs, "batch_size": task.batch_size},
    )

    def evaluate(job: Job, report: Report) -> Evaluation:
        return evaluating.train(
            code, job, lambda seen: epochs.add(seen.metrics[task.objective])
        )

    strategy, _, proposals = name.partition("+")
    options: dict[str, Any] = {"proposals": proposals} if proposals else {}
    if "max_resource" in inspect.signature(registry.STRATEGIES[strategy]).parameters:
        options |= {"max_resource": task.epochs, "iterations": 100}
    with started(
        (strategy, options),
        task.build_model,
        Objective(task.objective, task.direction),
        StudyLimits(max_trials=_MANY, max_consecutive_failures=_FEW, seed=seed),
    ) as study:
        try:
            run(study, InProcessEngine(evaluate))
        finally:
            epochs.best = study.best.used_values if study.best else {}


def _columns(arrays: Arrays) -> dict[str, Any]:
    features, label = arrays
    return {**features, "__label__": label}


def main(arguments: list[str]) -> None:
    task_name, searcher, seed, num_epochs, file = arguments
    task, epochs = TASKS[task_name], Epochs(int(num_epochs))
    search: Callable[..., None] = ours
    if searcher.startswith("keras_tuner."):
        search, searcher = theirs, searcher.partition(".")[2]
    wall, cpu = time.perf_counter(), time.process_time()
    with contextlib.suppress(EnoughError):
        search(task, searcher, int(seed), epochs)
    found = {
        "metrics": epochs.metrics,
        "wall_seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
    }
    Path(file).write_text(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
