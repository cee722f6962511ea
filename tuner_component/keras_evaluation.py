"""Trains and scores what a user's `build_model(hp)` returns."""

from __future__ import annotations

import dataclasses
import importlib
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tuner_component.errors import TrialFailedError
from tuner_component.evaluation import Evaluation, Evaluator, Job, Report
from tuner_component.space_discovery import discover
from tuner_component.trial import Measurement, Objective

WEIGHTS = "best.weights.h5"
_FIT_NAMES = ("batch_size", "epochs")


@dataclasses.dataclass(frozen=True)
class ModelCode:
    """The user's model and data, as a worker needs them.

    Attributes:
        build_model: hp -> compiled Keras model (Keras 3 or tf_keras).
        fit_args: hp -> keyword arguments of `model.fit`; they win over all else.
        train: The training split, `data.Split`.
        validation: The validation split, `data.Split`.
        fit_defaults: `epochs`, `batch_size`, `steps_per_epoch`,
            `validation_steps`; None means "not said".
    """

    build_model: Callable[[Any], Any]
    fit_args: Callable[[Any], Mapping[str, Any]]
    train: Any
    validation: Any
    fit_defaults: Mapping[str, Any]


def make_evaluator(load: str, load_settings: Mapping[str, Any]) -> Evaluator:
    """Returns the evaluator of a module with `build_model`.

    Args:
        load: Import path "package.module:function" of what returns `ModelCode`.
        load_settings: Its keyword arguments; JSON.
    """
    module, _, function = load.partition(":")
    code = getattr(importlib.import_module(module), function)(**load_settings)

    def evaluate(job: Job, report: Report) -> Evaluation:
        if "explore" in job.note:
            return explore(code)
        if "export" in job.note:
            return export(code, job)
        return train(code, job, report)

    return evaluate


def explore(code: ModelCode) -> Evaluation:
    """Finds the search space and the metrics that a trial will report.

    The default model is trained for one step, so that what cannot work fails
    here. The report holds `space` (a `HyperParameters` configuration), `complete`
    and `metrics` (names).
    """
    found = discover(code.build_model)
    hp = _hyperparameters({})
    _seed(0)
    model = _build(code, hp)
    fit = _fit_arguments(code, hp)
    history = model.fit(
        code.train.batches(fit["batch_size"]).take(1),
        validation_data=code.validation.batches(fit["batch_size"]).take(1),
        epochs=1,
        verbose=0,
    )
    return Evaluation(
        metrics={"explored": 1.0},
        report={
            "space": found.config,
            "complete": found.complete,
            "metrics": sorted(history.history),
        },
    )


def train(code: ModelCode, job: Job, report: Report) -> Evaluation:
    """Trains one configuration; the score is that of its best epoch.

    The weights of that epoch are left in the trial's folder.
    """
    _seed(job.seed)
    hp = _hyperparameters(job.values)
    model = _build(code, hp)
    fit = _fit_arguments(code, hp)
    watch = _watch(model, job, report)
    batch_size = fit.pop("batch_size")
    steps = fit.get("steps_per_epoch")
    callbacks = [*fit.pop("callbacks", []), watch]
    model.fit(
        code.train.batches(batch_size, seed=job.seed, repeat=bool(steps)),
        validation_data=code.validation.batches(
            batch_size, repeat=bool(fit.get("validation_steps"))
        ),
        callbacks=callbacks,
        verbose=0,
        **fit,
    )
    best = watch.best
    if best is not None and watch.weights is not None:
        model.set_weights(watch.weights)
        _save_weights(model, job.folder)
    return Evaluation(
        metrics=_result(watch, job),
        measurements=tuple(watch.measurements),
        report={"hyperparameters": json.loads(json.dumps(hp.get_config()))},
    )


