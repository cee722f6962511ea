"""Times a whole search of small models on a GPU beside KerasTuner's.

Everything counts that a user waits for: the worker's start, building, compiling,
training, weights on disk.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from typing import Any

from tests.benchmarks import speed_training
from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.parts.plain_search import run, started
from tuner_component.model_code import ModelCode

_EPOCHS, _BATCH_SIZE = 100, 32
_OURS, _THEIRS, _AT_ONCE = 256, 8, 64
_EVALUATOR = "tuner_component.model_evaluation:make_evaluator"
_GOAL = 10.0  # An order of magnitude.


def figures() -> list[Figure]:
    """Measures both, theirs with fewer trials."""
    theirs, ours = _by_keras_tuner(_THEIRS), _by_us(_OURS)
    text = f"{_EPOCHS} epochs: KerasTuner {theirs:.2f}, ours {ours:.3f}"
    sys.stdout.write(f"2 x 32 MLP, seconds a trial of {text}\n")
    name = f"KerasTuner's seconds a trial / ours, {_OURS} trials"
    return [Figure(name, theirs / ours, _GOAL, at_least=True)]


def build_model(hp: Any) -> Any:
    """Returns the model; its trials differ in numbers only."""
    return speed_training.small_model(
        hp.Float("rate", 1e-4, 1e-1, sampling="log"), hp.Float("dropout", 0.1, 0.6)
    )


def code() -> ModelCode:
    """Returns what our worker trains."""
    from tuner_component.data import Split

    split = Split(None, speed_training.small().arrays)
    said = {"epochs": _EPOCHS, "batch_size": _BATCH_SIZE}
    return ModelCode(build_model, lambda hp: {}, split, split, said)


def _by_us(num_trials: int) -> float:
    from tuner_component.engines.local_pool import LocalPool
    from tuner_component.study import StudyLimits
    from tuner_component.trial import Objective

    began = time.perf_counter()
    limits = StudyLimits(max_trials=num_trials, seed=0)
    load = {"load": f"{__name__}:code", "load_settings": {}}
    with (
        tempfile.TemporaryDirectory() as logs,
        started(
            ("random", {}), build_model, Objective("val_loss", "min"), limits
        ) as study,
        contextlib.closing(LocalPool(1, _EVALUATOR, load, log_folder=logs)) as pool,
    ):
        pool.do_together(_AT_ONCE)
        run(study, pool)
        if study.best is None:
            raise RuntimeError("No trial completed.")
    return (time.perf_counter() - began) / num_trials


def _by_keras_tuner(num_trials: int) -> float:
    import keras_tuner

    arrays = dict(speed_training.small().arrays)
    label = arrays.pop("__label__")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        keras_tuner.RandomSearch(
            build_model, "val_loss", num_trials, seed=0, directory=folder
        ).search(
            *(arrays, label),
            validation_data=(arrays, label),
            epochs=_EPOCHS,
            batch_size=_BATCH_SIZE,
            verbose=0,
        )
    return (time.perf_counter() - began) / num_trials