def export(code: ModelCode, job: Job) -> Evaluation:
    """Writes a trained trial's model as a SavedModel to `job.note["export"]`."""
    model = _build(code, _hyperparameters(job.values))
    if not model.built:
        features, _ = next(iter(code.train.batches(1)))
        model(features)
    _load_weights(model, job.folder)
    model.export(job.note["export"])
    return Evaluation(metrics={job.objective: 0.0})


def _save_weights(model: Any, folder: str) -> None:
    """Writes to a local file first: not every Keras can write to a remote one."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as local:
        path = str(Path(local) / WEIGHTS)
        model.save_weights(path)
        tf.io.gfile.makedirs(folder)
        tf.io.gfile.copy(path, f"{folder}/{WEIGHTS}", overwrite=True)


def _load_weights(model: Any, folder: str) -> None:
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as local:
        path = str(Path(local) / WEIGHTS)
        tf.io.gfile.copy(f"{folder}/{WEIGHTS}", path)
        model.load_weights(path)


def _build(code: ModelCode, hp: Any) -> Any:
    model = code.build_model(hp)
    if not hasattr(model, "fit") or getattr(model, "optimizer", None) is None:
        raise TrialFailedError(
            f"build_model returned a {type(model).__name__}; expected a compiled "
            "Keras model: call model.compile(...) and return the model."
        )
    return model


def _hyperparameters(values: Mapping[str, Any]) -> Any:
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    hp.values = dict(values)
    return hp


def _fit_arguments(code: ModelCode, hp: Any) -> dict[str, Any]:
    """Returns what `fit` gets: the module's word, then hyperparameters, defaults."""
    given = {name: hp.values[name] for name in _FIT_NAMES if name in hp.values}
    arguments = {**code.fit_defaults, **given, **code.fit_args(hp)}
    return {name: value for name, value in arguments.items() if value is not None}


def _result(watch: Any, job: Job) -> dict[str, float]:
    if not watch.measurements:
        raise TrialFailedError("The training ended without a single epoch.")
    last = watch.measurements[-1].metrics
    if watch.best is None or not math.isfinite(last.get(job.objective, math.nan)):
        return dict(last)
    return dict(watch.best.metrics)


def _watch(model: Any, job: Job, report: Report) -> Any:
    """Returns a callback that records the curve and the best epoch's weights."""
    objective = Objective(job.objective, "min" if job.direction == "min" else "max")
    started = time.monotonic()

    class Watch(_keras_of(model).callbacks.Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.measurements: list[Measurement] = []
            self.best: Measurement | None = None
            self.weights: list[Any] | None = None

        def on_epoch_end(
            self, epoch: int, logs: Mapping[str, Any] | None = None
        ) -> None:
            metrics = {name: float(value) for name, value in (logs or {}).items()}
            measurement = Measurement(epoch + 1, metrics, time.monotonic() - started)
            self.measurements.append(measurement)
            report(measurement)
            score = metrics.get(objective.name, math.nan)
            if math.isfinite(score) and self._improves(score):
                self.best, self.weights = measurement, self.model.get_weights()

        def _improves(self, score: float) -> bool:
            if self.best is None:
                return True
            best = self.best.metrics[objective.name]
            return objective.loss(score) < objective.loss(best)

    return Watch()


def _keras_of(model: Any) -> Any:
    """Returns the Keras that a model belongs to: Keras 3 or tf_keras."""
    legacy = any(c.__module__.split(".")[0] == "tf_keras" for c in type(model).__mro__)
    return importlib.import_module("tf_keras" if legacy else "keras")


def _seed(seed: int) -> None:
    """Makes what follows independent of what this worker ran before."""
    import keras

    for library in ("keras", "tf_keras"):
        if library in sys.modules:
            _forget_names(sys.modules[library])
    keras.utils.set_random_seed(seed)


def _forget_names(library: Any) -> None:
    """Starts layer names anew: they are part of metric names."""
    if library.__name__ == "keras" and hasattr(library, "utils"):
        library.utils.clear_session(free_memory=False)
    else:
        library.backend.clear_session()
